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
  /** has the notebook's process go through the cells; resolves when the run there has ended */
  readonly carryOut: (runId: string) => Promise<void>;
  /** tells that process what its parent has to say */
  readonly note: (name: string, payload: unknown) => void;
}

/** Few tries: nobody waits for a record that the store does not take. */
const TRIES = 3;

/**
 * Publishes what a notebook's cells come to, as a logic run with the project's own inputs: recorded in
 * the history, under the project's lease, which this process holds and renews.
 */
export class Publication {
  readonly #options: PublicationOptions;
  readonly #runId = newRunId();
  #calls: ProcessCalls | undefined;
  #emit: (event: RunEvent) => void;

  constructor(options: PublicationOptions) {
    this.#options = options;
    this.#emit = options.book.take;
  }

  /** Publishes, and tells in the book what became of it. */
  async publish(): Promise<NotebookPublication["status"]> {
    const { book } = this.#options;
    const runId = this.#runId;
    book.changeHead({ publication: { status: "running", runId, version: null, message: null } });
    const publication = await this.#toEnding();
    book.changeHead({ publication });
    return publication.status;
  }

  /** Answers what the run asks of its parent. */
  async answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#calls !== undefined) return this.#calls.answer(name, payload);
    throw new HexError("HEX_JOB_INVALID", `Expected no call before the run begins, got ${name}`);
  }

  /** Takes what the run tells. */
  emit(event: RunEvent): void {
    this.#emit(event);
  }

  async #toEnding(): Promise<NotebookPublication> {
    const runId = this.#runId;
    try {
      const { status, version, error } = await this.#publish();
      return { status, runId, version, message: error?.message ?? null };
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      const status = thrown.code === "HEX_CANCELLED" ? "cancelled" : "failed";
      return { status, runId, version: null, message: thrown.message };
    }
  }

  async #publish(): Promise<RunResult> {
    const { book, place, environment, signal, carryOut, note } = this.#options;
    const { store, secrets } = await openProjectStore(place, environment);
    const holder = toHolder();
    const calls = new ProcessCalls({
      store,
      holder,
      run: { id: this.#runId, attempt: 1 },
      signal,
      log: (line) => book.log(line),
      note,
      runParts: refuseParts,
    });
    this.#calls = calls;
    const recording = {
      history: openProjectHistory(store, place.config, { tries: TRIES }),
      store,
      runId: this.#runId,
      context: "logic",
      trigger: "page",
      requestedBy: toRequester(),
      acceptSchema: false,
      inputs: {},
      worker: holder,
      isTold: true,
      isResultKept: true,
      redact: toRedactor(secrets).redact,
      emit: book.take,
      now: Date.now,
      stop: ({ message }: HexError) => note(NOTES.leaseLost, message),
    } as const;
    try {
      return await recordRun(recording, async (recorded) => {
        signal.throwIfAborted();
        this.#emit = recorded;
        await carryOut(this.#runId);
        const result = await openRunHistory(store).readResult(this.#runId);
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
