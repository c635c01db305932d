import type { ByteSource } from "../csv/read/csv-blocks.ts";
import { sendReport, toPathOrBytes } from "../file-source.ts";
import type { Frame } from "../frame.ts";
import type { ReadParquetOptions } from "./parquet-options.ts";

/**
 * Reads a Parquet file of any tool for a cell: from a path (relative to the working folder), a `file:`
 * URL, or the store (`store.url("raw/x.parquet")`). Values are read exactly, or refused by name:
 * docs/formats.md has every type, and what was decided is told in the run's log.
 *
 * @throws {HexError} HEX_DATA_INVALID when the file is missing or damaged, or a column is of a type
 * that a frame does not have, with the option that reads it
 * @example
 * await writeParquet(frame([{ city: "Ulm", total: 3 }]), "/tmp/sales.parquet");
 * (await readParquet("/tmp/sales.parquet")).rows(); // → [{ city: "Ulm", total: 3 }]
 */
export async function readParquet(
  source: URL | string | ByteSource,
  { report: onReport, ...options }: ReadParquetOptions = {},
): Promise<Frame> {
  const { readParquetFile } = await import("./parquet-read.ts");
  const { frame, report } = await readParquetFile(toPathOrBytes(source), options);
  await sendReport(report, onReport);
  return frame;
}
