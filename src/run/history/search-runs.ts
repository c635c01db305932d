import type { Store, StoreOptions } from "../../store/store.ts";
import { isDamage, isInvalidData } from "../../store/stored-file.ts";
import { type ClosedDay, type ClosedDays, dayOf, readClosedDays } from "./closed-days.ts";
import { DayIndex, isIndexable, toKind } from "./day-index.ts";
import { type IndexSpan, keepIndexes, type OpenDay } from "./keep-indexes.ts";
import {
  isAskedFor,
  isForAll,
  type ListedDay,
  listDay,
  listDays,
  type RunListPage,
  type RunQuery,
} from "./list-runs.ts";
import { toDay } from "./run-id.ts";
import { listMarks, toMarkedId } from "./run-mark.ts";
import type { RunRecord } from "./run-record.ts";
import { readRecord } from "./stored-record.ts";

/** How far back history goes. */
export interface HistorySpan extends IndexSpan {
  readonly keepMs: number;
}

const RECORDS_AT_ONCE = 16;
const INDEXES_AT_ONCE = 16;
/** After so many records one search ends, however few of them fit. */
const MOST_RECORDS = 1_000;

/** A run that may be asked for, and its record where it was read already. */
interface Candidate {
  readonly runId: string;
  readonly record?: RunRecord | undefined;
  /** why it could not be read */
  readonly warning?: string;
}

/** Some runs of an open day, one after the other. */
interface Block {
  readonly ids: readonly string[];
  /** those asked for that its index tells of */
  readonly told: ReadonlySet<string>;
  /** those that it does not tell of */
  readonly unread: Map<string, Candidate>;
}

/**
 * Finds runs from the newest back: of closed days by their counts and indexes, of others by the names of
 * their runs. Only the records of those asked for are read, and of those that no index tells of.
 */
export function searchRuns(store: Store, query: RunQuery, span: HistorySpan): Promise<RunListPage> {
  return new RunSearch(store, query, span).run();
}

class RunSearch {
  readonly #store: Store;
  readonly #query: RunQuery;
  readonly #span: HistorySpan;
  readonly #options: StoreOptions;
  readonly #runs: RunRecord[] = [];
  readonly #warnings: string[] = [];
  #offset: number;
  #readCount = 0;
  /** the last run that was looked at */
  #last: string | undefined;
  #marked: ReadonlySet<string> = new Set();
  #closed: ClosedDays = { days: new Map() };
  readonly #opened: OpenDay[] = [];
  /** closed days of which a run is missing */
  readonly #wrong = new Set<string>();
  /** runs that are told of but have no record */
  readonly #gone = new Set<string>();

  constructor(store: Store, query: RunQuery, span: HistorySpan) {
    this.#store = store;
    this.#query = query;
    this.#span = span;
    this.#options = { signal: query.signal };
    this.#offset = query.offset ?? 0;
  }

  async run(): Promise<RunListPage> {
    const [days] = await Promise.all([this.#listDays(), this.#readClosed()]);
    for (let at = 0; at < days.length && !this.#isEnded; ) {
      const { passed, needed } = this.#passClosed(days.slice(at));
      await this.#takeClosed(needed);
      at += passed;
      const next = days[at];
      if (passed === 0 && next !== undefined) {
        await this.#takeOpen(next);
        at++;
      }
    }
    await keepIndexes(
      this.#store,
      {
        ...{ opened: this.#opened, wrong: this.#wrong, gone: this.#gone },
        ...{ marked: this.#marked, closed: this.#closed },
      },
      this.#span,
    );
    return {
      runs: this.#runs,
      ...(this.#isEnded && this.#last !== undefined && { next: this.#last }),
      ...(this.#isEnded && this.#offset > 0 && { offset: this.#offset }),
      warnings: this.#warnings,
    };
  }

  async #listDays(): Promise<readonly ListedDay[]> {
    const { nowMs, keepMs } = this.#span;
    const { before } = this.#query;
    const newest = before === undefined ? undefined : dayOf(before);
    const days = await listDays(this.#store, toDay(nowMs - keepMs), this.#options);
    return newest === undefined ? days : days.filter(({ day }) => day <= newest);
  }

  async #readClosed(): Promise<void> {
    if (isForAll(this.#query)) return;
    const marked = new Set<string>();
    // The marks first: a day is opened before the mark of a run that came to it goes.
    for await (const { key } of listMarks(this.#store, this.#options)) {
      marked.add(dayOf(toMarkedId(key)));
    }
    this.#marked = marked;
    this.#closed = await readClosedDays(this.#store, this.#options);
  }

  get #wanted(): number {
    return this.#query.limit - this.#runs.length;
  }

  get #isEnded(): boolean {
    return this.#wanted <= 0 || this.#readCount >= MOST_RECORDS;
  }

  /** What is told of a day that nothing has come to or gone from. */
  #closedDay({ day, tag }: ListedDay): ClosedDay | undefined {
    const closed = this.#closed.days.get(day);
    return closed !== undefined && closed.tag === tag && !this.#marked.has(day)
      ? closed
      : undefined;
  }

  /** Goes back over closed days by their counts alone, until those that are needed have enough. */
  #passClosed(days: readonly ListedDay[]): {
    readonly passed: number;
    readonly needed: readonly ClosedDay[];
  } {
    const needed: ClosedDay[] = [];
    let passed = 0;
    let found = -this.#offset;
    for (const listed of days) {
      const closed = this.#closedDay(listed);
      if (closed === undefined || found >= this.#wanted || needed.length >= INDEXES_AT_ONCE) break;
      passed++;
      const asked = closed.kinds.filter((kind) => isAskedFor(kind, this.#query));
      const count = asked.reduce((sum, each) => sum + each.count, 0);
      const isCut = this.#query.before !== undefined && dayOf(this.#query.before) === closed.day;
      if (needed.length === 0 && !isCut && count <= this.#offset) this.#offset -= count;
      else if (count > 0) needed.push(closed);
      found += count;
    }
    return { passed, needed };
  }

  async #takeClosed(days: readonly ClosedDay[]): Promise<void> {
    const indexes = await Promise.all(
      days.map(({ day }) => DayIndex.read(this.#store, day, this.#options)),
    );
    let candidates: Candidate[] = [];
    for (const [at, closed] of days.entries()) {
      const index = indexes[at];
      if (index?.sha256 === closed.index) {
        const ids = index.idsOf((kind) => isAskedFor(kind, this.#query));
        candidates.push(...this.#cut(ids.toSorted().reverse()).map((runId) => ({ runId })));
        continue;
      }
      await this.#take(candidates, this.#wrong);
      candidates = [];
      if (!this.#isEnded) await this.#takeOpen({ day: closed.day, tag: closed.tag });
    }
    await this.#take(candidates, this.#wrong);
  }

  /** Those of a day that come after where the search is to begin. */
  #cut(ids: readonly string[]): readonly string[] {
    const { before } = this.#query;
    return before === undefined ? ids : ids.filter((id) => id < before);
  }

  async #takeOpen(listed: ListedDay): Promise<void> {
    const { day } = listed;
    const [ids, index] = await Promise.all([
      listDay(this.#store, day, this.#options),
      isForAll(this.#query) ? undefined : DayIndex.read(this.#store, day, this.#options),
    ]);
    if (index === undefined) return this.#take(this.#cut(ids).map((runId) => ({ runId })));
    const open: OpenDay = { ...listed, ids, index, read: [] };
    this.#opened.push(open);
    const left = this.#cut(ids);
    for (let at = 0; at < left.length && !this.#isEnded; ) {
      const block = this.#toBlock(index, left, at);
      at += block.ids.length;
      await this.#takeBlock(open, block);
    }
  }

  /** The next runs of a day, up to so many that are not in its index as are read at once. */
  #toBlock(index: DayIndex, ids: readonly string[], from: number): Block {
    const told = new Set<string>();
    const unread = new Map<string, Candidate>();
    const most = Math.min(RECORDS_AT_ONCE, MOST_RECORDS - this.#readCount);
    let at = from;
    for (; at < ids.length && unread.size < most; at++) {
      const runId = ids[at] ?? "";
      const kind = index.kindOf(runId);
      if (kind === undefined) unread.set(runId, { runId });
      else if (isAskedFor(kind, this.#query)) told.add(runId);
    }
    return { ids: ids.slice(from, at), told, unread };
  }

  async #takeBlock({ read }: OpenDay, { ids, told, unread }: Block): Promise<void> {
    for (const found of await this.#readAll([...unread.values()])) {
      unread.set(found.runId, found);
      if (found.record !== undefined && isIndexable(found.record)) read.push(found.record);
    }
    const asked = ids.flatMap((runId) => {
      if (told.has(runId)) return [{ runId }];
      const found = unread.get(runId);
      return found !== undefined && this.#mayBeAskedFor(found) ? [found] : [];
    });
    await this.#take(asked);
    if (this.#wanted > 0) this.#last = ids.at(-1);
  }

  #mayBeAskedFor({ record, warning }: Candidate): boolean {
    return (
      warning !== undefined || (record !== undefined && isAskedFor(toKind(record), this.#query))
    );
  }

  /** Takes those of them that are there, until there are enough. */
  async #take(candidates: readonly Candidate[], missing?: Set<string>): Promise<void> {
    let at = 0;
    for (; at < candidates.length && this.#offset > 0; at++) this.#offset--;
    while (at < candidates.length && this.#wanted > 0) {
      const most = Math.min(RECORDS_AT_ONCE, this.#wanted);
      const some = candidates.slice(at, at + most);
      at += most;
      for (const found of await this.#readAll(some)) this.#takeOne(found, missing);
    }
  }

  #takeOne({ runId, record, warning }: Candidate, missing: Set<string> | undefined): void {
    this.#last = runId;
    if (warning !== undefined) this.#warnings.push(warning);
    else if (record === undefined) {
      missing?.add(dayOf(runId));
      this.#gone.add(runId);
    } else if (isAskedFor(toKind(record), this.#query)) this.#runs.push(record);
  }

  #readAll(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    return Promise.all(candidates.map((each) => this.#read(each)));
  }

  async #read(candidate: Candidate): Promise<Candidate> {
    const { runId, record, warning } = candidate;
    if (record !== undefined || warning !== undefined) return candidate;
    const known = this.#query.recall?.(runId);
    if (known !== undefined) return { runId, record: known };
    this.#readCount++;
    try {
      return { runId, record: await readRecord(this.#store, runId, this.#options) };
    } catch (error) {
      if (isDamage(error) || isInvalidData(error)) return { runId, warning: error.message };
      throw error;
    }
  }
}
