import { toMessage } from "../errors.ts";
import { sharedCsvKey } from "./key.ts";
import { frameOf, newestCommit } from "./manifest/history.ts";
import type { Commit } from "./manifest/manifest.ts";
import { readManifest } from "./manifest/manifest.ts";
import type { Store, StoreOptions } from "./store.ts";

export interface CopyOptions extends StoreOptions {
  /** told when a copy cannot be written */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const ROUNDS_ALLOWED = 10;

/**
 * Puts the newest CSV of frames where other tools look, and removes that of a frame which the newest
 * version no longer holds. Of several publications that end at once the newest one stands: each
 * looks again after copying. It never fails, since the version is out.
 */
export async function copyForOthers(
  store: Store,
  names: Iterable<string>,
  { signal, onWarning }: CopyOptions,
): Promise<void> {
  const done = new Map<string, string | undefined>();
  for (let round = 0; round < ROUNDS_ALLOWED; round++) {
    const newest = await findNewest(store).catch((error: unknown) => {
      onWarning?.(`The CSVs for other tools were not written: ${toMessage(error)}`);
    });
    if (newest === undefined) return;
    const wanted = [...names].map((name) => [name, frameOf(newest, name)?.csv.key] as const);
    const pending = wanted.filter(([name, key]) => !done.has(name) || done.get(name) !== key);
    if (pending.length === 0) return;
    for (const [name, key] of pending) {
      done.set(name, key);
      const fault = await findFault(() => putShared(store, { name, key }, { signal }));
      if (fault !== undefined) onWarning?.(`${name}.csv for other tools was not written: ${fault}`);
    }
  }
}

async function findNewest(store: Store): Promise<Commit | undefined> {
  return newestCommit((await readManifest(store))?.value);
}

/** Copies a frame's CSV, or removes its copy when there is none any more. */
async function putShared(
  store: Store,
  { name, key }: { readonly name: string; readonly key: string | undefined },
  options: StoreOptions,
): Promise<string | undefined> {
  if (key === undefined) await store.delete(sharedCsvKey(name), options);
  else if (!(await store.copy(key, sharedCsvKey(name), options))) return `${key} is gone`;
  return undefined;
}

/** What an action complains of, or throws. */
async function findFault(action: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await action();
  } catch (error) {
    return toMessage(error);
  }
}
