import { createHash } from "node:crypto";
import { expectation, HexError } from "../errors.ts";
import { frameFromArrow } from "../frame/arrow.ts";
import type { Frame } from "../frame/frame.ts";
import { sharedCsvKey } from "./key.ts";
import type { PublishedFrame, StoredFile } from "./manifest.ts";
import type { Store, StoreOptions } from "./store.ts";

export interface ReadFrameOptions extends StoreOptions {
  /** told when the fast file is damaged and the CSV had to be read */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/**
 * Reads a frame of a manifest: its Arrow file, or its CSV where that one is missing or damaged.
 * Whatever is read has the SHA-256 that the manifest tells, or is not used.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when the CSV is no better
 */
export async function readPublishedFrame(
  store: Store,
  { columns, arrow, csv }: PublishedFrame,
  { signal, onWarning }: ReadFrameOptions = {},
): Promise<Frame> {
  try {
    return frameFromArrow(await readStoredFile(store, arrow, { signal }), columns);
  } catch (error) {
    if (!isDamage(error)) throw error;
    onWarning?.(`${error.message}; its CSV is read instead`);
  }
  const bytes = await readStoredFile(store, csv, { signal });
  // An app run that finds its Arrow file never loads what reads CSV.
  const { frameFromCsv } = await import("../frame/csv.ts");
  return frameFromCsv(bytes, columns);
}

/** Reads a CSV that another tool left at `<name>.csv`, its types found; `undefined` without one. */
export async function readForeignFrame(
  store: Store,
  name: string,
  { signal }: StoreOptions = {},
): Promise<Frame | undefined> {
  const object = await store.read(sharedCsvKey(name), { signal });
  if (object === undefined) return undefined;
  const { frameFromForeignCsv } = await import("../frame/csv.ts");
  return frameFromForeignCsv(object.body);
}

/** The SHA-256 of some bytes, as the manifest writes it. */
export function toSha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function readStoredFile(
  store: Store,
  { key, sha256, sizeBytes }: StoredFile,
  { signal }: StoreOptions,
): Promise<Uint8Array> {
  const object = await store.read(key, { signal });
  const got = object === undefined ? "nothing" : toSha256(object.body);
  if (object !== undefined && got === sha256) return object.body;
  throw expectation("HEX_STORE_DAMAGED", {
    place: `\`${key}\` in ${store.location}`,
    expected: `the ${sizeBytes} bytes with SHA-256 ${sha256.slice(0, 12)}… that were published`,
    got: object === undefined ? got : `${object.body.length} bytes with ${got.slice(0, 12)}…`,
    hint: "a logic run publishes it anew",
  });
}

function isDamage(error: unknown): error is HexError {
  const isExpected = error instanceof HexError;
  return isExpected && (error.code === "HEX_STORE_DAMAGED" || error.code === "HEX_DATA_INVALID");
}
