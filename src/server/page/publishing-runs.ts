import type { PageFailure, PageRun } from "../../page/page-state.ts";
import { isToPublish, toPageRun } from "../../page/to-page-run.ts";
import type { DescribedCell } from "../../project/project-description.ts";
import type { JobState } from "../../queue/queue.ts";
import { type MarkStatus, MarkWatch } from "../../run/history/run-mark.ts";
import { isFinal, type RunRecord } from "../../run/history/run-record.ts";
import type { Version } from "../../store/version.ts";
import type { ProjectRuns } from "../../work/project-runs.ts";
import { isLeft } from "../../work/recover-runs.ts";
import type { RunView } from "../../work/run-progress.ts";
import type { RunRecords } from "../run-records.ts";
import { TimedCache } from "../timed-cache.ts";

/** How long a look counts. */
const RUN_MS = 2_000;
const FAILURE_MS = 5_000;
/** How many of the newest runs are searched for one that was to publish. */
const LOOKED_AT = 32;
const MOST_LOOKED_AT = 256;

const ENDED: readonly JobState[] = ["finished", "dead", "cancelled"];

export interface PublishingRunsOptions {
  readonly runs: Pick<ProjectRuns, "history" | "queue" | "config">;
  readonly records: RunRecords;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** The runs that publish what pages show: the one that goes, and the last one when it failed. */
export class PublishingRuns {
  readonly #options: PublishingRunsOptions;
  readonly #waiting: TimedCache<readonly WaitingRun[]>;
  readonly #failure: TimedCache<PageFailure | null>;
  readonly #watch = new MarkWatch();

  constructor(options: PublishingRunsOptions) {
    this.#options = options;
    this.#waiting = new TimedCache(RUN_MS, options.now);
    this.#failure = new TimedCache(FAILURE_MS, options.now);
  }

  /** Makes the next call look anew: a run was filed, or has ended. */
  forget(): void {
    this.#waiting.forget();
    this.#failure.forget();
  }

  /**
   * The run that is to publish next: the one that goes, or else the one that has waited longest.
   * @throws {HexError} HEX_STORE_UNAVAILABLE
   */
  async readRecord(cells: readonly DescribedCell[]): Promise<RunRecord | undefined> {
    return toNext(await this.#readWaiting(cells));
  }

  /**
   * As `readRecord`, of runs that are certain to go on: of one that no queue looks after a sign of
   * life was seen.
   * @throws {HexError} HEX_STORE_UNAVAILABLE
   */
  async readCertain(cells: readonly DescribedCell[]): Promise<RunRecord | undefined> {
    const waiting = await this.#readWaiting(cells);
    return toNext(waiting.filter(({ standing }) => standing !== "unsure"));
  }

  /** How far that run is. @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_QUEUE_UNAVAILABLE */
  async readRun(cells: readonly DescribedCell[]): Promise<PageRun | null> {
    const record = await this.readRecord(cells);
    if (record === undefined) return null;
    const job = record.isQueued ? await this.#options.runs.queue.find(record.runId) : undefined;
    // Its end was not read yet.
    if (job !== undefined && ENDED.includes(job.state)) this.#waiting.forget();
    const { cells: progress = [] } = (job?.progress ?? {}) as Partial<RunView>;
    return toPageRun(record, { cells, progress, page: this.#options.runs.config.page });
  }

  /**
   * Why the newest run that was to publish after a version did not.
   * @throws {HexError} HEX_STORE_UNAVAILABLE
   */
  async readFailure(
    { publishedAt }: Pick<Version, "publishedAt">,
    cells: readonly DescribedCell[],
  ): Promise<PageFailure | null> {
    const failure = await this.#failure.get(() => this.#findFailure(cells));
    return failure !== null && failure.endedAt > (publishedAt ?? "") ? failure : null;
  }

  #readWaiting(cells: readonly DescribedCell[]): Promise<readonly WaitingRun[]> {
    return this.#waiting.get(() => this.#findWaiting(cells));
  }

  /** Those that have not ended and are to publish, the oldest first. */
  async #findWaiting(cells: readonly DescribedCell[]): Promise<readonly WaitingRun[]> {
    const { runs, records, now } = this.#options;
    const ids: string[] = [];
    for await (const runId of runs.history.unfinished()) ids.push(runId);
    const read = await Promise.all(ids.map((runId) => records.read(runId)));
    const waiting = read
      .filter((record) => record !== undefined)
      .filter(({ state, context }) => !isFinal(state) && isToPublish(cells, context));
    const looked = await Promise.all(waiting.map((record) => this.#look(record)));
    const around = { config: runs.config, now };
    return looked
      .filter(({ record, standing }) => !standing || !isLeft(standing, record, around))
      .toSorted((one, other) => (one.record.runId < other.record.runId ? -1 : 1));
  }

  async #look(record: RunRecord): Promise<WaitingRun> {
    if (record.isQueued) return { record, standing: undefined };
    const { history } = this.#options.runs;
    return { record, standing: await history.markStatus(record.runId, this.#watch) };
  }

  /** The newest run that was to publish and came to an end of its own. */
  async #findFailure(cells: readonly DescribedCell[]): Promise<PageFailure | null> {
    let before: string | undefined;
    for (let looked = 0; looked < MOST_LOOKED_AT; looked += LOOKED_AT) {
      const page = await this.#options.records.list({ limit: LOOKED_AT, before });
      const last = page.runs.find(
        ({ state, context }) =>
          (state === "completed" || state === "failed") && isToPublish(cells, context),
      );
      if (last !== undefined) return toFailure(last);
      if (page.next === undefined) return null;
      before = page.next;
    }
    return null;
  }
}

/** A run that has not ended, with its progress where no queue has it. */
interface WaitingRun {
  readonly record: RunRecord;
  readonly standing: MarkStatus | undefined;
}

function toNext(waiting: readonly WaitingRun[]): RunRecord | undefined {
  return (waiting.find(({ record }) => record.state === "running") ?? waiting[0])?.record;
}

function toFailure({ state, runId, endedAt, error }: RunRecord): PageFailure | null {
  if (state !== "failed" || endedAt === null) return null;
  return { runId, endedAt, message: error?.message ?? null };
}
