import { setTimeout as wait } from "node:timers/promises";
import { v7 } from "uuid";
import { expectation, HexError, toMessage } from "../../errors.ts";
import type { Store, WriteOptions } from "../../store/store.ts";
import { keysOf } from "./run-id.ts";
import { isFinal, moveFault, type RunRecord, stateFault } from "./run-record.ts";
import { readRecord, type StoredRecord, toRecordBytes } from "./stored-record.ts";

/** How records are written; each has a real default. */
export interface RecordWriteOptions {
  /**
   * whether the store keeps the conditions of writes; required unless told. Without them, of what
   * several writers tell of a run at the same moment only the last may stay.
   */
  readonly conditions?: "required" | "unavailable" | undefined;
  /** asked when a condition is refused that holds; absent: the store is taken to keep them */
  readonly findConditions?: (() => Promise<"required" | "unavailable">) | undefined;
  /** how often a write is tried of which nothing certain is heard; 8 unless told */
  readonly tries?: number | undefined;
  readonly sleep?: ((ms: number) => Promise<unknown>) | undefined;
  /** from 0 up to 1, to spread writers that meet */
  readonly random?: (() => number) | undefined;
  /** a text that no other write ever gets */
  readonly randomId?: (() => string) | undefined;
}

/** What a run's record becomes; `undefined` leaves it as it is. */
export type ChangeRecord = (current: RunRecord) => RunRecord | undefined;

/** What became of a change; `ended` means that the run had ended before, and its record stays as it was. */
export type ChangeAnswer =
  | { readonly status: "changed" | "unchanged" | "ended"; readonly record: RunRecord }
  | { readonly status: "missing" };

/** How often others may be faster, and how often reading again may fail. */
const RACES_ALLOWED = 200;
const LOOKS_ALLOWED = 4;
const TRIES = 8;
const PAUSE_MS = 20;
const LONGEST_RACE_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/** Writes a record where none is yet; `known` when there is one, whoever wrote it. */
export async function createRecord(
  store: Store,
  record: RunRecord,
  options: RecordWriteOptions,
): Promise<"created" | "known"> {
  assertState(record);
  const write = new RecordWrite(store, record.runId, options);
  if (options.conditions === "unavailable" && (await write.look()) !== undefined) return "known";
  for (;;) {
    if (await write.try(record, undefined)) return "created";
    const found = await write.look();
    if (found !== undefined) return write.isIn(found) ? "created" : "known";
    await write.pause("unheard");
  }
}

/** Puts in the place of a record what `change` makes of it, by compare-and-set. */
export async function replaceRecord(
  store: Store,
  runId: string,
  change: ChangeRecord,
  options: RecordWriteOptions,
): Promise<ChangeAnswer> {
  const write = new RecordWrite(store, runId, options);
  let found = await write.look();
  while (found !== undefined) {
    const answer = await changeOnce(write, found, change);
    if (answer !== undefined) return answer;
    found = await write.lookAfter(found);
  }
  return { status: "missing" };
}

/** Makes the change upon what was found; `undefined` when it is not known to have taken place. */
async function changeOnce(
  write: RecordWrite,
  found: StoredRecord,
  change: ChangeRecord,
): Promise<ChangeAnswer | undefined> {
  const { record } = found;
  // The answer of an earlier try was lost, and somebody may have built upon it since.
  if (write.isIn(found)) return { status: "changed", record };
  if (isFinal(record.state)) return { status: "ended", record };
  const next = change(record);
  if (next === undefined) return { status: "unchanged", record };
  assertMove(record, next);
  return (await write.try(next, found)) ? { status: "changed", record: next } : undefined;
}

/** One change on its way into a record, under a name by which it is known again. */
class RecordWrite {
  readonly #store: Store;
  readonly #runId: string;
  readonly #key: string;
  readonly #options: RecordWriteOptions;
  readonly #id: string;
  #races = 0;
  #tries = 0;
  #cause: unknown;
  #conditions: RecordWriteOptions["conditions"];
  #isRefused = false;

  constructor(store: Store, runId: string, options: RecordWriteOptions) {
    this.#store = store;
    this.#runId = runId;
    this.#key = keysOf(runId).record;
    this.#options = options;
    this.#id = (options.randomId ?? v7)();
    this.#conditions = options.conditions;
  }

  isIn({ writes }: StoredRecord): boolean {
    return writes.includes(this.#id);
  }

  /** Writes once; true when it is certain that this write took place. */
  async try(record: RunRecord, base: StoredRecord | undefined): Promise<boolean> {
    const body = toRecordBytes(record, [this.#id, ...(base?.writes ?? [])]);
    this.#isRefused = false;
    try {
      const { status } = await this.#store.write(this.#key, body, {
        contentType: "application/json",
        ...this.#toCondition(base),
      });
      this.#isRefused = status === "conflict";
      return status === "written";
    } catch (cause) {
      if (!isUnavailable(cause)) throw cause;
      this.#cause = cause;
      return false;
    }
  }

  /** Reads the record, several times if need be: a write is not left alone while nothing is known of it. */
  async look(): Promise<StoredRecord | undefined> {
    for (let looks = 1; ; looks++) {
      try {
        return await readRecord(this.#store, this.#runId);
      } catch (error) {
        if (looks >= Math.min(LOOKS_ALLOWED, this.#triesAllowed)) throw error;
      }
      await this.#sleep(pauseMs(looks));
    }
  }

  /** Reads the record again after a try; waits when the next try has to be built anew. */
  async lookAfter({ etag }: StoredRecord): Promise<StoredRecord | undefined> {
    const found = await this.look();
    if (found === undefined || this.isIn(found)) return found;
    await this.pause(found.etag === etag ? "unheard" : "overtaken");
    return found;
  }

  /** Waits longer with every try, and not exactly as long as others do. */
  async pause(reason: "overtaken" | "unheard"): Promise<void> {
    if (reason === "overtaken") {
      if (++this.#races > RACES_ALLOWED) throw this.#toBusy();
      return this.#sleep(Math.min(LONGEST_RACE_PAUSE_MS, PAUSE_MS * 2 ** this.#races));
    }
    if (this.#isRefused) await this.#doubtConditions();
    if (++this.#tries >= this.#triesAllowed) throw this.#toUnknown();
    return this.#sleep(pauseMs(this.#tries));
  }

  /** The condition held and was refused: a store that keeps none gets its records without. */
  async #doubtConditions(): Promise<void> {
    try {
      this.#conditions = (await this.#options.findConditions?.()) ?? this.#conditions;
    } catch (error) {
      // Nothing is known, so nothing changes.
      if (!isUnavailable(error)) throw error;
    }
  }

  get #triesAllowed(): number {
    return this.#options.tries ?? TRIES;
  }

  #toCondition(base: StoredRecord | undefined): Pick<WriteOptions, "condition"> {
    if (this.#conditions === "unavailable") return {};
    return { condition: base === undefined ? { ifNoneMatch: "*" } : { ifMatch: base.etag } };
  }

  async #sleep(longestMs: number): Promise<void> {
    const { random = Math.random, sleep = wait } = this.#options;
    await sleep(longestMs * random());
  }

  #toBusy(): HexError {
    return expectation("HEX_STORE_UNAVAILABLE", {
      place: `\`${this.#key}\` in ${this.#store.location}`,
      expected: `free to be replaced within ${RACES_ALLOWED} tries`,
      got: "another writer each time",
    });
  }

  #toUnknown(): HexError {
    const cause = this.#cause;
    const told = {
      place: `the record of run ${this.#runId} in ${this.#store.location}`,
      expected: "either written or refused",
      got: cause === undefined ? "no certain answer" : `no answer (${toMessage(cause)})`,
      hint: "`hex runs show` tells what is there once the store answers",
    };
    return expectation("HEX_STORE_UNAVAILABLE", told, { cause });
  }
}

/** A caller that moves a run as no run moves has a bug. */
function assertMove(from: RunRecord, to: RunRecord): void {
  const fault = moveFault(from, to);
  if (fault !== undefined) throw new Error(`run ${from.runId}: ${fault}`);
}

function assertState(record: RunRecord): void {
  const fault = stateFault(record);
  if (fault !== undefined) throw new Error(`run ${record.runId}: ${fault}`);
}

function isUnavailable(thrown: unknown): boolean {
  return thrown instanceof HexError && thrown.code === "HEX_STORE_UNAVAILABLE";
}

function pauseMs(times: number): number {
  return Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** times);
}
