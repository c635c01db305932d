import type { CellNode } from "../cell/cell-node.ts";
import { toNamesAbove } from "../cell/graph.ts";
import { toSha256 } from "../sha256.ts";

/** A cell as far as it tells whose code its value comes from. */
interface HashedCell extends Pick<CellNode, "name" | "dependencies"> {
  readonly ownCode: string;
}

/** A hash over all the code that a cell's value comes from: its own and that of every cell above it. */
export function toCodeHash(name: string, cells: readonly HashedCell[]): string {
  return toCodeHashes(cells, [name]).get(name) ?? "";
}

/** As `toCodeHash`, of several cells: each code is put into its order and form once for all of them. */
export function toCodeHashes(
  cells: readonly HashedCell[],
  names: readonly string[],
): ReadonlyMap<string, string> {
  const namesAbove = toNamesAbove(cells);
  const coded = cells
    .map((cell) => ({ name: cell.name, code: JSON.stringify([cell.name, cell.ownCode]) }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const hashes = names.map((name): [string, string] => {
    const above = namesAbove(name);
    const own = coded.filter((each) => each.name === name || above.has(each.name));
    return [name, toSha256(`[${own.map(({ code }) => code).join(",")}]`)];
  });
  return new Map(hashes);
}
