import { v7 } from "uuid";
import * as v from "valibot";
import { type ChangeOptions, changeDocument } from "../../store/change-document.ts";
import {
  type DocumentAt,
  DocumentKind,
  type DocumentPlace,
  sha256,
  wordSchema,
} from "../../store/document.ts";
import { CLOSED_DAYS_KEY } from "../../store/key.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { isDamage } from "../../store/stored-file.ts";
import { DAY } from "../../text.ts";
import { differentSha256, digestOf, kindSchema } from "./day-index.ts";
import type { ListedDay } from "./list-runs.ts";
import { toAcceptedMs, toDay } from "./run-id.ts";
import { FORMAT, format } from "./stored-record.ts";

/*
 * Closed days are those of which the index is complete: no run comes to them, and none goes. Of them a
 * reader lists nothing. How a run that does come is never hidden:
 *
 *   close   at the earliest half a day after the day's end, by the store's clock: the document is read,
 *           then the marks of unfinished runs, then the day is listed; the document is replaced by
 *           compare-and-set only when no mark is of that day and every run there has ended
 *   late    a record that is written six hours or more after its instant: its run is marked, the record is
 *           written, the document is written without the day in any case, and the mark goes
 *   read    the marks first, then the document; a day of which there is a mark counts as open
 *
 * Either the closing one sees the mark or the record, or its compare-and-set meets the other's write.
 * Where a folder tells whether something came or went, as in a directory, that opens the day, too, and
 * a day can be closed as soon as all of its runs have ended.
 */

/** A record is late from then on; milliseconds. */
const LATE_MS = DAY / 4;
/** From its end on, a day waits so long to be closed: no record that is not late is then under way. */
const OPEN_MS = DAY / 2;
const WRITES_KEPT = 20;

const ClosedDay = v.object({
  day: wordSchema,
  /** that of the index which tells of all of its runs */
  index: sha256,
  /** the tag of the day's folder, where folders have one */
  tag: v.exactOptional(wordSchema),
  kinds: v.array(kindSchema, "kinds of runs"),
});

export type ClosedDay = Readonly<v.InferOutput<typeof ClosedDay>>;

const StoredDays = v.object({
  format,
  /** of the days, so that damage never hides a run */
  sha256,
  days: v.array(ClosedDay, "closed days"),
  /** names of the last writes, the newest first */
  writes: v.array(wordSchema, "a list of names"),
});

type StoredDays = v.InferOutput<typeof StoredDays>;

const DAYS = new DocumentKind<StoredDays>({
  schema: StoredDays,
  format: FORMAT,
  check: ({ days, ...found }) => differentSha256(found.sha256, days),
});

/** The closed days as they were read. */
export interface ClosedDays {
  readonly days: ReadonlyMap<string, ClosedDay>;
  /** names the content that a closing builds upon; absent when there is none */
  readonly etag?: string;
}

/** Reads which days are closed; none where the document is lost or damaged. */
export async function readClosedDays(store: Store, options: StoreOptions): Promise<ClosedDays> {
  const found = await at(store).read(options);
  const days = new Map(found?.value.days.map((each) => [each.day, each]));
  return found === undefined ? { days } : { days, etag: found.etag };
}

/** Whether nothing comes to a day unnoticed any more. @param nowMs milliseconds since 1970 */
export function isSettled({ day, tag }: ListedDay, nowMs: number, store: Store): boolean {
  if (tag !== undefined) return tag !== null;
  return toStoreTime(nowMs, store) - (Date.parse(day) + DAY) >= OPEN_MS;
}

/** Whether the record of a run comes so late that its day may be closed. @param nowMs milliseconds since 1970 */
export function isLate(runId: string, nowMs: number, store: Store): boolean {
  return toStoreTime(nowMs, store) - toAcceptedMs(runId) >= LATE_MS;
}

/** The clock of the store counts, which all machines share. */
function toStoreTime(nowMs: number, { clockOffsetMs = 0 }: Store): number {
  return nowMs + clockOffsetMs;
}

/**
 * Closes days, unless somebody wrote the document since it was read: then a later reader does.
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function closeDays(
  store: Store,
  closed: readonly ClosedDay[],
  { days, etag }: ClosedDays,
  { signal }: StoreOptions,
): Promise<void> {
  const all = new Map([...days, ...closed.map((each) => [each.day, each] as const)]);
  const condition = etag === undefined ? ({ ifNoneMatch: "*" } as const) : { ifMatch: etag };
  await at(store).write(toStored([...all.values()], [v7()]), { condition, signal });
}

/**
 * Opens days again, because runs come to them or go. The document is written in any case, which
 * whoever is about to close one of them meets.
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function openDays(
  store: Store,
  days: ReadonlySet<string>,
  options: ChangeOptions,
): Promise<void> {
  const id = v7();
  const build = (current: StoredDays | undefined) => {
    const left = (current?.days ?? []).filter(({ day }) => !days.has(day));
    return toStored(left, [id, ...(current?.writes ?? [])].slice(0, WRITES_KEPT));
  };
  const isIn = ({ writes }: StoredDays) => writes.includes(id);
  await changeDocument(at(store), { build, isIn }, options);
}

/** The day that a run belongs to. */
export function dayOf(runId: string): string {
  return toDay(toAcceptedMs(runId));
}

function toStored(days: readonly ClosedDay[], writes: readonly string[]): StoredDays {
  const sorted = days.toSorted((one, other) => (one.day < other.day ? -1 : 1));
  return { format: FORMAT, sha256: digestOf(sorted), days: sorted, writes: [...writes] };
}

/** The document; a damaged one says of no day that it is closed, and is replaced by the next write. */
function at(store: Store): DocumentAt<StoredDays> {
  const document = DAYS.at(store, CLOSED_DAYS_KEY);
  const read = async (options: StoreOptions = {}) => {
    const object = await store.read(CLOSED_DAYS_KEY, options);
    return object && { value: parse(object.body, document), etag: object.etag };
  };
  return { ...document, read };
}

function parse(bytes: Uint8Array, place: DocumentPlace): StoredDays {
  try {
    return DAYS.parse(bytes, place);
  } catch (error) {
    if (isDamage(error)) return toStored([], []);
    throw error;
  }
}
