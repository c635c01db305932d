import type { ByteSource } from "../csv/read/csv-blocks.ts";
import { openSource, sendReport } from "../file-source.ts";
import type { AnyFrame, Frame } from "../frame.ts";
import type { RowOf, SchemaSpec } from "../schema.ts";
import type { ReadExcelOptions } from "./excel-options.ts";

/**
 * Reads a sheet of an Excel workbook (.xlsx) for a cell: from a path (relative to the working folder),
 * a `file:` URL, or the store (`store.url("raw/x.xlsx")`). Days are what their format shows, empty cells
 * are missing, a formula is its value, an error is refused by its cell: docs/formats.md has the rules.
 *
 * @throws {HexError} HEX_DATA_INVALID when the file is no workbook, naming sheet and cell of what
 * cannot be read
 * @example
 * const toCode = (error: unknown) => (error instanceof HexError ? error.code : undefined);
 * await readExcel("missing.xlsx").catch(toCode); // → "HEX_DATA_INVALID"
 */
export function readExcel<const Spec extends SchemaSpec>(
  source: URL | string | ByteSource,
  options: ReadExcelOptions & { readonly schema: Spec },
): Promise<Frame<RowOf<Spec>>>;
export function readExcel(
  source: URL | string | ByteSource,
  options?: ReadExcelOptions,
): Promise<Frame>;
export async function readExcel(
  source: URL | string | ByteSource,
  { report: onReport, ...options }: ReadExcelOptions = {},
): Promise<AnyFrame> {
  const { readExcelFile } = await import("./excel-file.ts");
  const bytes = await openSource(source, "an Excel workbook");
  const blocks: Uint8Array[] = [];
  for await (const block of bytes.open()) blocks.push(block);
  const { frame, report } = readExcelFile(Buffer.concat(blocks), bytes.name, options);
  await sendReport(report, onReport);
  return frame;
}
