import * as v from "valibot";
import { expectation, type HexError, toFound } from "../../errors.ts";

/** The key of the one small object that says who computes the cached cells. */
export const LEASE_KEY = ".hex/lease.json";

/** The newest format of the lease that this code reads and writes. */
const FORMAT = 1;
const HOLDER_MAX_LENGTH = 100;

const ordinal = v.pipe(
  v.number("a number"),
  v.safeInteger("a whole number"),
  v.minValue(1, "1 or more"),
);
const word = v.pipe(v.string("a text"), v.nonEmpty("a text that is not empty"));

const LeaseRecord = v.object({
  format: v.literal(FORMAT, `${FORMAT}`),
  state: v.picklist(["held", "released"], "held or released"),
  /** the fence: rises by one with every acquisition, and outlives every release */
  generation: ordinal,
  /** who holds or held it, as `user@host:pid`; for people, nothing is decided by it */
  holder: v.pipe(v.string("a text"), v.transform(toPrintable)),
  /** the process that holds it, by which its death can be proven; older builds tell none */
  process: v.optional(v.string("a text")),
  /** the run that it is held for, and which attempt at it */
  run: v.optional(v.object({ id: word, attempt: ordinal })),
  /** names one acquisition */
  leaseId: word,
  /** counts the writes of that acquisition: no two contents are equal, so no ETag comes back */
  write: ordinal,
  /** how long others must see no new write before they may take over */
  ttlMs: v.pipe(v.number("a number"), v.finite("a finite number"), v.minValue(1, "1 or more")),
});

/** The content of the lease's object. */
export type LeaseRecord = Readonly<v.InferOutput<typeof LeaseRecord>>;

/**
 * Reads a lease's object.
 *
 * @param location the store, as the message names it
 * @throws {HexError} HEX_STORE_DAMAGED
 */
export function parseLeaseRecord(bytes: Uint8Array, location: string): LeaseRecord {
  const place = `\`${LEASE_KEY}\` in ${location}`;
  const value = toJson(bytes);
  if (value === undefined) throw damage(place, "JSON in UTF-8", "something else");
  const format = v.safeParse(v.object({ format: v.number() }), value);
  if (format.success && format.output.format > FORMAT) {
    const got = `format ${format.output.format}, written by a newer hex-runtime`;
    throw damage(place, `of format ${FORMAT}`, got, "upgrade hex-runtime here");
  }
  const parsed = v.safeParse(LeaseRecord, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  const got = toFound(issue.input);
  throw damage(path === null ? place : `\`${path}\` of ${place}`, issue.message, got);
}

/** The bytes of a lease's object, for people to read as well. */
export function toLeaseBytes(record: LeaseRecord): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(record, undefined, 2)}\n`);
}

/** A store that refuses a condition which holds: nobody could ever take or keep a lease in it. */
export function refusedCondition(location: string): HexError {
  return expectation("HEX_STORE_UNAVAILABLE", {
    place: `the store ${location}`,
    expected: "ready to write under a condition that holds",
    got: "a refusal",
    hint: "use a store that keeps If-Match and If-None-Match",
  });
}

/** Whoever can write the object must not be able to write on our terminal. */
function toPrintable(holder: string): string {
  return holder.replace(/[^\x20-\x7e]/g, "?").slice(0, HOLDER_MAX_LENGTH);
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Neither UTF-8 nor JSON: the caller tells it.
    return undefined;
  }
}

function damage(place: string, expected: string, got: string, hint?: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place,
    expected,
    got,
    hint: hint ?? "it was changed by something else: remove it while no run is under way",
  });
}
