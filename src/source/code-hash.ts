import { toSha256 } from "../sha256.ts";

/** A cell as far as it tells whose code its value comes from. */
interface HashedCell {
  readonly name: string;
  readonly ownCode: string;
  /** names of the cells whose values it gets */
  readonly dependencies: readonly string[];
}

/** A hash over all the code that a cell's value comes from: its own and that of every cell above it. */
export function toCodeHash(name: string, cells: readonly HashedCell[]): string {
  const byName = new Map(cells.map((each) => [each.name, each]));
  const code = [name, ...namesAbove(name, cells)].map((each): [string, string] => [
    each,
    byName.get(each)?.ownCode ?? "",
  ]);
  return toSha256(JSON.stringify(code.sort(([left], [right]) => (left < right ? -1 : 1))));
}

/** Names of all cells above a cell, directly or not. A loop ends by itself. */
export function namesAbove(
  name: string,
  cells: readonly Pick<HashedCell, "name" | "dependencies">[],
): string[] {
  const byName = new Map(cells.map((each) => [each.name, each]));
  const above = new Set<string>();
  const waiting = [...(byName.get(name)?.dependencies ?? [])];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (above.has(each) || each === name) continue;
    above.add(each);
    waiting.push(...(byName.get(each)?.dependencies ?? []));
  }
  return [...above];
}
