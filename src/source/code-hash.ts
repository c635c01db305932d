import type { CellNode } from "../cell/cell-node.ts";
import { namesAbove } from "../cell/graph.ts";
import { toSha256 } from "../sha256.ts";

/** A cell as far as it tells whose code its value comes from. */
interface HashedCell extends Pick<CellNode, "name" | "dependencies"> {
  readonly ownCode: string;
}

/** A hash over all the code that a cell's value comes from: its own and that of every cell above it. */
export function toCodeHash(name: string, cells: readonly HashedCell[]): string {
  const byName = new Map(cells.map((each) => [each.name, each]));
  const code = [name, ...namesAbove(cells, [name])].map((each): [string, string] => [
    each,
    byName.get(each)?.ownCode ?? "",
  ]);
  return toSha256(JSON.stringify(code.sort(([left], [right]) => (left < right ? -1 : 1))));
}
