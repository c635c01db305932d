import type { RunProcess } from "../run/process/run-process.ts";
import { startProjectProcess } from "./project-process.ts";
import type { ProjectRuns } from "./project-runs.ts";

/** How long after one was taken the next one is started: the run that took it goes first. */
const PAUSE_MS = 500;

/** Processes that have loaded their code and wait for a task, so that a run begins at once. */
export class PreparedProcesses {
  readonly #runs: ProjectRuns;
  readonly #size: number;
  readonly #waiting: RunProcess[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(runs: ProjectRuns, size: number) {
    this.#runs = runs;
    this.#size = size;
    for (let count = 0; count < size; count++) this.#prepare();
  }

  /** A process that has not had a task: one that waits, or a new one. */
  take(): RunProcess {
    const process = this.#takeWaiting() ?? this.#start();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#prepare();
    }, PAUSE_MS);
    this.#timers.add(timer);
    return process;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#waiting.splice(0).map((process) => process.kill()));
  }

  /** The first of those that wait which has not died meanwhile. */
  #takeWaiting(): RunProcess | undefined {
    const process = this.#waiting.shift();
    return process?.isOver === true ? this.#takeWaiting() : process;
  }

  #prepare(): void {
    if (this.#isClosed || this.#waiting.length >= this.#size) return;
    const process = this.#start();
    this.#waiting.push(process);
    process.ready.catch(() => this.#forget(process));
  }

  /** One that died while it waited is no use to anybody. */
  #forget(process: RunProcess): void {
    const index = this.#waiting.indexOf(process);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #start(): RunProcess {
    return startProjectProcess(this.#runs, this.#runs.environment);
  }
}
