import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ByteSource } from "../csv/read/csv-blocks.ts";
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
  const [{ readParquetFile }, { csvListener }] = await Promise.all([
    import("./parquet-read.ts"),
    import("../csv/read/csv-report.ts"),
  ]);
  const { frame, report } = await readParquetFile(toSource(source), options);
  onReport?.(report);
  csvListener.getStore()?.(report);
  return frame;
}

function toSource(source: URL | string | ByteSource): string | ByteSource {
  if (typeof source === "string") return resolve(source);
  return source instanceof URL ? fileURLToPath(source) : source;
}
