/** The names of a frame's columns by what stands in the header of a file. */
import type { FrameColumn } from "./column/column-data.ts";

/** Whether a column counts its rows from 0. */
export function isCounter({ type, data }: FrameColumn): boolean {
  if (type !== "integer" || data.nullCount > 0) return false;
  for (let row = 0; row < data.length; row++) if (data.at(row) !== row) return false;
  return true;
}

/** The names of columns by what a header says, and what was decided about them. */
interface ColumnNames {
  readonly names: readonly string[];
  /** by column: what is told of its name, unless that is as it is in the file */
  readonly notes: ReadonlyMap<number, string>;
}

/**
 * Gives every column a name of its own: `column3` where there is none, `a_1` for the second `a`.
 * Names that differ in capitals only, or in spaces, are different.
 */
export function toColumnNames(written: readonly string[]): ColumnNames {
  const taken = new Set(written);
  const counts = new Map<string, number>();
  const used = new Set<string>();
  const notes = new Map<number, string>();
  const names = written.map((text, index) => {
    const wanted = text === "" ? `column${index + 1}` : text;
    const isFree = !used.has(wanted) && (text !== "" || !taken.has(wanted));
    const name = isFree ? wanted : nextFree(wanted, used, taken, counts);
    used.add(name);
    if (name === text) return name;
    const told = text === "" ? "without a name" : `named ${JSON.stringify(text)}`;
    notes.set(index, `column ${index + 1}: ${told} in the file, ${JSON.stringify(name)} here`);
    return name;
  });
  return { names, notes };
}

function nextFree(
  name: string,
  used: ReadonlySet<string>,
  taken: ReadonlySet<string>,
  counts: Map<string, number>,
): string {
  for (let count = (counts.get(name) ?? 0) + 1; ; count++) {
    const next = `${name}_${count}`;
    if (used.has(next) || taken.has(next)) continue;
    counts.set(name, count);
    return next;
  }
}
