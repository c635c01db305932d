import { HexError } from "../../errors.ts";
import { describeCause, type ProcessEnding } from "../../run/process/process-ending.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { ProjectPlace } from "../project.ts";
import { startProjectProcess } from "../project-process.ts";
import {
  NOTEBOOK_CALL,
  NOTEBOOK_NOTE,
  type NotebookOrder,
  type NotebookReport,
  type NotebookTask,
} from "./notebook-messages.ts";

export interface KernelHooks {
  readonly onReport: (report: NotebookReport) => void;
  readonly onEvent: (event: RunEvent) => void;
  /** a line that cells, or what they start, have printed */
  readonly onLine: (line: string) => void;
  /** answers what a run asks of its parent */
  readonly onCall: (name: string, payload: unknown) => Promise<unknown>;
  /** it is gone, and why, unless it was closed */
  readonly onCrash: (error: HexError) => void;
}

/** The process in which a notebook's cells run, from its start to its end. */
export class KernelProcess {
  readonly #child: ReturnType<typeof startProjectProcess>;
  readonly #hooks: KernelHooks;
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  readonly #waiting: NotebookOrder[] = [];
  #isOpen = false;
  #isClosed = false;

  constructor(place: ProjectPlace, environment: NodeJS.ProcessEnv, hooks: KernelHooks) {
    this.#hooks = hooks;
    this.#child = startProjectProcess(place, environment, "whole");
    const task: NotebookTask = { kind: "notebook", directory: place.directory };
    const running = this.#child.run(
      { kind: task.kind, payload: task },
      {
        signal: this.#stop.signal,
        onEvent: (event) => this.#unlessClosed(() => hooks.onEvent(event)),
        onLine: (_, line) => this.#unlessClosed(() => hooks.onLine(line)),
        onCall: (name, payload) => this.#answer(name, payload),
      },
    );
    this.#over = running.then(
      (ending) => this.#unlessClosed(() => hooks.onCrash(toError(ending))),
      (thrown: unknown) => this.#unlessClosed(() => hooks.onCrash(toBug(thrown))),
    );
  }

  /** Hands an order over, as soon as the process takes some. */
  order(order: NotebookOrder): void {
    if (this.#isOpen) this.#child.note(NOTEBOOK_NOTE, order);
    else this.#waiting.push(order);
  }

  /** Tells what the parent of a run has to say. */
  note(name: string, payload: unknown): void {
    this.#child.note(name, payload);
  }

  /** Kills it with all that it started; nothing is heard of it from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#child.kill();
    await this.#over;
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#isClosed) throw new HexError("HEX_CANCELLED", "the notebook's process is closed");
    if (name !== NOTEBOOK_CALL) return this.#hooks.onCall(name, payload);
    const report = payload as NotebookReport;
    if (report.type === "opened") {
      this.#isOpen = true;
      for (const order of this.#waiting.splice(0)) this.order(order);
    }
    this.#hooks.onReport(report);
    return null;
  }

  #unlessClosed(tell: () => void): void {
    if (!this.#isClosed) tell();
  }
}

function toError(ending: ProcessEnding): HexError {
  if (ending.status === "crashed") {
    return new HexError("HEX_RUN_CRASHED", describeCause(ending.cause));
  }
  const { ending: task } = ending;
  return task.status === "failed"
    ? new HexError(task.code, task.message)
    : new HexError("HEX_RUN_CRASHED", "Expected the notebook's process to go on, got its end");
}

function toBug(thrown: unknown): HexError {
  const message = `Expected the notebook's process to be heard of, got ${String(thrown)}`;
  return new HexError("HEX_RUN_CRASHED", message, { cause: thrown });
}
