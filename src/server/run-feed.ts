import { isDeepStrictEqual } from "node:util";
import { toMessage } from "../errors.ts";
import type { LogLine } from "../run/history/run-log.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import type { CellProgress, RunView } from "../work/run-progress.ts";

/** How a run stands, as far as is known here. */
export interface RunSight {
  readonly record: RunRecord;
  /** by name; what did not change since the last look is the same object */
  readonly cells: ReadonlyMap<string, CellProgress>;
  readonly lines: readonly LogLine[];
}

/** How often the queue is asked; its workers tell four times a second. */
const LOOK_MS = 300;
/** Every so many looks the record, and the log, is read although the queue tells of no change. */
const LOOKS_A_RECORD = 4;
const LOOKS_A_LOG = 7;

export interface RunFeedOptions {
  readonly runs: Pick<ProjectRuns, "history" | "queue">;
  /** told when a look fails; the next one may not */
  readonly onWarning: (message: string) => void;
}

/** Looks at one run as long as anybody listens, however many they are. */
export class RunFeed {
  readonly #options: RunFeedOptions;
  readonly #listeners = new Set<() => void>();
  #record: RunRecord;
  #sight: RunSight | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #jobState: string | undefined;

  constructor(record: RunRecord, options: RunFeedOptions) {
    this.#options = options;
    this.#record = record;
  }

  /** undefined before the first look */
  get sight(): RunSight | undefined {
    return this.#sight;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Calls back whenever the sight has changed, until the function that it gives is called. */
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
      const isNew = !isDeepStrictEqual(seen, this.#sight);
      this.#sight = seen;
      this.#record = seen.record;
      if (isNew) for (const listener of this.#listeners) listener();
    } catch (error) {
      this.#options.onWarning(toMessage(error));
    }
    if (this.hasListeners && !isFinal(this.#record.state)) {
      this.#timer = setTimeout(this.#look, LOOK_MS);
    }
  };

  async #see(): Promise<RunSight> {
    const { history, queue } = this.#options.runs;
    const { cells = new Map(), lines = [] } = this.#sight ?? {};
    const known = this.#record;
    const { runId } = known;
    const look = this.#looks++;
    const job = await queue.find(runId);
    const isTold = job?.state !== this.#jobState;
    this.#jobState = job?.state;
    const isRecordDue = isTold || look % LOOKS_A_RECORD === 0;
    const record = (isRecordDue ? await history.read(runId) : undefined) ?? known;
    const isLogDue = look % LOOKS_A_LOG === 0 || isFinal(record.state);
    return {
      record,
      cells: isFinal(record.state) ? toCells(record, cells) : mergeCells(job?.progress, cells),
      lines: isLogDue ? await history.readLog(runId) : lines,
    };
  }
}

/** One feed a run, for all who listen to it. */
export class RunFeeds {
  readonly #options: RunFeedOptions;
  readonly #feeds = new Map<string, RunFeed>();

  constructor(options: RunFeedOptions) {
    this.#options = options;
  }

  /** The feed of a run; forgotten once nobody listens to it any more. */
  open(record: RunRecord): RunFeed {
    for (const [runId, feed] of this.#feeds) if (!feed.hasListeners) this.#feeds.delete(runId);
    const { runId } = record;
    const feed = this.#feeds.get(runId) ?? new RunFeed(record, this.#options);
    this.#feeds.set(runId, feed);
    return feed;
  }
}

type Cells = ReadonlyMap<string, CellProgress>;

/** What a worker told last; whatever else is told as progress is none. */
function mergeCells(progress: unknown, known: Cells): Cells {
  const told = (progress as Partial<RunView> | undefined)?.cells;
  return told === undefined ? known : keepSame(told, known);
}

/** How the cells of a run ended. */
function toCells({ cells }: RunRecord, known: Cells): Cells {
  const ended = cells.map(({ name, status, startedAt, elapsedMs, error }): CellProgress => {
    const began = startedAt === undefined ? {} : { startedAt };
    return { name, status, fraction: 1, message: error?.message ?? "", ...began, elapsedMs };
  });
  return ended.length === 0 ? known : keepSame(ended, known);
}

function keepSame(told: readonly CellProgress[], known: Cells): Cells {
  const entries = told.map((cell): [string, CellProgress] => {
    const before = known.get(cell.name);
    return [cell.name, before !== undefined && isDeepStrictEqual(before, cell) ? before : cell];
  });
  return new Map(entries);
}
