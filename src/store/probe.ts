import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { expectation, HexError } from "../errors.ts";
import { PROBE_PREFIX } from "./key.ts";
import { type Fault, type Round, tryRound } from "./probe-round.ts";
import type { Store, StoreOptions } from "./store.ts";

/** How a store was found to treat the conditions of writes. */
export interface StoreProbe {
  /** whether several machines may publish to it */
  readonly conditionalWrites: boolean;
  /** what is wrong with it, a phrase each; empty when nothing is */
  readonly faults: readonly string[];
  /** what would mend it, where that is known */
  readonly cure?: string;
}

export interface ProbeOptions extends StoreOptions {
  /** a text that no other probe ever gets */
  readonly randomId?: (() => string) | undefined;
  readonly sleep?: ((ms: number, options: StoreOptions) => Promise<unknown>) | undefined;
  /** milliseconds of a clock that only goes forward */
  readonly now?: (() => number) | undefined;
}

/** So many write at once, */
const WRITERS = 6;
/** and so often the store has to do right; more often when it was found bad before. */
const ROUNDS = 3;
const ROUNDS_WHEN_SUSPECT = 10;
/** A fault that shows once may have another cause, such as a proxy that repeats requests. */
const DOUBTS_NEEDED = 2;
const FAILURES_ALLOWED = 5;
const PAUSE_MS = 50;

/** How long a process does not ask again. */
const GOOD_MS = 10 * 60_000;
const BAD_MS = 60_000;

interface Known {
  readonly probe: StoreProbe;
  readonly untilMs: number;
}

const knownHere = new WeakMap<Store, Known>();

/**
 * Tries out whether a store keeps the conditions of writes, unless that is known, on objects of its
 * own that are gone afterwards. A store that ignores them says "written" to everybody, and would lose
 * versions.
 *
 * A store found good is not asked again for ten minutes, one found bad for a minute in this process;
 * later it has to do right more often.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE when it cannot be tried out, which says nothing of its kind
 */
export async function probeStore(store: Store, options: ProbeOptions = {}): Promise<StoreProbe> {
  if (store.keepsConditions) return { conditionalWrites: true, faults: [] };
  const { now = () => performance.now() } = options;
  const known = knownHere.get(store);
  if (known !== undefined && now() < known.untilMs) return known.probe;
  const noted = await store.probeNotes?.read();
  if (noted === "good") return { conditionalWrites: true, faults: [] };
  const faults = await findFaults(store, noted === "bad" ? ROUNDS_WHEN_SUSPECT : ROUNDS, options);
  const probe = await explain(store, faults, options);
  const isGood = probe.conditionalWrites;
  knownHere.set(store, { probe, untilMs: now() + (isGood ? GOOD_MS : BAD_MS) });
  await store.probeNotes?.note(isGood ? "good" : "bad");
  return probe;
}

/** Tries until so many rounds showed nothing wrong, or something is certain. */
async function findFaults(
  store: Store,
  rounds: number,
  options: ProbeOptions,
): Promise<readonly Fault[]> {
  const budget = { failures: FAILURES_ALLOWED };
  let doubts = 0;
  for (let right = 0; right < rounds; ) {
    const { faults = [], doubt } = await tryUntilAnswered(store, budget, options);
    if (faults.length > 0) return faults;
    if (doubt === undefined) right += 1;
    else if (++doubts >= DOUBTS_NEEDED) return [doubt];
  }
  return [];
}

/** One round of which enough answers came back. */
async function tryUntilAnswered(
  store: Store,
  budget: { failures: number },
  { signal, randomId = randomUUID, sleep = realSleep }: ProbeOptions,
): Promise<Round> {
  for (let pauseMs = PAUSE_MS; ; pauseMs *= 2) {
    const round = await tryAndClean(store, randomId(), { signal });
    if (round.failure === undefined) return round;
    if (--budget.failures < 0) throw untried(store, round.failure);
    await sleep(pauseMs * (1 + Math.random()), { signal });
  }
}

async function tryAndClean(store: Store, id: string, { signal }: StoreOptions): Promise<Round> {
  const key = `${PROBE_PREFIX}${id}`;
  try {
    return await tryRound(store, key, { writers: WRITERS, signal });
  } finally {
    // What stays because the answer was lost is collected as garbage.
    await store.delete(key).catch(ignoreFailure);
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof HexError)) throw error;
}

/** Adds what the store itself says that may be behind it: of writes that meet, that is versioning. */
async function explain(
  store: Store,
  faults: readonly Fault[],
  options: StoreOptions,
): Promise<StoreProbe> {
  const texts = faults.map(({ text }) => text);
  const probe = { conditionalWrites: texts.length === 0, faults: texts };
  if (texts.length === 0 || !faults.every(({ isOfMeeting }) => isOfMeeting)) return probe;
  const reason = await store.findVersioning?.(options);
  if (reason === undefined) return probe;
  return { ...probe, faults: [...texts, reason.text], cure: reason.cure };
}

function untried({ location }: Store, failure: HexError): HexError {
  const told = {
    place: `the store ${location}`,
    expected: "ready to be tried out for its write conditions, before anything is published",
    got: `trouble on the way: it could not be tried out in ${FAILURES_ALLOWED + 1} rounds, the last of which said: ${failure.message}`,
    hint: "try again; nothing is known against the store itself",
  };
  return expectation("HEX_STORE_UNAVAILABLE", told, { cause: failure });
}

function realSleep(ms: number, { signal }: StoreOptions): Promise<unknown> {
  return wait(ms, undefined, { signal });
}
