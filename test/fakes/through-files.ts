import { readFile } from "node:fs/promises";
import { checkStoreKey } from "../../src/store/key.ts";
import type { ObjectFile, ReadOptions, Store, WriteFileOptions } from "../../src/store/store.ts";
import {
  saveTemporary,
  withObjectFile,
  withTemporaryPath,
} from "../../src/store/temporary-file.ts";

/** `readFile` of a store that has objects in memory only. */
export function readThroughFile<T>(
  store: Pick<Store, "read">,
  key: string,
  use: (file: ObjectFile) => Promise<T>,
  options: ReadOptions = {},
): Promise<T | undefined> {
  const save = async (path: string) => {
    const object = await store.read(key, options);
    return object && saveTemporary(path, [object.body], options);
  };
  return withObjectFile(save, use);
}

/** `writeFile` of a store that has objects in memory only. */
export async function writeThroughFile<T>(
  store: Pick<Store, "write">,
  key: string,
  fill: (path: string) => Promise<T>,
  options: WriteFileOptions = {},
): Promise<T> {
  checkStoreKey(key);
  return withTemporaryPath(async (path) => {
    const filled = await fill(path);
    await store.write(key, await readFile(path), options);
    return filled;
  });
}
