import * as v from "valibot";
import { DocumentKind, ordinal, word } from "../document.ts";

/** The key of the one small object that says who computes the cached cells. */
export const LEASE_KEY = ".hex/lease.json";

/** The newest format of the lease that this code reads and writes. */
const FORMAT = 1;
const HOLDER_MAX_LENGTH = 100;

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

/** The kind of document that says who holds the lease of a store. */
export const leaseRecords = new DocumentKind({
  schema: LeaseRecord,
  format: FORMAT,
  indent: 2,
  cure: "it was changed by something else: remove it while no run is under way",
});

/** Whoever can write the object must not be able to write on our terminal. */
function toPrintable(holder: string): string {
  return holder.replace(/[^\x20-\x7e]/g, "?").slice(0, HOLDER_MAX_LENGTH);
}
