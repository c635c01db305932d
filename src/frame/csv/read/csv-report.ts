import { AsyncLocalStorage } from "node:async_hooks";
import type { ColumnType } from "../../schema.ts";

/** What a reader of CSV decided about a column. */
export interface CsvColumnReport {
  readonly name: string;
  readonly type: ColumnType;
  /** why it has this type, where that is no plain matter: `3 of 9 values are no number: row 7 "x"` */
  readonly why?: string;
}

/** What a reader of CSV decided about a file. */
export interface CsvReport {
  /** what was read: the path or address */
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly CsvColumnReport[];
  /** what was renamed, dropped, filled or taken for missing, a sentence each */
  readonly notes: readonly string[];
}

/** Takes the reports of all CSV files that are read within a call. Using it slows every promise. */
export const csvListener = new AsyncLocalStorage<(report: CsvReport) => void>();

/** Why columns have their types, where that is no plain matter, a sentence each. */
export function reasons({ columns }: CsvReport): string[] {
  return columns.flatMap(({ name, type, why }) => {
    return why === undefined ? [] : [`column ${JSON.stringify(name)}: ${type}, since ${why}`];
  });
}
