import * as v from "valibot";
import { expectation } from "../errors.ts";
import { DocumentKind, textSchema, time } from "../store/document.ts";
import { parseTickKey, tickKey, ticksPrefix } from "../store/key.ts";
import { probeStore, type StoreProbe } from "../store/probe.ts";
import type { Store, StoreOptions } from "../store/store.ts";
import { HOUR } from "../text.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";

/** The newest format of a tick that this code reads and writes. */
const FORMAT = 1;
const TRIES = 3;

const TickRecord = v.object({
  format: v.literal(FORMAT, `${FORMAT}`),
  schedule: textSchema,
  /** the planned instant; this and `filedAt` are ISO 8601, UTC */
  instant: time,
  /** the run that was filed; of a skipped tick, the one that stood in its way */
  runId: v.pipe(v.string("an id"), v.regex(/^[A-Za-z0-9_-]{1,64}$/, "an id")),
  /** the process that took the instant, as `user@host:pid`; for people */
  filedBy: textSchema,
  filedAt: time,
  state: v.picklist(["filed", "skipped"], "filed or skipped"),
  /** why it was skipped */
  reason: v.optional(textSchema),
  /** how many instants before it passed while no scheduler ran */
  missed: v.optional(v.pipe(v.number("a number"), v.integer("a whole number"))),
});

/** The object of one planned instant: the scheduler that creates it files the run. */
export type Tick = Readonly<v.InferOutput<typeof TickRecord>>;

const ticks = new DocumentKind<Tick>({
  schema: TickRecord,
  format: FORMAT,
  indent: 2,
  limitBytes: 64 * 1024,
  cure: "it was changed by something else, or written by a newer hex-runtime",
});

/** Whether the store keeps the conditions of writes. */
export type Conditions = "required" | "unavailable";

/** The tick that stands for an instant, and whether this call created it. */
export interface ClaimedTick {
  readonly tick: Tick;
  readonly isOurs: boolean;
}

/**
 * Takes a planned instant. Of any number of callers exactly one gets it, and all get its tick;
 * without conditions that holds only for callers one after the other.
 *
 * A caller that failed may have taken it all the same; a second call answers that.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function claimTick(
  store: Store,
  tick: Tick,
  conditions: Conditions,
): Promise<ClaimedTick> {
  const instantMs = Date.parse(tick.instant);
  const key = tickKey(tick.schedule, instantMs);
  const document = ticks.at(store, key);
  for (let tries = 1; tries <= TRIES; tries++) {
    const before = conditions === "required" ? undefined : await document.read();
    if (before !== undefined) return { tick: before.value, isOurs: false };
    // Not ended by a signal: an instant that nobody knows to be taken would run late.
    const { status } = await document.write(tick, {
      condition: conditions === "required" ? { ifNoneMatch: "*" } : undefined,
    });
    if (status === "written") return { tick, isOurs: true };
    const taken = await document.read();
    if (taken !== undefined) return { tick: taken.value, isOurs: false };
  }
  throw expectation("HEX_STORE_UNAVAILABLE", {
    place: `the store ${store.location}`,
    expected: `ready to create \`${key}\`, which is not there`,
    got: `a refusal ${TRIES} times`,
  });
}

/**
 * Reads the tick of an instant, or `undefined` when nobody took it.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function readTick(
  store: Store,
  { schedule }: Pick<Tick, "schedule">,
  instantMs: number,
  { signal }: StoreOptions = {},
): Promise<Tick | undefined> {
  return (await ticks.at(store, tickKey(schedule, instantMs)).read({ signal }))?.value;
}

/** The instants that a schedule took, in order. */
export async function listTicks(
  store: Store,
  schedule: string,
  { signal }: StoreOptions = {},
): Promise<number[]> {
  const instants: number[] = [];
  for await (const { key } of store.list(ticksPrefix(schedule), { signal })) {
    const instantMs = parseTickKey(key);
    if (instantMs !== undefined) instants.push(instantMs);
  }
  return instants.sort((one, other) => one - other);
}

/** Versioning may be switched on, or another server take over: the store is probed again after so long. */
const PROBE_AGAIN_MS = HOUR;

/** Probes the store, once for all schedules, and again now and then. */
export function openConditions({
  store,
  clock,
  onEvent,
  signal,
}: SchedulerOptions): () => Promise<Conditions> {
  let probed: Promise<Conditions> | undefined;
  let probedMs = 0;
  let reported = "";
  const sleep = (ms: number) => clock.sleep(ms, signal);
  const probe = async (): Promise<Conditions> => {
    try {
      const result = await probeStore(store, { signal, sleep });
      if (result.conditionalWrites) return "required";
      const message = unfit(store.location, result);
      if (message !== reported) onEvent({ type: "store-unfit", message });
      reported = message;
      return "unavailable";
    } catch (error) {
      probed = undefined;
      throw error;
    }
  };
  return () => {
    const nowMs = clock.now();
    const isOld = Math.abs(nowMs - probedMs) >= PROBE_AGAIN_MS;
    if (probed === undefined || isOld) {
      probedMs = nowMs;
      probed = probe();
    }
    return probed;
  };
}

function unfit(location: string, { faults, cure }: StoreProbe): string {
  const faultText = faults.join("; ");
  const advice = cure === undefined ? "" : `; or ${cure}`;
  return `The store ${location} does not keep the conditions of writes (${faultText}): run no more than one scheduler on it, or the same instant may be run by each of them${advice}`;
}
