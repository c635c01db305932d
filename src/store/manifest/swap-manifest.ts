import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Store, StoreOptions } from "../store.ts";
import { busyManifest, manifestAlarm, stuckCommit, unknownState } from "./commit-failure.ts";
import { type CommitOutcome, toCommitOutcome } from "./commit-outcome.ts";
import type { NextManifest } from "./history.ts";
import type { Commit, Manifest } from "./manifest.ts";
import { type Attempt, lookAgain, tryManifest, type View } from "./manifest-attempt.ts";
import { readManifest, type StoredManifest } from "./read-manifest.ts";

/** How the manifest is replaced; each has a real default. */
export interface SwapOptions extends StoreOptions {
  /**
   * Whether the store keeps the conditions of writes, as `probeStore` finds out; required unless
   * told. Without them only one machine may publish, and what two of its processes publish at the
   * same moment may be published twice.
   */
  readonly conditions?: "required" | "unavailable" | undefined;
  readonly sleep?: ((ms: number, options: StoreOptions) => Promise<unknown>) | undefined;
  /** from 0 up to 1, to spread writers that meet */
  readonly random?: (() => number) | undefined;
  /** a text that no other commit ever gets */
  readonly randomId?: (() => string) | undefined;
}

/** Builds the manifest that is to follow another one; it throws to give up. */
export type BuildManifest = (current: Manifest | undefined, commitId: string) => NextManifest;

/** How often others may be faster. */
const RACES_ALLOWED = 200;
/** How often the same commit is tried again, and how often the manifest is looked at meanwhile. */
const RETRIES_ALLOWED = 8;
const LOOKS_ALLOWED = 4;
const PAUSE_MS = 20;
/** a writer that was overtaken soon tries again; a store that is overloaded gets more time */
const LONGEST_RACE_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Puts the next manifest in the place of the newest one by compare-and-set, building it anew when
 * somebody else was faster. Gives the commit as it is published.
 *
 * The signal ends the waiting between writes. A write that is on its way is never left alone: it is
 * found out what became of it.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, also when the state of the commit remains unknown;
 * HEX_STORE_DAMAGED when the manifest vanishes or goes back
 */
export async function swapManifest(
  store: Store,
  build: BuildManifest,
  options: SwapOptions = {},
): Promise<Commit> {
  const base = await readManifest(store, { signal: options.signal });
  const swap = new Swap(store, build, options, base);
  for (;;) {
    const commit = await swap.try();
    if (commit !== undefined) return commit;
    await swap.pause();
  }
}

/** What one try has shown. */
interface Tried {
  readonly commit: Commit;
  readonly attempt: Attempt;
  readonly view: View;
}

/** One commit on its way into the manifest. */
class Swap {
  readonly #store: Store;
  readonly #build: BuildManifest;
  readonly #options: SwapOptions;
  readonly #commitId: string;
  #base: StoredManifest | undefined;
  #races = 0;
  #retries = 0;
  /** a try whose write may still take place */
  #open: Tried | undefined;

  constructor(
    store: Store,
    build: BuildManifest,
    options: SwapOptions,
    base: StoredManifest | undefined,
  ) {
    this.#store = store;
    this.#build = build;
    this.#options = options;
    this.#commitId = (options.randomId ?? randomUUID)();
    this.#base = base;
  }

  /** Writes once; the published commit, or undefined when it has to be tried again. */
  async try(): Promise<Commit | undefined> {
    const { manifest, commit } = this.#buildNext();
    const { conditions = "required" } = this.#options;
    const attempt = await tryManifest(this.#store, manifest, this.#base, conditions);
    if (attempt.answer === "written") {
      await this.#store.witness?.note();
      return commit;
    }
    const view = await this.#look(commit);
    const outcome = toCommitOutcome(attempt.answer, view.sight);
    if (outcome === "won") return this.#find(view) ?? commit;
    this.#assertGoesOn(outcome, { commit, attempt, view });
    this.#base = view.found;
    return undefined;
  }

  /** Waits longer with every try, and not exactly as long as others do. */
  async pause(): Promise<void> {
    const { signal } = this.#options;
    try {
      const racePauseMs = Math.min(LONGEST_RACE_PAUSE_MS, PAUSE_MS * 2 ** this.#races);
      const retryPauseMs = this.#retries === 0 ? 0 : pauseMs(this.#retries);
      await this.#sleep(Math.max(racePauseMs, retryPauseMs), signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      // The next try tells that it was interrupted, and what is known of the last one.
    }
  }

  #buildNext(): NextManifest {
    try {
      this.#options.signal?.throwIfAborted();
      return this.#build(this.#base?.manifest, this.#commitId);
    } catch (error) {
      if (this.#open === undefined) throw error;
      throw this.#toUnknown(this.#open);
    }
  }

  async #look(commit: Commit): Promise<View> {
    for (let looks = 1; ; looks++) {
      const view = await lookAgain(this.#store, this.#base, commit);
      if (view.sight !== "unreadable" || looks >= LOOKS_ALLOWED) return view;
      await this.#sleep(pauseMs(looks));
    }
  }

  #find({ found }: View): Commit | undefined {
    return found?.manifest.commits.find(({ commitId }) => commitId === this.#commitId);
  }

  /** Notes a try that did not succeed, and throws when it was the last one. */
  #assertGoesOn(outcome: Exclude<CommitOutcome, "won">, tried: Tried): void {
    const { location } = this.#store;
    const { answer, cause } = tried.attempt;
    switch (outcome) {
      case "superseded":
        // What is still on its way has a condition that can never hold again, if it has one.
        if (this.#options.conditions !== "unavailable") this.#open = undefined;
        if (++this.#races > RACES_ALLOWED) throw busyManifest(location, RACES_ALLOWED);
        return;
      case "retry":
        if (cause !== undefined) this.#open = tried;
        if (++this.#retries <= RETRIES_ALLOWED) return;
        if (this.#open !== undefined) throw this.#toUnknown(this.#open);
        throw stuckCommit(location, answer, RETRIES_ALLOWED);
      case "unknown":
        throw this.#toUnknown(tried);
      case "alarm":
        throw manifestAlarm(location, tried.view.sight);
    }
  }

  #toUnknown({ commit, attempt, view }: Tried): Error {
    return unknownState(this.#store.location, commit.generation, attempt.cause ?? view.cause);
  }

  async #sleep(longestMs: number, signal?: AbortSignal): Promise<void> {
    const { random = Math.random, sleep = realSleep } = this.#options;
    await sleep(longestMs * random(), { signal });
  }
}

function pauseMs(times: number): number {
  return Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** times);
}

function realSleep(ms: number, { signal }: StoreOptions): Promise<unknown> {
  return wait(ms, undefined, { signal });
}
