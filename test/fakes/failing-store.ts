import type { Store } from "../../src/store/store.ts";

export interface FailingStore extends Store {
  /** the keys that were asked to be written or copied to, in order */
  readonly writes: readonly string[];
}

/** A store over another one whose n-th write or copy, counted from 1, fails and writes nothing. */
export function failingStore(
  store: Store,
  failingWrite: number,
  error = new Error("the fake write fails"),
): FailingStore {
  const writes: string[] = [];
  return {
    location: store.location,
    writes,
    read: (key, options) => store.read(key, options),
    find: (key, options) => store.find(key, options),
    readBlocks: (found, options) => store.readBlocks(found, options),
    write: async (key, body, options) => {
      writes.push(key);
      if (writes.length === failingWrite) throw error;
      return store.write(key, body, options);
    },
    writeFile: async (key, fill, options) => {
      writes.push(key);
      if (writes.length === failingWrite) throw error;
      return store.writeFile(key, fill, options);
    },
    copy: async (fromKey, toKey, options) => {
      writes.push(toKey);
      if (writes.length === failingWrite) throw error;
      return store.copy(fromKey, toKey, options);
    },
    delete: (key, options) => store.delete(key, options),
    list: (prefix, options) => store.list(prefix, options),
    listFolders: (prefix, options) => store.listFolders(prefix, options),
    close: () => store.close(),
  };
}
