import { readArrow } from "../../frame/arrow/read-arrow.ts";
import { type ByteSource, fileSource } from "../../frame/csv/read/csv-blocks.ts";
import { readCsv } from "../../frame/csv/read/read-csv.ts";
import type { AnyFrame } from "../../frame/frame.ts";
import { readJson } from "../../frame/json-read/read-json.ts";
import { readParquet } from "../../frame/parquet/read-parquet.ts";
import { toFrame } from "../../frame/to-frame.ts";
import type { FromCommandOptions } from "./command-options.ts";

/**
 * The frame in a file that a program wrote.
 * @param name what messages and the run's log call the file
 */
export async function readOutput(
  path: string,
  name: string,
  { format, csv, arrow, parquet, jsonl, schema }: FromCommandOptions,
): Promise<AnyFrame> {
  const source = named(path, name);
  switch (format) {
    case "csv":
      return readCsv(source, { ...csv, ...(schema && { schema }) });
    case "arrow":
      return readArrow(source, { ...arrow, schema });
    case "jsonl":
      return readJson(source, { ...jsonl, ...(schema && { schema }) });
    case "parquet": {
      const frame = await readParquet(source, parquet);
      return schema === undefined ? frame : (toFrame(frame, schema) ?? frame);
    }
  }
}

function named(path: string, name: string): ByteSource {
  const file = fileSource(path);
  return {
    name,
    get sizeBytes() {
      return file.sizeBytes;
    },
    open: (signal?: AbortSignal) => file.open(signal),
  };
}
