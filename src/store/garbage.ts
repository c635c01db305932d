import { randomUUID } from "node:crypto";
import { expectation } from "../errors.ts";
import {
  KEYS_PREFIX,
  PRESS_PREFIX,
  PROBE_PREFIX,
  parseTickKey,
  RUNS_PREFIX,
  TICKS_PREFIX,
} from "./key.ts";
import { newestCommit, type Retention, referencedKeys, retainCommits } from "./manifest/history.ts";
import { type Manifest, readManifest } from "./manifest/manifest.ts";
import { changeManifest } from "./manifest/swap-manifest.ts";
import { SHORTEST_GRACE_MS } from "./publication-rules.ts";
import type { ObjectInfo, Store, StoreOptions } from "./store.ts";

export interface CollectOptions extends StoreOptions {
  /** whether the store keeps the conditions of writes; required unless told */
  readonly conditions?: "required" | "unavailable" | undefined;
  /** an instant as text; now unless told */
  readonly collectedAt?: string | undefined;
  /** a text that no other collection ever gets */
  readonly randomId?: (() => string) | undefined;
}

/** Removed objects. */
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

/** Objects to be removed, and nothing else; can be printed before anything is done. */
export interface GarbagePlan {
  /** the newest version when the plan was made; `null` when nothing is published */
  readonly generation: number | null;
  /** the versions that leave the history */
  readonly versions: readonly number[];
  /** objects that no version needs */
  readonly objects: readonly Garbage[];
  /** what killed writers left behind, by the keys of the store's `leftovers` */
  readonly leftovers: readonly Garbage[];
  /** of all of them */
  readonly sizeBytes: number;
}

interface Garbage {
  readonly key: string;
  readonly sizeBytes: number;
  /** an instant as text, by the clock of the store */
  readonly modifiedAt: string;
}

interface GarbageOptions extends Retention, StoreOptions {
  /** milliseconds since 1970 */
  readonly now: number;
  /**
   * how old an object must be, since a run that is under way may still need it; 24 hours unless
   * told, and never less
   */
  readonly graceMs?: number | undefined;
}

/** How long it can be looked up which instants a schedule took. */
const TICKS_KEPT_MS = 90 * 86_400_000;

/** A page that slept with its machine goes on asking for a press: it must not be carried out anew. */
const PRESSES_KEPT_MS = 90 * 86_400_000;

/**
 * Finds what no version needs: marks what the kept versions point at, and takes the rest that is old
 * enough. Without a manifest it takes nothing, since then all would be lost that could be saved.
 *
 * @throws {HexError} HEX_USAGE for a shorter grace; HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function planGarbage(store: Store, options: GarbageOptions): Promise<GarbagePlan> {
  const { now, signal, graceMs = SHORTEST_GRACE_MS } = options;
  assertGrace(graceMs);
  const isOld = ({ modifiedAt }: ObjectInfo) => now - modifiedAt.getTime() > graceMs;
  const leftovers = await collect(store.leftovers?.list({ signal }), isOld);
  const probes = await collect(store.list(PROBE_PREFIX, { signal }), isOld);
  const keys = await collect(store.list(KEYS_PREFIX, { signal }), (info) => {
    const isPress = info.key.startsWith(PRESS_PREFIX);
    return isPress ? now - info.modifiedAt.getTime() > PRESSES_KEPT_MS : isOld(info);
  });
  const unneeded = [...probes, ...keys, ...(await oldTicks(store, options))];
  // The objects are listed first: what is published meanwhile is then in the manifest.
  const staged = await collect(store.list(RUNS_PREFIX, { signal }), isOld);
  const manifest = (await readManifest(store, { signal }))?.value;
  if (manifest === undefined) {
    return toPlan({ generation: null, versions: [], objects: unneeded, leftovers });
  }
  const kept = retainCommits(manifest.commits, options, now);
  const left = manifest.commits.filter((commit) => !kept.includes(commit));
  const needed = referencedKeys({ ...manifest, commits: kept });
  return toPlan({
    generation: newestCommit(manifest)?.generation ?? null,
    versions: left.map(({ generation }) => generation),
    objects: [...unneeded, ...staged.filter(({ key }) => !needed.has(key))],
    leftovers,
  });
}

function assertGrace(graceMs: number): void {
  if (graceMs >= SHORTEST_GRACE_MS) return;
  throw expectation("HEX_USAGE", {
    place: "the age at which unused objects are removed",
    expected: "at least 24 hours",
    got: `${graceMs / 3_600_000} hours`,
    hint: "a run that is under way may still need them",
  });
}

async function collect(
  infos: AsyncIterable<ObjectInfo> | undefined,
  isOld: (info: ObjectInfo) => boolean,
): Promise<Garbage[]> {
  const found: Garbage[] = [];
  for await (const info of infos ?? []) {
    if (isOld(info)) found.push({ ...info, modifiedAt: info.modifiedAt.toISOString() });
  }
  return found;
}

/** The ticks of long ago, but for the newest of each schedule, from which it goes on. */
async function oldTicks(store: Store, { now, signal }: GarbageOptions): Promise<Garbage[]> {
  const ticks = await collect(store.list(TICKS_PREFIX, { signal }), isTick);
  const newest = new Map<string, string>();
  for (const { key } of ticks) {
    const folder = toFolder(key);
    if (key > (newest.get(folder) ?? "")) newest.set(folder, key);
  }
  return ticks.filter(
    ({ key, modifiedAt }) =>
      now - Date.parse(modifiedAt) > TICKS_KEPT_MS && newest.get(toFolder(key)) !== key,
  );
}

function isTick({ key }: ObjectInfo): boolean {
  return parseTickKey(key) !== undefined;
}

function toFolder(key: string): string {
  return key.slice(0, key.lastIndexOf("/"));
}

function toPlan(parts: Omit<GarbagePlan, "sizeBytes">): GarbagePlan {
  const all = [...parts.objects, ...parts.leftovers];
  return { ...parts, sizeBytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}
