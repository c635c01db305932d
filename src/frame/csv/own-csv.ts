import type { Frame } from "../frame.ts";
import type { Schema } from "../schema.ts";

/**
 * Reads the CSV that `frameToCsv` wrote, or that was published of a frame; `readCsv` reads that of other
 * tools.
 * @param schema the columns and their types: the `schema` of the frame
 * @throws {HexError} HEX_DATA_INVALID naming the row when the bytes are anything else
 */
export async function frameFromCsv(bytes: Uint8Array, schema: Schema): Promise<Frame> {
  // Loading it costs a run that reads no CSV.
  const csv = await import("./csv.ts");
  return csv.frameFromCsv(bytes, schema);
}
