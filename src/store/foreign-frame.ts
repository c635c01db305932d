import type { Frame } from "../frame/frame.ts";
import { toSha256 } from "../sha256.ts";
import { claimKey, sharedCsvKey } from "./key.ts";
import { toByteSource } from "./object-source.ts";
import type { ReadFrameOptions } from "./published-frame.ts";
import { checkFrameSize, READ_LIMITS, readUnlessLarger, tooLarge } from "./read-limits.ts";
import type { FoundObject, Store, StoreOptions } from "./store.ts";

/** Finds the CSV that another tool left at `<name>.csv`; a claim of ours there is none. */
export async function findForeign(
  store: Store,
  name: string,
  { signal }: StoreOptions = {},
): Promise<FoundObject | undefined> {
  const key = sharedCsvKey(name);
  const found = await store.find(key, { signal });
  if (found === undefined) return undefined;
  const noted = await store.read(claimKey(name), { signal });
  if (noted?.body.length !== found.sizeBytes) return found;
  const limitBytes = found.sizeBytes;
  const there = await readUnlessLarger(store, key, { limitBytes, signal });
  if (there === undefined) return undefined;
  const isClaim = there !== "too-large" && toSha256(there.body) === toSha256(noted.body);
  return isClaim ? undefined : found;
}

/**
 * Reads a CSV of another tool: by the schema that its cell declares, or with its types found.
 *
 * @throws {HexError} HEX_DATA_INVALID when it is no table, larger than what is read, or replaced
 * meanwhile; HEX_FRAME_INVALID when it does not fit the schema
 */
export async function readForeignFrame(
  store: Store,
  name: string,
  found: FoundObject,
  { signal, onWarning, onCsv, limits = READ_LIMITS, findSchema }: ReadFrameOptions = {},
): Promise<Frame> {
  const { key, sizeBytes } = found;
  const { sizeBytes: limitBytes } = limits;
  if (sizeBytes > limitBytes) throw tooLarge({ key, ...store }, { limitBytes, sizeBytes });
  const schema = await findSchema?.();
  const source = toByteSource(store, found);
  const { readForeignCsv } = await import("../frame/csv/read/foreign-csv.ts");
  const { frame, report } = await readForeignCsv(source, { schema, signal });
  onCsv?.(report);
  onWarning?.(`frame ${name} comes from ${source.name}, which no run has published`);
  checkFrameSize(source.name, { rows: frame.numRows, columns: frame.numColumns }, limits);
  return frame;
}
