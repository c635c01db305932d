import { createHash } from "node:crypto";
import { type ErrorCode, expectation, HexError } from "../errors.ts";
import { frameFromArrow } from "../frame/arrow.ts";
import type { Frame } from "../frame/frame.ts";
import { sharedCsvKey } from "./key.ts";
import type { PublishedFrame, StoredFile } from "./manifest/manifest.ts";
import { checkFrameSize, READ_LIMITS, type ReadLimits } from "./read-limits.ts";
import type { Store, StoreOptions } from "./store.ts";

export interface ReadFrameOptions extends StoreOptions {
  /** told when a file is damaged and another one is read instead */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** the most that is read */
  readonly limits?: ReadLimits | undefined;
}

/**
 * Reads a frame of a manifest: its Arrow file, or its CSV where that one is missing or damaged.
 * Whatever is read has the SHA-256, the columns and the rows that the manifest tells, or is not used.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when the CSV is no better; HEX_DATA_INVALID when it is larger
 * than what is read
 */
export async function readPublishedFrame(
  store: Store,
  name: string,
  entry: PublishedFrame,
  options: ReadFrameOptions = {},
): Promise<Frame> {
  const { arrow, csv, rows, columns } = entry;
  const { signal, onWarning, limits = READ_LIMITS } = options;
  const place = `frame ${name} in ${store.location}`;
  const sizeBytes = Math.max(arrow.sizeBytes, csv.sizeBytes);
  checkFrameSize(place, { sizeBytes, rows, columns: columns.length }, limits);
  const fromArrow = (bytes: Uint8Array) => frameFromArrow(bytes, columns);
  const fromCsv = async (bytes: Uint8Array) => {
    // An app run that finds its Arrow file never loads what reads CSV.
    const { frameFromCsv } = await import("../frame/csv.ts");
    return frameFromCsv(bytes, columns);
  };
  try {
    return await readAs(store, arrow, { rows, decode: fromArrow, signal });
  } catch (error) {
    if (!isDamage(error)) throw error;
    onWarning?.(`${error.message}; its CSV is read instead`);
  }
  return readAs(store, csv, { rows, decode: fromCsv, signal });
}

/**
 * Reads a CSV that another tool left at `<name>.csv`, its types found; `undefined` without one.
 *
 * @throws {HexError} HEX_DATA_INVALID when it is no table, or larger than what is read
 */
export async function readForeignFrame(
  store: Store,
  name: string,
  { signal, onWarning, limits = READ_LIMITS }: ReadFrameOptions = {},
): Promise<Frame | undefined> {
  const key = sharedCsvKey(name);
  const object = await store.read(key, { signal, limitBytes: limits.sizeBytes });
  if (object === undefined) return undefined;
  const { readForeignCsv } = await import("../frame/foreign-csv.ts");
  const { frame, found, notes } = await readForeignCsv(object.body);
  const place = `\`${key}\` in ${store.location}`;
  const columns = found.map((column) => `${column.name} ${column.type}`).join(", ");
  const told = [`read as ${columns}`, ...notes].join("; ");
  onWarning?.(`frame ${name} comes from ${place}, which no run has published: ${told}`);
  checkFrameSize(place, { rows: frame.numRows, columns: frame.numColumns }, limits);
  return frame;
}

/**
 * Reads a file of a manifest, of the size and the SHA-256 that it tells.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when it is missing or another
 */
export async function readStoredFile(
  store: Store,
  file: StoredFile,
  { signal }: StoreOptions = {},
): Promise<Uint8Array> {
  const { key, sha256, sizeBytes } = file;
  const object = await store
    .read(key, { signal, limitBytes: sizeBytes })
    .catch((error: unknown) => {
      if (!isOf(error, "HEX_DATA_INVALID")) throw error;
      throw damagedFile(store, file, "more bytes", error);
    });
  if (object === undefined) throw damagedFile(store, file, "nothing");
  const got = toSha256(object.body);
  if (object.body.length === sizeBytes && got === sha256) return object.body;
  throw damagedFile(store, file, `${object.body.length} bytes with ${got.slice(0, 12)}…`);
}

/** The SHA-256 of some bytes, as the manifest writes it. */
export function toSha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Whether a failure says that what is stored is not what was published. */
export function isDamage(error: unknown): error is HexError {
  return isOf(error, "HEX_STORE_DAMAGED");
}

interface Decoding extends StoreOptions {
  readonly rows: number;
  readonly decode: (bytes: Uint8Array) => Frame | Promise<Frame>;
}

async function readAs(
  store: Store,
  file: StoredFile,
  { rows, decode, signal }: Decoding,
): Promise<Frame> {
  const bytes = await readStoredFile(store, file, { signal });
  try {
    const frame = await decode(bytes);
    if (frame.numRows === rows) return frame;
    throw damagedFile(store, file, `${frame.numRows} rows instead of ${rows}`);
  } catch (error) {
    // The bytes are those that the manifest tells, but not of the columns that it tells.
    if (isOf(error, "HEX_DATA_INVALID")) throw damagedFile(store, file, error.message, error);
    throw error;
  }
}

function damagedFile(
  store: Store,
  { key, sha256, sizeBytes }: StoredFile,
  got: string,
  cause?: unknown,
): HexError {
  const told = {
    place: `\`${key}\` in ${store.location}`,
    expected: `the ${sizeBytes} bytes with SHA-256 ${sha256.slice(0, 12)}… that were published`,
    got,
    hint: "a logic run publishes it anew",
  };
  return expectation("HEX_STORE_DAMAGED", told, { cause });
}

function isOf(error: unknown, code: ErrorCode): error is HexError {
  return error instanceof HexError && error.code === code;
}
