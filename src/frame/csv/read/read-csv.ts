import { openSource, sendReport } from "../../file-source.ts";
import type { AnyFrame, Frame } from "../../frame.ts";
import type { RowOf, Schema, SchemaSpec } from "../../schema.ts";
import type { ByteSource } from "./csv-blocks.ts";
import type { CsvOptions } from "./csv-options.ts";
import type { CsvReport } from "./csv-report.ts";

/**
 * Options for a CSV file that a cell reads.
 * @example
 * const german: ReadCsvOptions = { delimiter: ";", decimal: ",", dates: "DD.MM.YYYY" };
 */
export interface ReadCsvOptions extends CsvOptions {
  /** called with the decisions: types and why, names, rows dropped, values taken for missing */
  readonly report?: ((report: CsvReport) => void) | undefined;
}

/**
 * Reads a CSV file of any tool for a cell: from a path (relative to the working folder), a `file:`
 * URL, or the store (`store.url("raw/x.csv")`). It may be packed by gzip or zstd. Nothing is
 * guessed: docs/csv.md has the rules, and what was decided is told in the run's log.
 *
 * @throws {HexError} HEX_DATA_INVALID when the file is missing or is no table;
 * HEX_FRAME_INVALID when its values do not fit the schema
 * @example
 * const planets = await readCsv("data/planets.csv", { missing: ["", "unknown"] });
 * planets.columnNames.includes("method"); // → true
 */
export function readCsv<const Spec extends SchemaSpec>(
  source: URL | string | ByteSource,
  options: ReadCsvOptions & { readonly schema: Spec },
): Promise<Frame<RowOf<Spec>>>;
export function readCsv(
  source: URL | string | ByteSource,
  options?: ReadCsvOptions,
): Promise<Frame>;
export async function readCsv(
  source: URL | string | ByteSource,
  { report: onReport, ...options }: ReadCsvOptions = {},
): Promise<AnyFrame> {
  const { readForeignCsv } = await import("./foreign-csv.ts");
  const bytes = await openSource(source, "a CSV file");
  const { frame, report } = await readForeignCsv(bytes, options);
  await sendReport(report, onReport);
  return frame;
}

/**
 * Reads CSV that `frameToCsv` wrote: the same values and types.
 * @param schema the frame's own, `frame.schema`: types are not found in the text
 * @throws {HexError} HEX_DATA_INVALID naming row and column when it is anything else
 * @example
 * const sales = frame([{ city: "Ulm", total: 3n }]);
 * const copy = await frameFromCsv(frameToCsv(sales), sales.schema);
 * copy.rows(); // → [{ city: "Ulm", total: 3n }]
 */
export async function frameFromCsv(bytes: Uint8Array, schema: Schema): Promise<Frame> {
  // Loading it costs a run that reads no CSV.
  const own = await import("./csv-own.ts");
  return own.parseOwnCsv(bytes, schema);
}
