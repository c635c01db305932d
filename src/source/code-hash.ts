import type { CellFacts } from "./cell-facts.ts";
import { toHash } from "./cell-files.ts";
import type { CellIndex, IndexedCell } from "./cell-index.ts";

/**
 * A hash over all the code that a cell's value comes from: its own file, the local files it imports,
 * and the same of every cell above it. A loop ends by itself.
 */
export function toCodeHash(
  cell: IndexedCell,
  { cells, files }: CellIndex,
  facts: ReadonlyMap<string, CellFacts>,
): string {
  const byName = new Map(cells.map((each) => [each.name, each]));
  const code = new Map<string, string>();
  const waiting = [cell.name];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const each = byName.get(name);
    if (each === undefined || code.has(`cell ${name}`)) continue;
    code.set(`cell ${name}`, files[each.file] ?? "");
    for (const file of each.imports) code.set(`file ${file}`, files[file] ?? "");
    waiting.push(...Object.values(facts.get(name)?.named ?? {}));
  }
  return toHash(JSON.stringify([...code].sort(([left], [right]) => (left < right ? -1 : 1))));
}
