import type { ColumnTable } from "arquero";
import type { FrameColumn } from "../column/column-data.ts";
import { RowCoder } from "../column/row-coder.ts";
import type { View } from "./view.ts";

/** Which group each row belongs to; groups are numbered in the order they are first seen. */
export interface RowGroups {
  /** by row of the table; rows that the view leaves out have no meaningful entry */
  readonly keys: Uint32Array;
  /** the first row of each group */
  readonly rows: number[];
}

/** Groups the rows of a view by columns of it. */
export function groupRows({ table }: View, columns: readonly FrameColumn[]): RowGroups {
  const codes = new RowCoder(columns.length).code(columns.map(({ data }) => data));
  const keys = new Uint32Array(table.totalRows());
  const rows: number[] = [];
  const groupOf = new Int32Array(codes.length).fill(-1);
  table.scan((row = 0) => {
    const code = codes[row] ?? 0;
    let group = groupOf[code] ?? -1;
    if (group < 0) {
      group = rows.push(row) - 1;
      groupOf[code] = group;
    }
    keys[row] = group;
  }, true);
  return { keys, rows };
}

/** The rows of each group beside each other, in their order. */
export interface GroupMembers {
  readonly rows: Uint32Array;
  /** where in `rows` each group begins, and where the last one ends */
  readonly starts: Uint32Array;
}

/** The rows of a table in their groups; without groups, all of them in one. */
export function toMembers(table: ColumnTable, groups: RowGroups | undefined): GroupMembers {
  const indices = table.indices();
  if (groups === undefined) return { rows: indices, starts: Uint32Array.of(0, indices.length) };
  const { keys } = groups;
  const starts = new Uint32Array(groups.rows.length + 1);
  for (const row of indices) bump(starts, (keys[row] ?? 0) + 1);
  for (let group = 1; group < starts.length; group++) {
    starts[group] = (starts[group] ?? 0) + (starts[group - 1] ?? 0);
  }
  const next = starts.slice();
  const rows = new Uint32Array(indices.length);
  for (const row of indices) rows[bump(next, keys[row] ?? 0)] = row;
  return { rows, starts };
}

/** Adds one to an item, and gives what it was. */
function bump(items: Uint32Array, at: number): number {
  const item = items[at] ?? 0;
  items[at] = item + 1;
  return item;
}
