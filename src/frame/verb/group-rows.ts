import { codeRows } from "../column/code-rows.ts";
import { dictionaryOf, type FrameColumn } from "../column/column-data.ts";
import { countRows, type View } from "./view.ts";

/** Which group each row of a view belongs to; groups are numbered in the order they are first seen. */
export interface RowGroups {
  /** the rows of the view; undefined: all of them, as they lie in memory */
  readonly rows: Uint32Array | undefined;
  /** the number of its group, for each row of the view */
  readonly of: Int32Array;
  /** the first row of each group */
  readonly first: Uint32Array;
  readonly count: number;
}

/** Groups the rows of a view by columns of it; by no columns, all rows are in one. */
export function groupRows(view: View, columns: readonly FrameColumn[]): RowGroups {
  const { rows } = view;
  if (columns.length === 0) {
    return { rows, of: new Int32Array(countRows(view)), first: Uint32Array.of(0), count: 1 };
  }
  const known = columns.length === 1 && columns[0] ? codesOf(columns[0]) : undefined;
  if (known !== undefined) return numberGroups(rows, known);
  const { codes, size } = codeRows({ columns, rows });
  return numberGroups(rows, { codes, size, isOfView: true });
}

/** Codes of rows: rows of the view one after the other, or else all rows as they lie in memory. */
interface KnownCodes {
  readonly codes: Int32Array;
  /** codes are below it */
  readonly size: number;
  readonly isOfView: boolean;
}

/** The codes that a column of texts keeps, where none is missing. */
function codesOf({ data }: FrameColumn): KnownCodes | undefined {
  const batch = data.nullCount === 0 ? dictionaryOf(data) : undefined;
  if (!(batch?.values instanceof Int32Array)) return undefined;
  return { codes: batch.values, size: batch.dictionary.length, isOfView: false };
}

/** Numbers groups in the order in which their codes are first seen; codes of the view are overwritten. */
function numberGroups(
  rows: Uint32Array | undefined,
  { codes, size, isOfView }: KnownCodes,
): RowGroups {
  const length = rows?.length ?? codes.length;
  const of = isOfView ? codes : new Int32Array(length);
  const places = isOfView ? undefined : rows;
  const groupOf = new Int32Array(size).fill(-1);
  let first = new Uint32Array(64);
  let count = 0;
  for (let at = 0; at < length; at++) {
    const code = codes[places === undefined ? at : (places[at] as number)] as number;
    let group = groupOf[code] as number;
    if (group < 0) {
      if (count === first.length) first = doubled(first);
      first[count] = at;
      group = count++;
      groupOf[code] = group;
    }
    of[at] = group;
  }
  const seen = first.slice(0, count);
  return {
    rows,
    of,
    first: rows === undefined ? seen : seen.map((at) => rows[at] as number),
    count,
  };
}

function doubled(items: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(items.length * 2);
  larger.set(items);
  return larger;
}

/** Places of the rows in each group beside each other, in their order. */
export interface GroupMembers {
  readonly places: Uint32Array;
  /** where in `places` each group begins, and where the last one ends */
  readonly starts: Uint32Array;
}

/** Puts places into the groups that they belong to; those of −1 belong to none. */
export function toMembers(of: Int32Array, count: number): GroupMembers {
  const starts = new Uint32Array(count + 1);
  for (let at = 0; at < of.length; at++) {
    const next = (of[at] as number) + 1;
    if (next > 0) starts[next] = (starts[next] as number) + 1;
  }
  for (let group = 1; group <= count; group++) {
    starts[group] = (starts[group] as number) + (starts[group - 1] as number);
  }
  const next = starts.slice();
  const places = new Uint32Array(starts[count] as number);
  for (let at = 0; at < of.length; at++) {
    const group = of[at] as number;
    if (group < 0) continue;
    const place = next[group] as number;
    places[place] = at;
    next[group] = place + 1;
  }
  return { places, starts };
}
