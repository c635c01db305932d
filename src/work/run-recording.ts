import { setTimeout as wait } from "node:timers/promises";
import { HexError, toMessage } from "../errors.ts";
import type { Config } from "../project/config.ts";
import { openProjectHistory, toRequester } from "../project/project-store.ts";
import type { RunHistory } from "../run/history/run-history.ts";
import { RunLogWriter } from "../run/history/run-log.ts";
import type { RunRecord } from "../run/history/run-record.ts";
import { type RunOptions, toRunOptions } from "../run/history/run-record.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CellResult, RunEvent, RunResult } from "../run/run-event.ts";
import { mayPublish } from "../run/run-plan.ts";
import type { RunWork } from "../run/run-work.ts";
import { BEAT_MS } from "../store/holder.ts";
import type { Store } from "../store/store.ts";
import { findCompleted, toCellRecord, toRunError } from "./ending.ts";
import type { RunRequest } from "./run-task.ts";

/** A run before it begins, and the history that keeps it. */
export interface RecordingOptions
  extends RunOptions,
    Pick<RunRecord, "runId" | "context" | "trigger" | "requestedBy"> {
  readonly history: RunHistory;
  /** where it publishes */
  readonly store: Store;
  /** requested values by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** its process, as `user@host:pid` */
  readonly worker: string;
  /** whether it is recorded while it runs; a run that only reads is recorded at its end */
  readonly isRecordedWhileRunning: boolean;
  /** whether the process in which it goes keeps what its cells show */
  readonly isResultKept: boolean;
  readonly redact: Redact;
  /** gets the run's events without secrets, and one line when it cannot be recorded */
  readonly emit: (event: RunEvent) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
  /** stops the run: somebody cancelled it, or others have gone past it */
  readonly stop: (reason: HexError) => void;
}

/**
 * Runs, and keeps in the history what became of it: its record, its log and what it showed. Where
 * that fails, the run goes on, and one line says so. A run that has published has completed, whatever
 * became of its process afterwards.
 *
 * @param run gives events and a result from which secrets were taken out
 */
export async function recordRun(
  options: RecordingOptions,
  run: (emit: (event: RunEvent) => void) => Promise<RunResult>,
): Promise<RunResult> {
  const recording = new RunRecording(options);
  // A run that may not publish has not published.
  const findLater = async (result: RunResult) =>
    options.isRecordedWhileRunning ? findCompleted(options.store, result) : undefined;
  try {
    const own = recording.toOwn(await run(recording.take));
    const result = (await findLater(own)) ?? own;
    await recording.end(result);
    return result;
  } catch (thrown) {
    const result = await findLater(recording.toBroken());
    if (result === undefined) {
      await recording.break(thrown);
      throw thrown;
    }
    const line = `version ${result.version} is published, but then: ${toMessage(thrown)}`;
    recording.take({ type: "line-logged", line });
    await recording.end(result);
    return result;
  }
}

const CANCELLED = new HexError(
  "HEX_CANCELLED",
  "Expected the run to go on to its end, got a cancellation from elsewhere (nothing was published)",
);
const PASSED = new HexError(
  "HEX_RUN_SUPERSEDED",
  "Expected others to hear of this run while it goes, got silence for so long that they went past it (start it again, or use what another run publishes)",
);

async function isAwake(ms: number, signal: AbortSignal): Promise<boolean> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
  return !signal.aborted;
}

function orNoAnswer(thrown: unknown): undefined {
  if (!(thrown instanceof HexError)) throw thrown;
  return undefined;
}

/** Few retries: losing this record only loses history. */
const TRIES = 3;

/** The recording of a run that its caller carries out at once. */
export function toRecording(
  config: Config,
  { inputs, context, trigger, ...options }: RunRequest,
  work: Pick<RunWork, "runId" | "plan" | "holder" | "redact" | "emit" | "now" | "inputs"> & {
    readonly store: Store;
    readonly isResultKept: boolean;
  },
  stop: RecordingOptions["stop"],
): RecordingOptions {
  const requested = [...inputs.keys()].map((name) => [name, work.inputs.get(name)?.value]);
  return {
    ...work,
    ...toRunOptions(options),
    context,
    trigger,
    stop,
    requestedBy: toRequester(),
    inputs: Object.fromEntries(requested),
    worker: work.holder,
    isRecordedWhileRunning: mayPublish(work.plan),
    history: openProjectHistory(work.store, config, { tries: TRIES, now: work.now }),
  };
}

class RunRecording {
  readonly #options: RecordingOptions;
  readonly #log: RunLogWriter;
  readonly #begun: RunRecord;
  readonly #cells: CellResult[] = [];
  /** whether the record of the begun run is there; the run does not wait for it */
  readonly #accepted: Promise<boolean>;
  readonly #ended = new AbortController();
  readonly #beating: Promise<void>;
  #hasFailed = false;
  /** why others stopped it */
  #stopped: HexError | undefined;

  constructor(options: RecordingOptions) {
    const { history, runId, now } = options;
    this.#options = options;
    this.#begun = toBegun(options);
    this.#log = new RunLogWriter({
      write: (lines, left) => history.writeLog(runId, lines, left),
      onWarning: (line) => this.#warn(line),
      now,
    });
    this.#accepted = options.isRecordedWhileRunning ? this.#accept() : Promise.resolve(false);
    this.#beating = this.#beat();
  }

  /** Takes an event of the run, and passes it on. */
  readonly take = (event: RunEvent): void => {
    // Outputs may be large and are not looked through twice.
    if (event.type === "line-logged") this.#log.take(event);
    if (event.type === "cell-ended") this.#cells.push(event.cell);
    this.#options.emit(event);
  };

  /** The result with the reason of others for stopping the run; a run that they passed has failed. */
  toOwn(result: RunResult): RunResult {
    if (this.#stopped === undefined || result.status !== "cancelled") return result;
    const { code, message } = this.#stopped;
    const status = this.#stopped === PASSED ? "failed" : "cancelled";
    return { ...result, status, error: { code, message } };
  }

  /** The result of a run that ended without one, as far as its events go. */
  toBroken(): RunResult {
    const { runId, context, now } = this.#options;
    const { submittedAt: startedAt } = this.#begun;
    const elapsedMs = now() - Date.parse(startedAt);
    const known = { runId, context, status: "failed", startedAt, elapsedMs } as const;
    return { ...known, version: null, isPublisher: false, cells: this.#cells };
  }

  /** Keeps the end of a run. */
  async end(result: RunResult): Promise<void> {
    const isAccepted = await this.#endBeating();
    // A store that failed the run would fail its record too, after as long a wait.
    const isInVain = !isAccepted && result.error?.code === "HEX_STORE_UNAVAILABLE";
    if (this.#hasFailed || isInVain) return;
    const { history, runId, isResultKept } = this.#options;
    const keepResult = async () => {
      if (!isResultKept) await history.writeResult(runId, result);
    };
    const parts = () => Promise.all([this.#log.close(), keepResult()]);
    await this.#try(async () => {
      if (!isAccepted) {
        await Promise.all([parts(), history.record(this.#toEnded(result))]);
        return;
      }
      // Readers that see its end find its outputs.
      await parts();
      await history.change(runId, () => this.#toEnded(result));
    });
  }

  /** Keeps that a run broke: it ended without a result. */
  async break(thrown: unknown): Promise<void> {
    if (!(await this.#endBeating())) return;
    const { history, runId, redact, now } = this.#options;
    const endedAt = new Date(now()).toISOString();
    const error = redact(toRunError(thrown), "error");
    await this.#try(async () => {
      await this.#log.close();
      await history.change(runId, (current) => ({ ...current, state: "failed", endedAt, error }));
    });
  }

  async #accept(): Promise<boolean> {
    return this.#try(async () => {
      await this.#options.history.accept(this.#begun);
    });
  }

  /** Gives signs of life of the run, and learns whether others have stopped it. */
  async #beat(): Promise<void> {
    const { history, runId, stop } = this.#options;
    const { signal } = this.#ended;
    if (!(await this.#accepted)) return;
    while (await isAwake(BEAT_MS, signal)) {
      // A store that is away for a moment is no reason to stop: the next beat may be heard.
      const answer = await history.beat(runId).catch(orNoAnswer);
      if (answer === "heard" || answer === undefined || signal.aborted) continue;
      this.#stopped = answer === "cancelled" ? CANCELLED : PASSED;
      stop(this.#stopped);
    }
  }

  /** Waits for the last beat; tells whether the run was accepted. */
  async #endBeating(): Promise<boolean> {
    this.#ended.abort();
    await this.#beating;
    return this.#accepted;
  }

  async #try(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (!(error instanceof HexError)) throw error;
      this.#warn(`the run is not recorded: ${error.message}`);
      return false;
    }
  }

  /** One line is enough to say that history is not kept. */
  #warn(line: string): void {
    const { emit, redact } = this.#options;
    if (!this.#hasFailed) emit({ type: "line-logged", line: redact(line, "text") });
    this.#hasFailed = true;
  }

  #toEnded(result: RunResult): RunRecord {
    const { status, startedAt, elapsedMs, version, isPublisher, cells, error } = result;
    const endedAt = new Date(Date.parse(startedAt) + elapsedMs).toISOString();
    return {
      ...this.#begun,
      state: status,
      startedAt,
      endedAt,
      attempts: this.#begun.attempts.map((attempt) => ({ ...attempt, endedAt })),
      version,
      isPublisher,
      cells: cells.map(toCellRecord),
      ...(error === undefined ? {} : { error }),
    };
  }
}

function toBegun(options: RecordingOptions): RunRecord {
  const { runId, context, trigger, requestedBy, inputs, worker, redact } = options;
  const startedAt = new Date(options.now()).toISOString();
  return {
    format: 1,
    runId,
    context,
    trigger,
    requestedBy,
    inputs: redact(inputs, "inputs"),
    ...toRunOptions(options),
    isQueued: false,
    state: "running",
    submittedAt: startedAt,
    startedAt,
    endedAt: null,
    attempts: [{ attempt: 1, worker, startedAt }],
    version: null,
    isPublisher: false,
    cells: [],
  };
}
