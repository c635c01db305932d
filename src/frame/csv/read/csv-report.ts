import { AsyncLocalStorage } from "node:async_hooks";
import type { ColumnType } from "../../schema.ts";

/**
 * The decisions of the CSV reader about a column.
 * @example
 * const column: CsvColumnReport = { name: "total", type: "number" };
 */
export interface CsvColumnReport {
  /** as the frame has it */
  readonly name: string;
  /** what all of its values are */
  readonly type: ColumnType;
  /** why it has this type, where that is no plain matter: `3 of 9 values are no number: row 7 "x"` */
  readonly why?: string;
}

/**
 * The decisions of the CSV reader about a file.
 * @example
 * const reports: CsvReport[] = [];
 * await readCsv("data/planets.csv", { report: (report) => reports.push(report) });
 * reports.length; // → 1
 */
export interface CsvReport {
  /** what was read: the path or address */
  readonly name: string;
  /** how many rows were read, without the header */
  readonly rows: number;
  /** the columns of the frame, in order */
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
