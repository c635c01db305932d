import * as v from "valibot";
import { refusedCondition } from "../../store/change-document.ts";
import { DocumentKind } from "../../store/document.ts";
import { identifyProcess, isProcessGone, SILENCE_MS } from "../../store/holder.ts";
import { OPEN_RUNS_PREFIX, openRunKey } from "../../store/key.ts";
import type { ObjectInfo, Store, StoreOptions } from "../../store/store.ts";
import { isRunId } from "./run-id.ts";
import { format } from "./stored-record.ts";

/*
 * The mark of a run that has not ended. Of a run that a queue looks after it says nothing: its worker
 * is heard of there. A run that whoever asked for it carries out lets others hear of it by its mark:
 *
 *   beat    the process that carries it out counts on, every two seconds, by compare-and-set
 *   cancel  somebody asks that process to stop, and is heard with its next beat
 *   remove  the run has ended, also when others have gone past it: its next beat says so
 */

const RunMark = v.object({
  format,
  /** the process that carries the run out, as others can prove it gone */
  process: v.string("a text"),
  beat: v.number("a number"),
  isCancelled: v.optional(v.boolean("true or false")),
});

type RunMark = Readonly<v.InferOutput<typeof RunMark>>;

const MARKS = new DocumentKind<RunMark>({ schema: RunMark, format: 1, indent: 1 });

const SIZE_LIMIT_BYTES = 16 * 1024;
const TRIES = 5;
/** as builds before wrote the mark of any run */
const NO_HEARTBEAT = new TextEncoder().encode("not ended\n");

/** How marks are written. */
interface MarkOptions {
  /** whether the store keeps the conditions of writes; required unless told */
  readonly conditions?: "required" | "unavailable" | undefined;
}

/**
 * Marks a run as not ended; a mark that is there already is as good.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, also when the store neither writes it nor has it
 */
export async function writeMark(
  store: Store,
  { runId, isQueued }: { readonly runId: string; readonly isQueued: boolean },
  { conditions }: MarkOptions,
): Promise<void> {
  const body = isQueued
    ? NO_HEARTBEAT
    : MARKS.toBytes({ format: 1, process: identifyProcess(), beat: 1 });
  const condition = conditions === "unavailable" ? undefined : ({ ifNoneMatch: "*" } as const);
  const contentType = isQueued ? "text/plain" : "application/json";
  const key = openRunKey(runId);
  for (let tries = 1; tries <= TRIES; tries++) {
    const { status } = await store.write(key, body, { contentType, condition });
    // A refusal alone does not say that one is there: a store may decide nothing.
    if (status === "written" || (await store.read(key)) !== undefined) return;
  }
  throw refusedCondition(store.location);
}

/** Result of a heartbeat for the process of the run. */
export type HeartbeatResult = "heard" | "cancelled" | "ended";

/**
 * Lets others hear of a run that this process carries out.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE; the next beat may be heard
 */
export async function beat(
  store: Store,
  runId: string,
  options: MarkOptions,
): Promise<HeartbeatResult> {
  const found = await readMark(store, runId);
  if (found?.mark?.process !== identifyProcess()) return "ended";
  const { mark } = found;
  const next = { ...mark, beat: mark.beat + 1 };
  const { status } = await replaceMark(store, runId, next, { ...options, etag: found.etag });
  if (status === "written") return mark.isCancelled === true ? "cancelled" : "heard";
  // Somebody asks to stop, or has gone past it.
  return (await readMark(store, runId)) === undefined ? "ended" : "cancelled";
}

/** Asks the process of a run to stop; false when no process can be asked. */
export async function askToStop(
  store: Store,
  runId: string,
  options: MarkOptions,
): Promise<boolean> {
  for (;;) {
    const found = await readMark(store, runId);
    if (found?.mark === undefined) return false;
    if (found.mark.isCancelled === true) return true;
    const next = { ...found.mark, isCancelled: true };
    const { status } = await replaceMark(store, runId, next, { ...options, etag: found.etag });
    if (status === "written") return true;
  }
}

/**
 * How a run stands that no queue looks after:
 * - gone: its process is proven to be no more
 * - silent: nothing was heard of it for a bounded time
 * - heard: a beat came since it was first looked at
 * - unsure: it was looked at too few times
 * - untold: its mark says nothing: an older build, which has no beats, carries it out
 * - ended: it has no mark any more
 */
export type MarkStatus = "gone" | "silent" | "heard" | "unsure" | "untold" | "ended";

interface Seen {
  readonly etag: string;
  /** since when, on our own steady clock, as the next; milliseconds */
  readonly sinceMs: number;
  /** when it was last looked at */
  readonly lookedMs: number;
  readonly hasChanged: boolean;
}

/** A run that is not looked at any more has most likely ended. */
const FORGOTTEN_MS = 60_000;

interface MarkWatchOptions {
  /** milliseconds on a clock that nobody sets */
  readonly monotonic?: (() => number) | undefined;
  readonly isGone?: ((process: string) => boolean) | undefined;
}

/** Watches marks of runs that other processes carry out. */
export class MarkWatch {
  readonly #monotonic: () => number;
  readonly #isGone: (process: string) => boolean;
  readonly #seen = new Map<string, Seen>();

  constructor({ monotonic, isGone = isProcessGone }: MarkWatchOptions = {}) {
    this.#monotonic = monotonic ?? (() => performance.now());
    this.#isGone = isGone;
  }

  /** @throws {HexError} HEX_STORE_UNAVAILABLE; what was seen before then counts no more */
  async look(store: Store, runId: string, options: StoreOptions = {}): Promise<MarkStatus> {
    const before = this.#seen.get(runId);
    const askedMs = this.#monotonic();
    this.#forget(runId, askedMs);
    const found = await readMark(store, runId, options);
    if (found === undefined) return "ended";
    if (found.mark === undefined) return "untold";
    if (this.#isGone(found.mark.process)) return "gone";
    const isSame = before?.etag === found.etag;
    const hasChanged = before !== undefined && (before.hasChanged || !isSame);
    // It may have been written just before the answer left, but was there when we asked again.
    const sinceMs = isSame ? before.sinceMs : this.#monotonic();
    this.#seen.set(runId, { etag: found.etag, sinceMs, lookedMs: askedMs, hasChanged });
    if (askedMs - sinceMs >= SILENCE_MS) return "silent";
    return hasChanged ? "heard" : "unsure";
  }

  #forget(runId: string, nowMs: number): void {
    for (const [id, { lookedMs }] of this.#seen) {
      if (id === runId || nowMs - lookedMs > FORGOTTEN_MS) this.#seen.delete(id);
    }
  }
}

/** The marks of runs that have not ended. */
export async function* listMarks(store: Store, options: StoreOptions): AsyncIterable<ObjectInfo> {
  for await (const info of store.list(OPEN_RUNS_PREFIX, options)) {
    if (isRunId(toMarkedId(info.key))) yield info;
  }
}

/** The run that a mark says of that it has not ended. */
export function toMarkedId(key: string): string {
  return key.slice(OPEN_RUNS_PREFIX.length);
}

async function readMark(
  store: Store,
  runId: string,
  { signal }: StoreOptions = {},
): Promise<{ readonly mark: RunMark | undefined; readonly etag: string } | undefined> {
  const key = openRunKey(runId);
  const object = await store.read(key, { signal, limitBytes: SIZE_LIMIT_BYTES });
  if (object === undefined) return undefined;
  const { body, etag } = object;
  // That of a queued run or of an older build is none of a process that beats.
  return { mark: MARKS.tryParse(body), etag };
}

function replaceMark(
  store: Store,
  runId: string,
  mark: RunMark,
  { etag, conditions }: MarkOptions & { readonly etag: string },
) {
  const condition = conditions === "unavailable" ? undefined : { ifMatch: etag };
  return MARKS.at(store, openRunKey(runId)).write(mark, { condition });
}
