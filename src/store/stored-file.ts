import { createHash } from "node:crypto";
import { type ErrorCode, expectation, HexError } from "../errors.ts";
import type { StoredFile } from "./manifest/manifest.ts";
import type { Store, StoreOptions } from "./store.ts";

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
  const { key, sizeBytes } = file;
  const object = await store
    .read(key, { signal, limitBytes: sizeBytes })
    .catch((error: unknown) => {
      if (!isInvalidData(error)) throw error;
      throw damagedFile(store, file, "more bytes", error);
    });
  if (object === undefined) throw damagedFile(store, file, "nothing");
  const { body } = object;
  assertSame(store, file, { sizeBytes: body.length, sha256: toSha256(body) });
  return body;
}

/**
 * As `readStoredFile`, for one that need not fit into memory: it is handed over as a file, which is
 * gone afterwards.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when it is missing or another
 */
export async function withStoredFile<T>(
  store: Store,
  file: StoredFile,
  use: (path: string) => Promise<T>,
  { signal }: StoreOptions = {},
): Promise<T> {
  let isHandedOver = false;
  const check = async ({ path, ...got }: { readonly path: string } & Content) => {
    isHandedOver = true;
    assertSame(store, file, got);
    return { used: await use(path) };
  };
  const found = await store
    .readFile(file.key, check, { signal, limitBytes: file.sizeBytes })
    .catch((error: unknown) => {
      if (isHandedOver || !isInvalidData(error)) throw error;
      throw damagedFile(store, file, "more bytes", error);
    });
  if (found === undefined) throw damagedFile(store, file, "nothing");
  return found.used;
}

/** The SHA-256 of some bytes, as the manifest writes it. */
export function toSha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The failure to find in a file what was published. */
export function damagedFile(
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

/** Whether a failure says that what is stored is not what was published. */
export function isDamage(error: unknown): error is HexError {
  return isOf(error, "HEX_STORE_DAMAGED");
}

/** Whether a failure says that some data are not what their schema tells. */
export function isInvalidData(error: unknown): error is HexError {
  return isOf(error, "HEX_DATA_INVALID");
}

type Content = Pick<StoredFile, "sizeBytes" | "sha256">;

function assertSame(store: Store, file: StoredFile, got: Content): void {
  if (got.sizeBytes === file.sizeBytes && got.sha256 === file.sha256) return;
  throw damagedFile(store, file, `${got.sizeBytes} bytes with ${got.sha256.slice(0, 12)}…`);
}

function isOf(error: unknown, code: ErrorCode): error is HexError {
  return error instanceof HexError && error.code === code;
}
