import type { CsvReport } from "../csv/read/csv-report.ts";
import type { Schema, SchemaSpec } from "../schema.ts";

/**
 * Options for an Excel workbook that a cell reads.
 * @example
 * const options: ReadExcelOptions = { sheet: "Sales", range: "B3:F200", errors: "missing" };
 */
export interface ReadExcelOptions {
  /** the sheet by its name or its number from 1; the first that is shown unless told */
  readonly sheet?: string | number | undefined;
  /** the cells to read with their header, such as "B2:D10" or "B:D"; all that are used unless told */
  readonly range?: string | undefined;
  /** false for cells whose first row is a row: columns are then column1, column2, … */
  readonly header?: boolean | undefined;
  /** the columns and their types, by name; without it they are found in the cells */
  readonly schema?: Schema | SchemaSpec | undefined;
  /** "missing" takes cells with an error, such as #N/A, for missing; without it they are refused */
  readonly errors?: "missing" | undefined;
  /** called with the decisions: types, rows and cells that are not read as they are shown */
  readonly report?: ((report: CsvReport) => void) | undefined;
}
