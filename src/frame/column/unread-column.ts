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
  /** the column that its values are taken of, if they are; a row of it takes as much memory */
  readonly of?: ColumnData;
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
  // Let go once it is read: it may hold far more in memory than the column.
  let source: UnreadColumn | undefined = column;
  const read = (): ColumnData => {
    whole ??= source?.read();
    if (whole === undefined) throw new Error("A column is let go when it was read");
    source = undefined;
    unread.delete(data);
    return whole;
  };
  Object.defineProperties(data, {
    length: { value: length },
    nullCount: { value: nullCount },
    type: { get: () => read().type },
    data: { get: () => read().data },
    offsets: { get: () => read().offsets },
    at: { value: (row: number) => (source?.at ? source.at(row) : read().at(row)) },
  });
  unread.set(data, column);
  return data;
}

/** The column that was not read yet; undefined for one that is in memory. */
export function unreadOf(data: ColumnData): UnreadColumn | undefined {
  return unread.get(data);
}
