import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectation, toMessage } from "../errors.ts";
import { type Blocks, type SavedFile, saveBlocks } from "../frame/file-blocks.ts";
import { diskErrorCode } from "./directory/directory-failure.ts";
import type { ObjectFile, StoreOptions } from "./store.ts";

/** As `saveBlocks`, at a path of `withTemporaryPath`: what throws as it is comes from the blocks. */
export async function saveTemporary(
  path: string,
  blocks: Blocks,
  { signal }: StoreOptions,
): Promise<SavedFile> {
  return saveBlocks(path, blocks, { signal, toFailure: toTemporaryFailure });
}

/** Hands over a file that is filled first, and removes it; `undefined` when there is none to fill. */
export async function withObjectFile<T>(
  save: (path: string) => Promise<SavedFile | undefined>,
  use: (file: ObjectFile) => Promise<T>,
): Promise<T | undefined> {
  return withTemporaryPath(async (path) => {
    const saved = await save(path);
    return saved && use({ path, ...saved });
  });
}

/** Gives a path in a folder that nobody else may look into, and removes what is there afterwards. */
export async function withTemporaryPath<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "hex-object-")).catch((error: unknown) => {
    throw toTemporaryFailure(error);
  });
  try {
    return await work(join(folder, "object"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tells a failure of the temporary folder's disk in a sentence; anything else comes back as it was. */
export function toTemporaryFailure(thrown: unknown): unknown {
  if (diskErrorCode(thrown) === undefined) return thrown;
  const told = {
    place: `the temporary folder ${tmpdir()}`,
    expected: "writable, with room for a file of a frame",
    got: toMessage(thrown).replace(/, \w+ '.*$/s, ""),
    hint: "free some space, or set TMPDIR to another folder",
  };
  return expectation("HEX_STORE_UNAVAILABLE", told, { cause: thrown });
}
