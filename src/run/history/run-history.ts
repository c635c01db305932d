import { openRunKey } from "../../store/key.ts";
import { sealManifest } from "../../store/manifest/swap-manifest.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { DAY } from "../../text.ts";
import type { RunResult } from "../run-event.ts";
import { dayOf, isLate, openDays } from "./closed-days.ts";
import { findRunIds, type RunListPage, type RunQuery } from "./list-runs.ts";
import { type PrunePlan, planPrune, prune } from "./prune-runs.ts";
import { isRunId, keysOf } from "./run-id.ts";
import { type LogLine, parseLog, toLogBytes } from "./run-log.ts";
import {
  askToStop,
  beat,
  type HeartbeatResult,
  listMarks,
  type MarkStatus,
  type MarkWatch,
  toMarkedId,
  writeMark,
} from "./run-mark.ts";
import { isFinal, type RunRecord } from "./run-record.ts";
import { searchRuns } from "./search-runs.ts";
import {
  type ChangeAnswer,
  type ChangeRecord,
  createRecord,
  type RecordWriteOptions,
  readRecord,
  replaceRecord,
} from "./stored-record.ts";
import { RESULTS } from "./stored-result.ts";

export interface RunHistoryOptions extends RecordWriteOptions {
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
  /** how long history is kept and looked through; 90 days unless told */
  readonly keepMs?: number | undefined;
}

interface PruneOptions extends StoreOptions {
  /** instead of how long the history is kept otherwise */
  readonly keepMs?: number | undefined;
}

const KEEP_MS = 90 * DAY;
const LOG_READ_LIMIT_BYTES = 2 ** 28;

/**
 * History of all runs, kept in the store: losing a queue loses none of it.
 *
 * Every method may be called by any number of processes at once. Under a text that is no run id
 * there is nothing, and nothing can be written.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE (every method), after a write also when nobody can say
 * whether it took place: the same call made again tells. HEX_STORE_DAMAGED for a record, log or
 * result that is not what history wrote. HEX_KEY_INVALID when something is written under what is no
 * run id.
 */
export class RunHistory {
  readonly #store: Store;
  readonly #options: RunHistoryOptions;

  constructor(store: Store, options: RunHistoryOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Notes a run that waits or has just begun: first a mark that it is unfinished, then its record. A
   * record of this id that is there already stays as it is, and `known` is returned.
   */
  async accept(record: RunRecord): Promise<"accepted" | "known"> {
    const { runId } = record;
    keysOf(runId);
    await writeMark(this.#store, record, this.#options);
    if ((await createRecord(this.#store, record, this.#options)) === "created") {
      await this.#tellLate(runId);
      return "accepted";
    }
    // It may have ended before the mark was set anew.
    await this.change(runId, () => undefined);
    return "known";
  }

  /**
   * Lets others hear of a run that this process carries out, and tells what they ask of it. `ended`:
   * others have gone past it, and nothing it does counts any more.
   */
  beat(runId: string): Promise<HeartbeatResult> {
    return beat(this.#store, runId, this.#options);
  }

  /** Asks the process that carries a run out to stop; false when no process can be asked. */
  askToStop(runId: string): Promise<boolean> {
    return askToStop(this.#store, runId, this.#options);
  }

  /** How a run stands that no queue looks after, as this and earlier looks of the watch show it. */
  markStatus(runId: string, watch: MarkWatch, options?: StoreOptions): Promise<MarkStatus> {
    return watch.look(this.#store, runId, options);
  }

  /** Makes sure that a run publishes nothing any more, before its end is told by others. */
  async goPast(runId: string): Promise<void> {
    if (this.#options.conditions !== "unavailable") await sealManifest(this.#store, { runId });
  }

  /** The record of a run, or `undefined` when there is none. */
  async read(runId: string, options?: StoreOptions): Promise<RunRecord | undefined> {
    return isRunId(runId) ? readRecord(this.#store, runId, options) : undefined;
  }

  /**
   * Replaces a record by what `change` makes of it; `undefined` leaves it as it is. When somebody
   * else was faster, `change` is asked again upon the newer record. No change is lost, none is made
   * twice. The record of a run that has ended is never changed: `change` is then not asked. With the
   * end of a run its mark goes.
   *
   * A move that `run-record.ts` does not list is a bug of the caller and thrown as one.
   */
  async change(runId: string, change: ChangeRecord): Promise<ChangeAnswer> {
    if (!isRunId(runId)) return { status: "missing" };
    const answer = await replaceRecord(this.#store, runId, change, this.#options);
    if (answer.status !== "missing" && isFinal(answer.record.state)) {
      // Who accepted it may have been killed before the day was opened.
      await this.#tellLate(runId);
      await this.#store.delete(openRunKey(runId));
    }
    return answer;
  }

  /** Notes a run that has ended and was never accepted before, in one write. */
  async record(record: RunRecord): Promise<void> {
    if (!isFinal(record.state)) throw new Error(`run ${record.runId} has not ended`);
    const { runId } = record;
    const isMarked = this.#isLate(runId);
    if (isMarked) await writeMark(this.#store, { runId, isQueued: true }, this.#options);
    await createRecord(this.#store, record, this.#options);
    await this.#tellLate(runId);
    if (isMarked) await this.#store.delete(openRunKey(runId));
  }

  /** Whether the day of a run may be closed by now, so that lists do not look there any more. */
  #isLate(runId: string): boolean {
    const { now = Date.now } = this.#options;
    return isLate(runId, now(), this.#store);
  }

  /** Opens the day of a run that comes to it late. */
  async #tellLate(runId: string): Promise<void> {
    if (this.#isLate(runId)) await openDays(this.#store, new Set([dayOf(runId)]), this.#options);
  }

  /**
   * Lists runs by when they were accepted, the newest first. It reads no more days and records than
   * it needs, and tells of damaged ones in `warnings`. What it finds out about days it keeps beside
   * them, where it may write.
   */
  list(query: RunQuery): Promise<RunListPage> {
    const { now = Date.now, keepMs = KEEP_MS, ...changes } = this.#options;
    const { signal } = query;
    return searchRuns(this.#store, query, {
      nowMs: now(),
      keepMs,
      changes: { ...changes, signal },
    });
  }

  /** Lists runs as `list` does, and searches on until there are enough or no more. */
  async find(query: RunQuery): Promise<RunListPage> {
    let page = await this.list(query);
    while (page.next !== undefined && page.runs.length < query.limit) {
      const { next: before, offset = 0, runs, warnings } = page;
      const limit = query.limit - runs.length;
      const more = await this.list({ ...query, limit, before, offset });
      page = {
        ...more,
        runs: [...runs, ...more.runs],
        warnings: [...warnings, ...more.warnings],
      };
    }
    return page;
  }

  /** The ids that begin so, the newest first. @param idPrefix at least 8 characters of an id */
  findIds(idPrefix: string, options: StoreOptions = {}): Promise<readonly string[]> {
    return findRunIds(this.#store, idPrefix, options);
  }

  /**
   * The ids of the runs that have not ended, in no promised order. Where a writer was killed, the
   * record may be missing, or tell that the run has ended: `change` then removes the mark.
   */
  async *unfinished(options: StoreOptions = {}): AsyncIterable<string> {
    for await (const { key } of listMarks(this.#store, options)) yield toMarkedId(key);
  }

  /**
   * Replaces the log of a run. Of more than 1 MiB the oldest lines are left out, which the first
   * line then says.
   *
   * @param left how many lines were left out before these
   */
  async writeLog(runId: string, lines: readonly LogLine[], left?: number): Promise<void> {
    const contentType = "application/x-ndjson";
    await this.#store.write(keysOf(runId).log, toLogBytes(lines, left), { contentType });
  }

  /** The log of a run; empty when there is none. */
  async readLog(runId: string, { signal }: StoreOptions = {}): Promise<readonly LogLine[]> {
    if (!isRunId(runId)) return [];
    const key = keysOf(runId).log;
    const object = await this.#store.read(key, { signal, limitBytes: LOG_READ_LIMIT_BYTES });
    return object === undefined
      ? []
      : parseLog(object.body, { key, location: this.#store.location });
  }

  /** Keeps what the cells of a run showed. */
  async writeResult(runId: string, result: RunResult): Promise<void> {
    const format = 1;
    await RESULTS.at(this.#store, keysOf(runId).result).write({ format, ...result });
  }

  /** Outputs of a run's cells, or `undefined`. */
  async readResult(runId: string, { signal }: StoreOptions = {}): Promise<RunResult | undefined> {
    if (!isRunId(runId)) return undefined;
    const found = await RESULTS.at(this.#store, keysOf(runId).result).read({ signal });
    if (found === undefined) return undefined;
    const { format: _, ...result } = found.value;
    return result;
  }

  /** Finds what is older than is kept; a run that is marked as unfinished stays, however old. */
  planPrune({ signal, keepMs }: PruneOptions = {}): Promise<PrunePlan> {
    const { now = Date.now, keepMs: ownKeepMs = KEEP_MS } = this.#options;
    return planPrune(this.#store, { nowMs: now(), keepMs: keepMs ?? ownKeepMs, signal });
  }

  /** Removes what a plan names. It can be repeated, also after it was interrupted. */
  prune(plan: PrunePlan, { signal }: StoreOptions = {}): Promise<void> {
    return prune(this.#store, plan, { ...this.#options, signal });
  }
}

/** The history of the runs of a project, in its store. */
export function openRunHistory(store: Store, options: RunHistoryOptions = {}): RunHistory {
  return new RunHistory(store, options);
}
