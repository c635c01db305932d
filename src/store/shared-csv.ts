import { toMessage } from "../errors.ts";
import { frameOf, newestCommit } from "./history.ts";
import { sharedCsvKey } from "./key.ts";
import { readManifest } from "./read-manifest.ts";
import type { Store, StoreOptions } from "./store.ts";

export interface CopyOptions extends StoreOptions {
  /** told when a copy cannot be written */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const ROUNDS_ALLOWED = 10;

/**
 * Puts the newest CSV of frames where other tools look. Of several publications that end at once the
 * newest one stands: each looks again after copying. It never fails, since the version is out.
 */
export async function copyForOthers(
  store: Store,
  names: readonly string[],
  { signal, onWarning }: CopyOptions,
): Promise<void> {
  const copied = new Map<string, string>();
  for (let round = 0; round < ROUNDS_ALLOWED; round++) {
    const pending = await findPending(store, names, copied).catch((error: unknown) => {
      onWarning?.(`The CSVs for other tools were not checked: ${toMessage(error)}`);
      return [];
    });
    if (pending.length === 0) return;
    for (const [name, key] of pending) {
      copied.set(name, key);
      const fault = await copyFault(store, { name, key }, { signal });
      if (fault !== undefined) onWarning?.(`${name}.csv for other tools was not written: ${fault}`);
    }
  }
}

/** The frames whose newest CSV was not copied yet, each with its key. */
async function findPending(
  store: Store,
  names: readonly string[],
  copied: ReadonlyMap<string, string>,
): Promise<[string, string][]> {
  const newest = newestCommit((await readManifest(store))?.manifest);
  return names.flatMap((name): [string, string][] => {
    const key = frameOf(newest, name)?.csv.key;
    return key === undefined || key === copied.get(name) ? [] : [[name, key]];
  });
}

async function copyFault(
  store: Store,
  { name, key }: { readonly name: string; readonly key: string },
  options: StoreOptions,
): Promise<string | undefined> {
  try {
    return (await store.copy(key, sharedCsvKey(name), options)) ? undefined : `${key} is gone`;
  } catch (error) {
    return toMessage(error);
  }
}
