import type { ByteSource } from "../csv/read/csv-blocks.ts";
import type { CsvReport } from "../csv/read/csv-report.ts";
import { openSource, sendReport } from "../file-source.ts";
import type { AnyFrame, Frame } from "../frame.ts";
import type { RowOf, Schema, SchemaSpec } from "../schema.ts";

/**
 * Options for a JSON file that a cell reads.
 * @example
 * const options: ReadJsonOptions = { schema: { day: "date", total: "number" } };
 */
export interface ReadJsonOptions {
  /** the columns and their types, by name; without it they are found in the file */
  readonly schema?: Schema | SchemaSpec | undefined;
  /** "json" reads lists and objects within a row as their JSON text */
  readonly nested?: "json" | undefined;
  /** the encoding by its name, such as "windows-1252"; UTF-8 unless told, or UTF-16 with a mark */
  readonly encoding?: string | undefined;
  /** called with the decisions: types, and what JSON has not */
  readonly report?: ((report: CsvReport) => void) | undefined;
}

/**
 * Reads a JSON file for a cell: a row a line, or an array of rows, each an object. It comes from a
 * path (relative to the working folder), a `file:` URL, or the store (`store.url("raw/x.jsonl")`), and
 * may be packed by gzip or zstd. Whole numbers beyond 2^53 are bigints with all digits, texts stay
 * texts unless the schema says otherwise: docs/formats.md has the rules.
 *
 * @throws {HexError} HEX_DATA_INVALID naming line and column of what cannot be read
 * @example
 * const source: ByteSource = {
 *   name: "sales",
 *   async *open() {
 *     yield new TextEncoder().encode('{"city":"Ulm","id":9007199254740993}\n');
 *   },
 * };
 * (await readJson(source)).rows(); // → [{ city: "Ulm", id: 9007199254740993n }]
 */
export function readJson<const Spec extends SchemaSpec>(
  source: URL | string | ByteSource,
  options: ReadJsonOptions & { readonly schema: Spec },
): Promise<Frame<RowOf<Spec>>>;
export function readJson(
  source: URL | string | ByteSource,
  options?: ReadJsonOptions,
): Promise<Frame>;
export async function readJson(
  source: URL | string | ByteSource,
  { report: onReport, ...options }: ReadJsonOptions = {},
): Promise<AnyFrame> {
  const { readJsonFile } = await import("./json-file.ts");
  const bytes = await openSource(source, "a JSON file");
  const { frame, report } = await readJsonFile(bytes, options);
  await sendReport(report, onReport);
  return frame;
}
