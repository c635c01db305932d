import { createHash } from "node:crypto";
import { type ErrorCode, expectation, HexError } from "../errors.ts";
import type { ByteSource } from "../frame/csv/read/csv-blocks.ts";
import { toSha256 } from "../sha256.ts";
import { checkStoreKey } from "./key.ts";
import type { StoredFile } from "./manifest/manifest.ts";
import type { FoundObject, Store, StoreOptions } from "./store.ts";

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
 * As `readStoredFile`, in blocks that need not fit into memory together. They end only when all of
 * them are what the manifest tells, so whoever has read them to their end may use what came of them.
 *
 * @throws {HexError} its blocks, HEX_STORE_DAMAGED when the file is missing or another
 */
export function openStoredFile(store: Store, file: StoredFile): ByteSource {
  const { key, sizeBytes } = file;
  return {
    name: `\`${key}\` in ${store.location}`,
    sizeBytes,
    async *open(signal) {
      const found = await store.find(key, { signal });
      if (found === undefined) throw damagedFile(store, file, "nothing");
      if (found.sizeBytes !== sizeBytes) {
        throw damagedFile(store, file, `${found.sizeBytes} bytes`);
      }
      const hash = createHash("sha256");
      try {
        for await (const block of store.readBlocks(found, { signal })) {
          hash.update(block);
          yield block;
        }
      } catch (error) {
        if (!isInvalidData(error)) throw error;
        throw damagedFile(store, file, "a file that was replaced or removed meanwhile", error);
      }
      assertSame(store, file, { sizeBytes, sha256: hash.digest("hex") });
    },
  };
}

/** Reads a file of a manifest to its end: it is there, and what was published. */
export async function checkStoredFile(
  store: Store,
  file: StoredFile,
  { signal }: StoreOptions = {},
): Promise<void> {
  for await (const block of openStoredFile(store, file).open(signal)) void block;
}

/** The SHA-256 of what the store tells of an object, block by block. */
export async function hashFound(
  store: Store,
  found: FoundObject,
  options: StoreOptions,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const block of store.readBlocks(found, options)) hash.update(block);
  return hash.digest("hex");
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

/** Refuses a content that is not the one that was published. */
export function assertSame(store: Store, file: StoredFile, got: Content): void {
  if (got.sizeBytes === file.sizeBytes && got.sha256 === file.sha256) return;
  throw damagedFile(store, file, `${got.sizeBytes} bytes with ${got.sha256.slice(0, 12)}…`);
}

function isOf(error: unknown, code: ErrorCode): error is HexError {
  return error instanceof HexError && error.code === code;
}

/** The bytes of an object that was found: another content is refused. */
export function toByteSource(store: Store, found: FoundObject): ByteSource {
  return {
    name: nameOf(store, found.key),
    sizeBytes: found.sizeBytes,
    open: (signal) => store.readBlocks(found, { signal }),
  };
}

/**
 * The bytes of the object under a key, which is looked for when they are read first; all that is read
 * of them is of one content.
 *
 * @throws {HexError} HEX_KEY_INVALID; its blocks throw HEX_DATA_INVALID where there is no object, or
 * another one than before, and HEX_STORE_UNAVAILABLE
 */
export function openObject(store: Store, key: string): ByteSource {
  checkStoreKey(key);
  let finding: Promise<FoundObject> | undefined;
  const findOnce = (signal: AbortSignal | undefined): Promise<FoundObject> => {
    if (finding !== undefined) return finding;
    const found = mustFind(store, key, signal);
    finding = found;
    // What could not be found may be there the next time.
    found.catch(() => {
      finding = undefined;
    });
    return found;
  };
  return {
    name: nameOf(store, key),
    async *open(signal) {
      yield* store.readBlocks(await findOnce(signal), { signal });
    },
  };
}

function nameOf({ location }: Store, key: string): string {
  return `\`${key}\` in ${location}`;
}

async function mustFind(store: Store, key: string, signal: AbortSignal | undefined) {
  const found = await store.find(key, { signal });
  if (found !== undefined) return found;
  throw expectation("HEX_DATA_INVALID", {
    place: nameOf(store, key),
    expected: "an object that another tool has written",
    got: "nothing",
    hint: "the path is that below the project's store, such as `raw/x.csv`",
  });
}
