import { randomUUID } from "node:crypto";
import { RUNS_PREFIX } from "./key.ts";
import { referencedKeys } from "./manifest/history.ts";
import { type Manifest, readManifest } from "./manifest/manifest.ts";
import { changeManifest } from "./manifest/swap-manifest.ts";
import type { GarbagePlan } from "./plan-garbage.ts";
import type { Store, StoreOptions } from "./store.ts";

export interface CollectOptions extends StoreOptions {
  /** whether the store keeps the conditions of writes; required unless told */
  readonly conditions?: "required" | "unavailable" | undefined;
  /** an instant as text; now unless told */
  readonly collectedAt?: string | undefined;
  /** a text that no other collection ever gets */
  readonly randomId?: (() => string) | undefined;
}

/** What was really removed. */
export interface Collected {
  readonly objects: number;
  readonly sizeBytes: number;
  /** what the plan named and a version needs by now */
  readonly spared: number;
}

/*
 * In this order, so that no version ever points at what is gone:
 *
 *   1. the versions that are not kept leave the manifest, and the manifest changes in any case:
 *      whoever was about to replace it has to look again, and then sees whether he is too late
 *   2. the manifest is read again, and what it needs by now is spared
 *   3. the objects are removed
 *
 * A store that ignores conditions is spared the first step: its history only shrinks when something
 * is published.
 */

/**
 * Carries out a plan. It can be repeated, also after it was interrupted.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function collectGarbage(
  store: Store,
  plan: GarbagePlan,
  options: CollectOptions = {},
): Promise<Collected> {
  const { signal, conditions = "required" } = options;
  if (conditions === "required") await leaveHistory(store, plan, options);
  const manifest = (await readManifest(store, { signal }))?.value;
  const needed = manifest === undefined ? undefined : referencedKeys(manifest);
  let [objects, sizeBytes, spared] = [0, 0, 0];
  for (const garbage of plan.objects) {
    // A manifest that is gone may be put back: all that it may point at has to stay.
    if (needed?.has(garbage.key) ?? garbage.key.startsWith(RUNS_PREFIX)) {
      spared++;
      continue;
    }
    await store.delete(garbage.key, { signal });
    objects++;
    sizeBytes += garbage.sizeBytes;
  }
  for (const leftover of plan.leftovers) {
    await store.leftovers?.remove(leftover.key, { signal });
    objects++;
    sizeBytes += leftover.sizeBytes;
  }
  return { objects, sizeBytes, spared };
}

async function leaveHistory(
  store: Store,
  plan: GarbagePlan,
  { signal, collectedAt = new Date().toISOString(), randomId = randomUUID }: CollectOptions,
): Promise<void> {
  const collection = { id: randomId(), at: collectedAt };
  await changeManifest(
    store,
    {
      build: (current) => current && afterCollection(current, plan.versions, collection),
      isIn: (found) => found.collection?.id === collection.id,
    },
    { signal },
  );
}

function afterCollection(
  manifest: Manifest,
  versions: readonly number[],
  collection: NonNullable<Manifest["collection"]>,
): Manifest {
  const commits = manifest.commits.filter(
    ({ generation }, index) => index === 0 || !versions.includes(generation),
  );
  return { ...manifest, collection, commits };
}
