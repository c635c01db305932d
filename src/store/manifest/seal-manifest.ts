import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../../errors.ts";
import { MANIFEST_KEY } from "../key.ts";
import type { Store, StoreOptions } from "../store.ts";
import { busyManifest } from "./commit-failure.ts";
import { type Manifest, toManifestBytes } from "./manifest.ts";
import { readManifest } from "./read-manifest.ts";

/** Who is kept from publishing. */
export interface SealOptions {
  /** all whose fence is lower */
  readonly fence?: number | undefined;
  /** one run, under whatever fence it may come */
  readonly runId?: string | undefined;
  readonly sleep?: ((ms: number, options: StoreOptions) => Promise<unknown>) | undefined;
  /** from 0 up to 1, to spread writers that meet */
  readonly random?: (() => number) | undefined;
}

const TRIES = 12;
const PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
/** Older ones have met a higher fence since. */
const PASSED_KEPT = 50;

/**
 * Makes the manifest refuse whoever is passed, before anything is done in his place. Nothing else of
 * it changes. A publication that is on its way meets the changed manifest, and then its refusal.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE; HEX_STORE_DAMAGED
 */
export async function sealManifest(
  store: Pick<Store, "location" | "read" | "write" | "witness">,
  { fence = 0, runId, sleep = realSleep, random = Math.random }: SealOptions,
): Promise<void> {
  for (let tries = 1; tries <= TRIES; tries++) {
    const found = await readManifest(store);
    const sealed = toSealed(found?.manifest, fence, runId);
    if (sealed === undefined) return;
    const condition = found ? { ifMatch: found.etag } : ({ ifNoneMatch: "*" } as const);
    const options = { contentType: "application/json", condition };
    try {
      await store.write(MANIFEST_KEY, toManifestBytes(sealed), options);
    } catch (error) {
      const mayPass = error instanceof HexError && error.code === "HEX_STORE_UNAVAILABLE";
      if (!mayPass || tries >= TRIES) throw error;
    }
    // Told as written or not: the next look shows what is there.
    await sleep(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** tries) * random(), {});
  }
  throw busyManifest(store.location, TRIES);
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

function realSleep(ms: number): Promise<unknown> {
  return wait(ms);
}
