import type { RunHistory } from "../run/history/run-history.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";

/** So many records of runs that have ended stay in memory. */
const HELD = 500;

/** Records of runs, read from the history. One that has ended never changes, and is read once. */
export class RunRecords {
  readonly #history: Pick<RunHistory, "read">;
  readonly #ended = new Map<string, RunRecord>();

  constructor(history: Pick<RunHistory, "read">) {
    this.#history = history;
  }

  /** The record of a run, or `undefined`. @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED */
  async read(runId: string): Promise<RunRecord | undefined> {
    const ended = this.#ended.get(runId);
    if (ended !== undefined) return ended;
    const record = await this.#history.read(runId);
    if (record !== undefined && isFinal(record.state)) this.#hold(record);
    return record;
  }

  #hold(record: RunRecord): void {
    this.#ended.set(record.runId, record);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > HELD && oldest !== undefined) this.#ended.delete(oldest);
  }
}
