import { HexError } from "../../errors.ts";
import { newRunId } from "../../run/history/run-id.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { ProjectPlace } from "../project.ts";
import { NOTES } from "../run-task.ts";
import type { KernelProcess } from "./kernel-process.ts";
import type { NotebookBook } from "./notebook-book.ts";
import { publishNotebook } from "./notebook-publishing.ts";
import type { NotebookPublication } from "./notebook-state.ts";

export interface PublicationRunOptions {
  readonly book: NotebookBook;
  readonly place: ProjectPlace;
  readonly environment: NodeJS.ProcessEnv;
  /** number of the notebook's run */
  readonly run: number;
  /** stops waiting for the lease */
  readonly signal: AbortSignal;
  /** the process in which the cells go */
  readonly kernel: () => KernelProcess;
}

type Answer = (name: string, payload: unknown) => Promise<unknown>;

/** One publication: what its run asks, tells and comes to while it goes in the notebook's process. */
export class PublicationRun {
  readonly #options: PublicationRunOptions;
  #answer: Answer | undefined;
  #runId: string | undefined;
  #emit: ((event: RunEvent) => void) | undefined;
  #end: (failure?: HexError) => void = () => undefined;

  constructor(options: PublicationRunOptions) {
    this.#options = options;
  }

  /** Publishes, and tells in the book what became of it. */
  async carryOut(): Promise<NotebookPublication["status"]> {
    const { book } = this.#options;
    const runId = newRunId();
    book.changeHead({ publication: { status: "running", runId, version: null, message: null } });
    const publication = await this.#publish(runId);
    book.changeHead({ publication });
    return publication.status;
  }

  /** Answers what the run asks of its parent. */
  async answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#answer !== undefined) return this.#answer(name, payload);
    throw new HexError("HEX_JOB_INVALID", `Expected no call before the run begins, got ${name}`);
  }

  /** Takes what the run tells. */
  emit(event: RunEvent): void {
    (this.#emit ?? this.#options.book.take)(event);
  }

  /** Has another process go through the cells, since the one before could not begin to. */
  again(): void {
    if (this.#runId !== undefined) this.#tellKernel(this.#runId);
  }

  /** Is told that the run in the process has ended, or why it never will. */
  end(failure?: HexError): void {
    this.#end(failure);
  }

  async #publish(runId: string): Promise<NotebookPublication> {
    const { place, environment, signal, kernel, book } = this.#options;
    try {
      const { status, version, error } = await publishNotebook(
        place,
        {
          runId,
          signal,
          emit: book.take,
          onLost: (message) => kernel().note(NOTES.leaseLost, message),
          carryOut: (answer, emit) => this.#order(runId, answer, emit),
        },
        environment,
      );
      return { status, runId, version, message: error?.message ?? null };
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      const status = thrown.code === "HEX_CANCELLED" ? "cancelled" : "failed";
      return { status, runId, version: null, message: thrown.message };
    }
  }

  /** Has the process go through the cells, and waits for its end. */
  async #order(runId: string, answer: Answer, emit: (event: RunEvent) => void): Promise<void> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    this.#answer = answer;
    this.#emit = emit;
    await new Promise<void>((done, fail) => {
      this.#end = (failure) => (failure === undefined ? done() : fail(failure));
      this.#tellKernel(runId);
    });
  }

  #tellKernel(runId: string): void {
    this.#runId = runId;
    const { run, kernel } = this.#options;
    kernel().order({ type: "publish", run, runId });
  }
}
