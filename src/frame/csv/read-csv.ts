import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { HexError } from "../../errors.ts";
import type { AnyFrame, Frame } from "../frame.ts";
import { type RowOf, type SchemaSpec, toSchema } from "../schema.ts";

/** What may be said about a CSV file that a cell reads. */
export interface ReadCsvOptions<Spec extends SchemaSpec> {
  /** the columns and their types; without it they are found in the file */
  readonly schema: Spec;
}

/**
 * Reads a CSV file of any tool for a cell. A relative path starts at the working folder.
 * @throws {HexError} HEX_DATA_INVALID when the file is missing or is no table;
 * HEX_FRAME_INVALID when its values do not fit the schema
 */
export function readCsv<const Spec extends SchemaSpec>(
  source: URL | string,
  options: ReadCsvOptions<Spec>,
): Promise<Frame<RowOf<Spec>>>;
export function readCsv(source: URL | string): Promise<Frame>;
export async function readCsv(
  source: URL | string,
  options?: ReadCsvOptions<SchemaSpec>,
): Promise<AnyFrame> {
  const path = typeof source === "string" ? resolve(source) : fileURLToPath(source);
  await checkExists(path);
  const { frameFromForeignCsv } = await import("./csv.ts");
  const schema = options && toSchema(options.schema);
  const found = await frameFromForeignCsv(path, schema);
  if (schema === undefined) return found;
  const { toFrame } = await import("../to-frame.ts");
  return toFrame(found, schema) ?? found;
}

async function checkExists(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    const message = `Expected a CSV file at ${path}, got none that can be read`;
    throw new HexError("HEX_DATA_INVALID", message, { cause });
  }
}
