import { LRUCache } from "lru-cache";
import type { RunListPage, RunQuery } from "../run/history/list-runs.ts";
import type { RunHistory } from "../run/history/run-history.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import { cancelRecordedRun } from "../work/recover-runs.ts";
import { HttpFailure } from "./http-failure.ts";

const MAX_CACHED = 500;

type KeptHistory = Pick<RunHistory, "read" | "list" | "find">;

/** Records of runs in the history. The record of an ended run never changes, and is cached. */
export class RunRecords {
  readonly #history: KeptHistory;
  readonly #ended = new LRUCache<string, RunRecord>({ max: MAX_CACHED });

  constructor(history: KeptHistory) {
    this.#history = history;
  }

  /** The record of a run, or `undefined`. @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED */
  async read(runId: string): Promise<RunRecord | undefined> {
    const ended = this.#ended.get(runId);
    if (ended !== undefined) return ended;
    const record = await this.#history.read(runId);
    if (record !== undefined && isFinal(record.state)) this.#ended.set(record.runId, record);
    return record;
  }

  /** Some runs, as the history lists them. @throws {HexError} HEX_STORE_UNAVAILABLE */
  async list(query: Omit<RunQuery, "recall">): Promise<RunListPage> {
    return this.#keep(await this.#history.list({ ...query, recall: this.#recall }));
  }

  /** Some runs, as the history finds them. @throws {HexError} HEX_STORE_UNAVAILABLE */
  async find(query: Omit<RunQuery, "recall">): Promise<RunListPage> {
    return this.#keep(await this.#history.find({ ...query, recall: this.#recall }));
  }

  readonly #recall = (runId: string) => this.#ended.get(runId);

  #keep(page: RunListPage): RunListPage {
    for (const record of page.runs) {
      if (isFinal(record.state) && !this.#ended.has(record.runId))
        this.#ended.set(record.runId, record);
    }
    return page;
  }
}

/**
 * Cancels a run on behalf of a person.
 * @throws {HttpFailure} 422 when it cannot be stopped from here
 */
export async function stopRun(
  record: RunRecord,
  { runs }: { readonly runs: ProjectRuns },
): Promise<void> {
  switch (await cancelRecordedRun(runs, record)) {
    case "cancelled":
    case "requested":
      return;
    case "ended":
      throw new HttpFailure(422, "Expected the run to be waiting or going, got one that is over");
    case "untold":
      throw new HttpFailure(
        422,
        "Expected a run that can be told to stop, got one that goes in an older hex-runtime (stop it there)",
      );
  }
}
