import { readFile } from "node:fs/promises";
import { checkStoreKey } from "../../src/store/key.ts";
import type { Store, WriteFileOptions } from "../../src/store/store.ts";
import { withTemporaryPath } from "../../src/store/temporary-file.ts";

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
