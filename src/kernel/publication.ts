import { HexError } from "../errors.ts";
import type { ProjectPlace } from "../project/project.ts";
import {
  openProjectHistory,
  openProjectStore,
  toHolder,
  toRequester,
} from "../project/project-store.ts";
import { openRunHistory } from "../run/history/run-history.ts";
import { newRunId } from "../run/history/run-id.ts";
import { toRedactor } from "../run/redact/redactor.ts";
import type { RunEvent, RunResult } from "../run/run-event.ts";
import { ProcessCalls } from "../work/process-calls.ts";
import { recordRun } from "../work/run-recording.ts";
import { NOTES } from "../work/run-task.ts";
import type { NotebookBook } from "./notebook-book.ts";
import type { NotebookPublication } from "./notebook-state.ts";

export interface PublicationOptions {
  readonly book: NotebookBook;
  readonly place: ProjectPlace;
  readonly environment: NodeJS.ProcessEnv;
  /** stops waiting for the lease */
  readonly signal: AbortSignal;
  /** has the notebook's process run the cells; resolves when the run there has ended */
  readonly carryOut: (runId: string) => Promise<void>;
  /** sends a note to that process */
  readonly note: (name: string, payload: unknown) => void;
}

/** Few retries: losing this record only loses history. */
const TRIES = 3;

/**
 * Publishes the results of a notebook's cells, as a logic run with the project's own inputs: recorded
 * in the history, under the project's lease, which this process holds and renews.
 */
export class PublicationRun {
  readonly #options: PublicationOptions;
  readonly #runId = newRunId();
  #calls: ProcessCalls | undefined;
  /** takes the events of the run */
  onEvent: (event: RunEvent) => void;

  constructor(options: PublicationOptions) {
    this.#options = options;
    this.onEvent = options.book.onEvent;
  }

  /** Publishes, and notes the outcome in the book. */
  async publish(): Promise<NotebookPublication["status"]> {
    const { book } = this.#options;
    const runId = this.#runId;
    book.changeHead({ publication: { status: "running", runId, version: null, message: null } });
    const publication = await this.#publish().then(
      ({ status, version, error }) => ({ status, runId, version, message: error?.message ?? null }),
      (thrown: unknown) => {
        if (!(thrown instanceof HexError)) throw thrown;
        const status = thrown.code === "HEX_CANCELLED" ? "cancelled" : "failed";
        return { status, runId, version: null, message: thrown.message } as const;
      },
    );
    book.changeHead({ publication });
    return publication.status;
  }

  /** Answers calls of the run to its parent. */
  async answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#calls !== undefined) return this.#calls.answer(name, payload);
    throw new HexError("HEX_JOB_INVALID", `Expected no call before the run begins, got ${name}`);
  }

  async #publish(): Promise<RunResult> {
    const { book, place, environment, signal, note } = this.#options;
    const runId = this.#runId;
    const { store, secrets } = await openProjectStore(place, environment);
    const holder = toHolder();
    const calls = new ProcessCalls({
      store,
      holder,
      run: { id: runId, attempt: 1 },
      signal,
      log: (line) => book.log(line),
      note,
      runParts: refuseParts,
    });
    this.#calls = calls;
    const recording = {
      history: openProjectHistory(store, place.config, { tries: TRIES }),
      store,
      runId,
      context: "logic",
      trigger: "page",
      requestedBy: toRequester(),
      acceptSchema: false,
      inputs: {},
      worker: holder,
      isRecordedWhileRunning: true,
      isResultKept: true,
      redact: toRedactor(secrets).redact,
      emit: book.onEvent,
      now: Date.now,
      stop: ({ message }: HexError) => note(NOTES.leaseLost, message),
    } as const;
    try {
      return await recordRun(recording, async (onEvent) => {
        signal.throwIfAborted();
        this.onEvent = onEvent;
        await this.#options.carryOut(runId);
        const result = await openRunHistory(store).readResult(runId);
        if (result !== undefined) return result;
        const message = "Expected the publication to leave its result in the store, got none";
        throw new HexError("HEX_RUN_CRASHED", message);
      });
    } finally {
      await calls.close();
      await store.close();
    }
  }
}

/** The process of a notebook has the parts of its cells computed itself. */
async function refuseParts(): Promise<never> {
  throw new HexError("HEX_JOB_INVALID", "Expected a notebook to compute its parts itself");
}
