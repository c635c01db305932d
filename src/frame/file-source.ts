import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ByteSource } from "./csv/read/csv-blocks.ts";
import type { CsvReport } from "./csv/read/csv-report.ts";

/** A file as cells name it: a path from the working folder, a `file:` URL, or something of the store. */
type FileName = URL | string | ByteSource;

/** The absolute path of a file that a cell names; what is of the store stays as it is. */
export function toPathOrBytes(source: FileName): string | ByteSource {
  if (typeof source === "string") return resolve(source);
  return source instanceof URL ? fileURLToPath(source) : source;
}

/**
 * The bytes of a file that a cell names.
 * @param kind what messages call such a file
 */
export async function openSource(source: FileName, kind: string): Promise<ByteSource> {
  const found = toPathOrBytes(source);
  if (typeof found !== "string") return found;
  const { fileSource } = await import("./csv/read/csv-blocks.ts");
  return fileSource(found, kind);
}

/** Hands what was decided about a file to the caller, and to the log of the cell that reads it. */
export async function sendReport(
  report: CsvReport,
  onReport: ((report: CsvReport) => void) | undefined,
): Promise<void> {
  const { csvListener } = await import("./csv/read/csv-report.ts");
  onReport?.(report);
  csvListener.getStore()?.(report);
}
