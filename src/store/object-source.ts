import { expectation } from "../errors.ts";
import type { ByteSource } from "../frame/csv/read/byte-source.ts";
import { checkStoreKey } from "./key.ts";
import type { FoundObject, Store } from "./store.ts";

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
