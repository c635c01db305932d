/** Columns whose values are read, or put beside each other, when somebody first needs them. */
import { Column } from "@uwdata/flechette";
import type { Value } from "../schema.ts";
import type { ColumnData } from "./column-data.ts";

/** How the values of a column are read row by row. */
export type Reading = "number" | "text" | "any";

/** What is known of a column before its values are read, and how they are. */
export interface UnreadColumn {
  readonly length: number;
  readonly nullCount: number;
  /** as it will be when the column is read */
  readonly reading: Reading;
  /** the whole column */
  read(): ColumnData;
  /** the value of a row before the column is read; without it, reading one reads all */
  at?(row: number): Value | null;
  /** a column of a few rows, which alone are read; undefined where reading all costs less */
  take(rows: Int32Array | Uint32Array): ColumnData | undefined;
}

const unread = new WeakMap<ColumnData, UnreadColumn>();

/** A column that reads itself as soon as more than its length is asked for. */
export function toUnreadData(column: UnreadColumn): ColumnData {
  const { length, nullCount } = column;
  const data: ColumnData = new Column<Value>([]);
  let whole: ColumnData | undefined;
  const read = (): ColumnData => {
    whole ??= column.read();
    unread.delete(data);
    return whole;
  };
  Object.defineProperties(data, {
    length: { value: length },
    nullCount: { value: nullCount },
    type: { get: () => read().type },
    data: { get: () => read().data },
    offsets: { get: () => read().offsets },
    at: {
      value: (row: number) => (whole === undefined && column.at ? column.at(row) : read().at(row)),
    },
  });
  unread.set(data, column);
  return data;
}

/** The column that was not read yet; undefined for one that is in memory. */
export function unreadOf(data: ColumnData): UnreadColumn | undefined {
  return unread.get(data);
}
