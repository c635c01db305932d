import { randomUUID } from "node:crypto";
import { expectation, type HexError } from "../../errors.ts";
import {
  type Change,
  type ChangeOptions,
  type ChangeResult,
  changeDocument,
} from "../change-document.ts";
import type { Observation } from "../change-outcome.ts";
import type { DocumentAt } from "../document.ts";
import { MANIFEST_KEY } from "../key.ts";
import type { Store } from "../store.ts";
import { type NextManifest, newestCommit, newestGeneration } from "./history.ts";
import { type Commit, type Manifest, readManifest, toManifestBytes } from "./manifest.ts";

/** How the manifest is replaced. */
export interface SwapOptions extends ChangeOptions {
  /** a text that no other commit ever gets */
  readonly randomId?: (() => string) | undefined;
}

/** Builds the manifest that is to follow another one; it throws to give up. */
export type BuildManifest = (current: Manifest | undefined, commitId: string) => NextManifest;

/** Who is kept from publishing. */
export interface SealOptions extends ChangeOptions {
  /** all whose fence is lower */
  readonly fence?: number | undefined;
  /** one run, under any fence */
  readonly runId?: string | undefined;
}

type ManifestStore = Pick<Store, "location" | "read" | "write" | "marker">;

/** Older ones have met a higher fence since. */
const PASSED_KEPT = 50;

/**
 * Puts the next manifest in the place of the newest one, building it anew when somebody else was
 * faster. Gives the commit as it is published.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, also when the state of the commit remains unknown;
 * HEX_STORE_DAMAGED when the manifest vanishes or goes back
 */
export async function swapManifest(
  store: ManifestStore,
  build: BuildManifest,
  options: SwapOptions = {},
): Promise<Commit> {
  const { location } = store;
  const commitId = (options.randomId ?? randomUUID)();
  let generation = 0;
  const isOwn = (commit: Commit) => commit.commitId === commitId;
  const { value } = await changeManifest(
    store,
    {
      build: (current) => {
        const { manifest, commit } = build(current, commitId);
        generation = commit.generation;
        return manifest;
      },
      isIn: ({ commits }) => commits.some(isOwn),
      past: {
        observe: (base, found) => observe(base, found, generation),
        toAlarm: (observed) => toAlarm(location, observed),
      },
      toUnknown: (got) => ({
        place: `version ${generation} in ${location}`,
        expected: "either published or refused",
        got: `${got}: the state of version ${generation} is unknown`,
        hint: "nothing was deleted; `hex versions` tells once the store answers",
      }),
    },
    options,
  );
  await store.marker?.note();
  const commit = value?.commits.find(isOwn);
  if (commit === undefined) throw new Error(`commit ${commitId} is not in the manifest with it`);
  return commit;
}

/**
 * Makes the manifest refuse whoever is passed, before anything is done in his place. Nothing else of
 * it changes. A publication that is on its way meets the changed manifest, and then its refusal.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE; HEX_STORE_DAMAGED
 */
export async function sealManifest(
  store: ManifestStore,
  { fence = 0, runId, ...options }: SealOptions,
): Promise<void> {
  const build = (current: Manifest | undefined) => toSealed(current, fence, runId);
  await changeManifest(store, { build, isIn: (found) => build(found) === undefined }, options);
}

/** Changes the manifest by compare-and-set. @throws {HexError} as `changeDocument` */
export function changeManifest(
  store: ManifestStore,
  change: Change<Manifest>,
  options: ChangeOptions,
): Promise<ChangeResult<Manifest>> {
  const document: DocumentAt<Manifest> = {
    key: MANIFEST_KEY,
    location: store.location,
    read: (readOptions) => readManifest(store, readOptions),
    write: (manifest, writeOptions) =>
      store.write(MANIFEST_KEY, toManifestBytes(manifest), {
        ...writeOptions,
        contentType: "application/json",
      }),
  };
  const busyHint = "run fewer logic runs at once";
  return changeDocument(document, { ...change, busyHint }, options);
}

/** Compares a manifest that has not our commit with the one that it was built upon. */
function observe(base: Manifest | undefined, found: Manifest | undefined, generation: number) {
  if (found === undefined) return "vanished";
  const ahead = newestGeneration(found) - newestGeneration(base);
  if (ahead < 0) return "gone-back";
  // One that was only sealed, or from which nothing unused is deleted any more, is as new.
  if (ahead === 0) {
    const isSame = newestCommit(found)?.commitId === newestCommit(base)?.commitId;
    return isSame ? "unchanged" : "gone-back";
  }
  return found.commits.some((commit) => commit.generation === generation)
    ? "other"
    : "other-far-ahead";
}

/** Somebody else has removed or put back the manifest, or the store breaks its word. */
function toAlarm(location: string, observed: Observation): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place: `\`${MANIFEST_KEY}\` in ${location}`,
    expected: "replaced by newer ones only",
    got: observed === "vanished" ? "no manifest any more" : "an older one than before",
    hint: "it was removed or put back by something else, or the store ignores conditions of writes",
  });
}

/** The manifest with its seal; undefined where it has it. */
function toSealed(
  current: Manifest | undefined,
  fence: number,
  runId: string | undefined,
): Manifest | undefined {
  const { commits = [], fence: highest = 0, passed = [], ...rest } = current ?? {};
  const isPassed = runId === undefined || passed.includes(runId);
  if (highest >= fence && isPassed) return undefined;
  const runs = isPassed ? passed : [runId, ...passed].slice(0, PASSED_KEPT);
  const told = runs.length === 0 ? {} : { passed: runs };
  return { ...rest, format: 1, fence: Math.max(highest, fence), ...told, commits };
}
