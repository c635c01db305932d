import { readFile } from "node:fs/promises";
import { frameFromArrow } from "../../frame/arrow/read-arrow.ts";
import { fileSource } from "../../frame/csv/read/csv-blocks.ts";
import { readCsv } from "../../frame/csv/read/read-csv.ts";
import type { AnyFrame } from "../../frame/frame.ts";
import { toFrame } from "../../frame/to-frame.ts";
import type { FromCommandOptions } from "./command-options.ts";

/**
 * The frame in a file that a program wrote.
 * @param name what messages and the run's log call the file
 */
export async function readOutput(
  path: string,
  name: string,
  { format, csv, schema }: FromCommandOptions,
): Promise<AnyFrame> {
  switch (format) {
    case "csv":
      return readCsv(named(path, name), { ...csv, ...(schema && { schema }) });
    case "arrow": {
      const frame = await frameFromArrow(await readFile(path));
      return schema === undefined ? frame : (toFrame(frame, schema) ?? frame);
    }
  }
}

function named(path: string, name: string) {
  const file = fileSource(path);
  return {
    name,
    get sizeBytes() {
      return file.sizeBytes;
    },
    open: (signal?: AbortSignal) => file.open(signal),
  };
}
