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
