import type { CellContext } from "../../cell/cell.ts";
import type { ArrowOptions } from "../../frame/arrow/arrow-options.ts";
import type { ReadCsvOptions } from "../../frame/csv/read/read-csv.ts";
import type { ReadJsonOptions } from "../../frame/json-read/read-json.ts";
import type { ReadParquetOptions } from "../../frame/parquet/parquet-options.ts";
import type { SchemaSpec } from "../../frame/schema.ts";

/**
 * Options for the table of another program.
 * @example
 * const options: Omit<FromCommandOptions, "context"> = {
 *   format: "csv",
 *   progress: /(\d+) of (\d+)/,
 *   csv: { delimiter: ";" },
 * };
 */
export interface FromCommandOptions {
  /** what the program writes: CSV of any dialect, an Arrow file or stream, Parquet, or JSON lines */
  readonly format: "csv" | "arrow" | "parquet" | "jsonl";
  /**
   * the second argument of the cell's function: its signal stops the program, whose standard error
   * becomes the cell's log
   */
  readonly context: Pick<CellContext, "signal" | "log" | "progress">;
  /**
   * the file that the program writes, below the project's folder; it is removed before. Without it
   * the table is what stands in the place of `{output}` in the command, or else standard output.
   */
  readonly output?: string | undefined;
  /**
   * finds progress in a line of standard error (or of standard output, where that is not the table):
   * one group is a fraction, or a percentage where `%` follows or it is above 1; two are n of m
   */
  readonly progress?: RegExp | undefined;
  /** how the CSV is written, as for `readCsv` */
  readonly csv?: ReadCsvOptions | undefined;
  /** how types of Arrow are read that no column has, as for `readArrow` */
  readonly arrow?: ArrowOptions | undefined;
  /** how types of Parquet are read that no column has, as for `readParquet` */
  readonly parquet?: ReadParquetOptions | undefined;
  /** how JSON lines are read, as for `readJson` */
  readonly jsonl?: ReadJsonOptions | undefined;
  /** the frame's columns: for any format */
  readonly schema?: SchemaSpec | undefined;
  /** variables for the program, beside those of the run; undefined takes one away */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}
