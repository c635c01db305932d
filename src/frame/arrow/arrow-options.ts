import type { CsvReport } from "../csv/read/csv-report.ts";

/**
 * How columns of Arrow are read that a frame has no type for. Without an option they are refused.
 * @example
 * const options: ArrowOptions = { decimals: "number", nested: "json" };
 */
export interface ArrowOptions {
  /** the columns to read, in the order of the file; all unless told */
  readonly columns?: readonly string[] | undefined;
  /**
   * decimals as their digits, or as the nearest 64-bit floats; unless told, those without digits
   * after the point are whole numbers, and others refused
   */
  readonly decimals?: "text" | "number" | undefined;
  /** "json" reads lists, structs and maps as JSON text */
  readonly nested?: "json" | undefined;
  /** bytes as texts in base64 or in hexadecimal digits */
  readonly binary?: "base64" | "hex" | undefined;
  /** "count" reads durations as whole numbers of the unit of their column */
  readonly durations?: "count" | undefined;
  /** "cut" takes a time for the microsecond that it lies in */
  readonly nanoseconds?: "cut" | undefined;
  /** called with the decisions: types and why, and what is not kept */
  readonly report?: ((report: CsvReport) => void) | undefined;
}
