import * as v from "valibot";
import { expectation, type HexError, toFound } from "../errors.ts";
import { parseTickKey, tickKey, ticksPrefix } from "../store/key.ts";
import type { Store, StoreOptions } from "../store/store.ts";

/** The newest format of a tick that this code reads and writes. */
const FORMAT = 1;
const TRIES = 3;
const SIZE_MAX_BYTES = 64 * 1024;

const instant = v.pipe(v.string("an instant"), v.isoTimestamp("an instant"));

const TickRecord = v.object({
  format: v.literal(FORMAT, `${FORMAT}`),
  schedule: v.string("a name"),
  /** the planned instant; this and `filedAt` are ISO 8601, UTC */
  instant,
  /** the run that was filed; of a skipped tick, the one that stood in its way */
  runId: v.pipe(v.string("an id"), v.regex(/^[A-Za-z0-9_-]{1,64}$/, "an id")),
  /** who took the instant, as `user@host:pid`; for people */
  filedBy: v.string("a text"),
  filedAt: instant,
  state: v.picklist(["filed", "skipped"], "filed or skipped"),
  /** why it was skipped */
  reason: v.optional(v.string("a text")),
  /** how many instants before it passed while nobody was there */
  missed: v.optional(v.pipe(v.number("a number"), v.integer("a whole number"))),
});

/** The object of one planned instant: whoever creates it files the run. */
export type Tick = Readonly<v.InferOutput<typeof TickRecord>>;

/** What a scheduler needs of a store. */
export type TickStore = Pick<Store, "location" | "read" | "write" | "delete" | "list">;

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
 * A caller that failed may have taken it all the same; asking again tells.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function claimTick(
  store: TickStore,
  tick: Tick,
  conditions: Conditions,
): Promise<ClaimedTick> {
  const instantMs = Date.parse(tick.instant);
  const key = tickKey(tick.schedule, instantMs);
  const body = new TextEncoder().encode(`${JSON.stringify(tick, undefined, 2)}\n`);
  for (let tries = 1; tries <= TRIES; tries++) {
    const before = conditions === "required" ? undefined : await readTick(store, tick, instantMs);
    if (before !== undefined) return { tick: before, isOurs: false };
    // Not ended by a signal: an instant that nobody knows to be taken would run late.
    const { status } = await store.write(key, body, {
      contentType: "application/json",
      condition: conditions === "required" ? { ifNoneMatch: "*" } : undefined,
    });
    if (status === "written") return { tick, isOurs: true };
    const taken = await readTick(store, tick, instantMs);
    if (taken !== undefined) return { tick: taken, isOurs: false };
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
  store: TickStore,
  { schedule }: Pick<Tick, "schedule">,
  instantMs: number,
  { signal }: StoreOptions = {},
): Promise<Tick | undefined> {
  const key = tickKey(schedule, instantMs);
  const object = await store.read(key, { signal, limitBytes: SIZE_MAX_BYTES });
  return object && parseTick(object.body, `\`${key}\` in ${store.location}`);
}

/** The instants that a schedule took, in order. */
export async function listTicks(
  store: TickStore,
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

function parseTick(bytes: Uint8Array, place: string): Tick {
  const parsed = v.safeParse(TickRecord, toJson(bytes), { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  const got = toFound(issue.input);
  throw damage(path === null ? place : `\`${path}\` of ${place}`, issue.message, got);
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Neither UTF-8 nor JSON: the caller tells that there is no record.
    return undefined;
  }
}

function damage(place: string, expected: string, got: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place,
    expected,
    got,
    hint: "it was changed by something else, or written by a newer hex-runtime",
  });
}
