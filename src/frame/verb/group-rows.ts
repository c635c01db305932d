import { codeRows } from "../column/code-rows.ts";
import type { FrameColumn } from "../column/column-data.ts";
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
  const { codes, size } = codeRows({ columns, rows });
  const groupOf = new Int32Array(size).fill(-1);
  let first = new Uint32Array(64);
  let count = 0;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    let group = groupOf[code] as number;
    if (group < 0) {
      if (count === first.length) first = doubled(first);
      first[count] = rows === undefined ? at : (rows[at] as number);
      group = count++;
      groupOf[code] = group;
    }
    codes[at] = group;
  }
  return { rows, of: codes, first: first.slice(0, count), count };
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
