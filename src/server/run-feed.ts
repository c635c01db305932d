import { isDeepStrictEqual } from "node:util";
import { toMessage } from "../errors.ts";
import type { LogLine } from "../run/history/run-log.ts";
import { type CellRecord, isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import type { CellProgress, RunView } from "../work/run-progress.ts";

/** The state of a run, as far as it is known here. */
export interface RunSnapshot {
  readonly record: RunRecord;
  /** by name; unchanged cells are the same objects as at the last look */
  readonly cells: ReadonlyMap<string, CellProgress>;
  readonly lines: readonly LogLine[];
}

/** Pause between looks at the queue; workers report four times a second. */
const LOOK_MS = 300;
/** The record, and the log, is read every nth look even if the queue shows no change. */
const LOOKS_A_RECORD = 4;
const LOOKS_A_LOG = 7;

export interface RunFeedOptions {
  readonly runs: Pick<ProjectRuns, "history" | "queue">;
  /** called when a look fails; the next one may not */
  readonly onWarning: (message: string) => void;
}

/** Looks at one run for all listeners, as long as there is one. */
export class RunFeed {
  readonly #options: RunFeedOptions;
  readonly #listeners = new Set<() => void>();
  #record: RunRecord;
  #snapshot: RunSnapshot | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #jobState: string | undefined;

  constructor(record: RunRecord, options: RunFeedOptions) {
    this.#options = options;
    this.#record = record;
  }

  /** undefined before the first look */
  get snapshot(): RunSnapshot | undefined {
    return this.#snapshot;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Calls back whenever the snapshot has changed, until the returned function is called. */
  listen(listener: () => void): () => void {
    if (!this.hasListeners) this.#timer = setTimeout(this.#look, 0);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (!this.hasListeners) clearTimeout(this.#timer);
    };
  }

  readonly #look = async (): Promise<void> => {
    try {
      const seen = await this.#see();
      const isNew = !isDeepStrictEqual(seen, this.#snapshot);
      this.#snapshot = seen;
      this.#record = seen.record;
      if (isNew) for (const listener of this.#listeners) listener();
    } catch (error) {
      this.#options.onWarning(toMessage(error));
    }
    if (this.hasListeners && !isFinal(this.#record.state)) {
      this.#timer = setTimeout(this.#look, LOOK_MS);
    }
  };

  async #see(): Promise<RunSnapshot> {
    const { history, queue } = this.#options.runs;
    const { cells = new Map(), lines = [] } = this.#snapshot ?? {};
    const known = this.#record;
    const { runId } = known;
    const look = this.#looks++;
    const job = await queue.find(runId);
    const isChanged = job?.state !== this.#jobState;
    this.#jobState = job?.state;
    const isRecordDue = isChanged || look % LOOKS_A_RECORD === 0;
    const record = (isRecordDue ? await history.read(runId) : undefined) ?? known;
    const isLogDue = look % LOOKS_A_LOG === 0 || isFinal(record.state);
    return {
      record,
      cells: isFinal(record.state) ? toCells(record, cells) : mergeCells(job?.progress, cells),
      lines: isLogDue ? await history.readLog(runId) : lines,
    };
  }
}

/** One feed for each run, shared by its listeners. */
export class RunFeeds {
  readonly #options: RunFeedOptions;
  readonly #feeds = new Map<string, RunFeed>();

  constructor(options: RunFeedOptions) {
    this.#options = options;
  }

  /** The feed of a run; dropped once it has no listeners. */
  open(record: RunRecord): RunFeed {
    for (const [runId, feed] of this.#feeds) if (!feed.hasListeners) this.#feeds.delete(runId);
    const { runId } = record;
    const feed = this.#feeds.get(runId) ?? new RunFeed(record, this.#options);
    this.#feeds.set(runId, feed);
    return feed;
  }
}

type Cells = ReadonlyMap<string, CellProgress>;

/** The cells that a worker reported last. */
function mergeCells(progress: unknown, known: Cells): Cells {
  const reported = (progress as Partial<RunView> | undefined)?.cells;
  return reported === undefined ? known : keepSame(reported, known);
}

function toCells({ cells }: RunRecord, known: Cells): Cells {
  return cells.length === 0 ? known : keepSame(cells.map(toEndedProgress), known);
}

/** The progress of a cell that has ended. */
export function toEndedProgress(cell: CellRecord): CellProgress {
  const { name, status, startedAt, elapsedMs, error } = cell;
  const began = startedAt === undefined ? {} : { startedAt };
  return { name, status, fraction: 1, message: error?.message ?? "", ...began, elapsedMs };
}

function keepSame(cells: readonly CellProgress[], known: Cells): Cells {
  const entries = cells.map((cell): [string, CellProgress] => {
    const before = known.get(cell.name);
    return [cell.name, before !== undefined && isDeepStrictEqual(before, cell) ? before : cell];
  });
  return new Map(entries);
}
