import { namesBelow } from "../cell/graph.ts";
import { widgetIn } from "../cell/shown-input.ts";
import type { DescribedCell } from "../project/project-description.ts";
import type { RunEvent } from "../run/run-event.ts";
import type {
  NotebookCellOutput,
  NotebookCellProgress,
  NotebookCellState,
  NotebookHead,
  NotebookLine,
  NotebookState,
} from "./notebook-state.ts";
import type { NotebookReport } from "./request.ts";

/** So many lines are kept. */
const MOST_LINES = 2_000;

/** A cell of the notebook: its code, its progress, and its output. */
interface BookCell {
  readonly described: DescribedCell;
  readonly progress: NotebookCellProgress;
  readonly shown: NotebookCellOutput;
}

type CellEnded = Extract<NotebookReport, { type: "cell-ended" }>;

/**
 * The state of a notebook, from the reports of its process. Each part is replaced when it changes,
 * never changed in place, so that a listener sees by identity which parts are new.
 */
export class NotebookBook {
  #head: NotebookHead;
  /** by name, in file order */
  #cells = new Map<string, BookCell>();
  #lines: readonly NotebookLine[] = [];
  #lastLine = 0;
  readonly #listeners = new Set<() => void>();

  constructor(title: string) {
    this.#head = {
      title,
      order: [],
      run: null,
      problem: null,
      publication: null,
      inputs: {},
    };
  }

  get head(): NotebookHead {
    return this.#head;
  }

  get state(): NotebookState {
    const cells = [...this.#cells.values()];
    return {
      head: this.#head,
      cells: cells.map(({ described }) => described),
      standings: cells.map(({ progress }) => progress),
      shown: cells.map(({ shown }) => shown),
      lines: this.#lines,
    };
  }

  /** Whether a cell is an input that is pressed, not set. */
  isButton(name: string): boolean {
    return widgetIn(this.#cells.get(name)?.shown.output)?.widget === "button";
  }

  /** Calls back after every change, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changeHead(change: Partial<NotebookHead>): void {
    this.#head = { ...this.#head, ...change };
    this.#notify();
  }

  /** Takes the events of running cells. */
  readonly onEvent = (event: RunEvent): void => {
    switch (event.type) {
      case "cell-started":
        this.#start(event.name);
        break;
      case "cell-progressed": {
        const { name, fraction, message } = event;
        if (this.#cells.get(name)?.progress.state !== "running") break;
        this.#move(name, { fraction, message });
        break;
      }
      case "line-logged":
        this.log(event.line, event.name ?? null);
        break;
      case "cell-ended":
      case "run-started":
      case "run-ended":
        break;
    }
    this.#notify();
  };

  onReport(report: NotebookReport): void {
    switch (report.type) {
      case "project-read":
        this.#describe(report.title, report.cells);
        break;
      case "project-unread":
        this.#head = { ...this.#head, problem: report.error };
        break;
      case "cell-ended":
        this.#end(report);
        break;
      case "run-begun":
        break;
    }
    this.#notify();
  }

  /** Cells that the ended run left waiting or running did not have their turn. */
  settle(): void {
    for (const [name, { progress }] of this.#cells) {
      const { state } = progress;
      if (state === "running" || state === "waiting") {
        this.#move(name, { ...IDLE, state: "skipped" });
      }
    }
    this.#notify();
  }

  log(line: string, cell: string | null = null): void {
    this.#lastLine += 1;
    const logged = { number: this.#lastLine, run: this.#run, cell, line };
    this.#lines = [...this.#lines.slice(1 - MOST_LINES), logged];
    this.#notify();
  }

  get #run(): number {
    return this.#head.run?.number ?? 0;
  }

  #describe(title: string, described: readonly DescribedCell[]): void {
    this.#cells = new Map(
      described.map((each) => [each.name, toBookCell(each, this.#cells.get(each.name))]),
    );
    this.#head = { ...this.#head, title, problem: null, order: [...this.#cells.keys()] };
  }

  #start(name: string): void {
    const run = this.#run;
    const startedAt = new Date().toISOString();
    this.#move(name, { state: "running", run, fraction: null, message: "", startedAt });
    const described = [...this.#cells.values()].map((cell) => cell.described);
    for (const below of namesBelow(described, [name])) {
      const isToCome = (this.#cells.get(below)?.progress.run ?? run) < run;
      if (isToCome) this.#move(below, { ...IDLE, state: "waiting" });
    }
  }

  #end({ cell, error, source, rowsKey }: CellEnded): void {
    const { name, status, elapsedMs, output, data } = cell;
    const state = toState(status, source);
    const run = this.#run;
    const hasRun = state !== "skipped" && state !== "pruned";
    this.#move(name, {
      ...IDLE,
      state,
      run,
      version: data?.version ?? null,
      ...(hasRun ? { elapsedMs } : {}),
      ...(state === "computed" || state === "failed" ? { computedIn: run } : {}),
    });
    const before = this.#cells.get(name)?.shown;
    if (before === undefined || (output === undefined && error === before.error)) return;
    const shown = { output: output ?? before.output, rowsKey: rowsKey ?? before.rowsKey };
    this.#change(name, { shown: { name, ...shown, error } });
  }

  #move(name: string, change: Partial<NotebookCellProgress>): void {
    const before = this.#cells.get(name);
    if (before !== undefined) this.#change(name, { progress: { ...before.progress, ...change } });
  }

  #change(name: string, change: Partial<BookCell>): void {
    const before = this.#cells.get(name);
    if (before !== undefined) this.#cells.set(name, { ...before, ...change });
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

const IDLE = { fraction: null, message: "", startedAt: null } as const;

/** A cell as it is described now; the description before is kept when it is the same. */
function toBookCell(described: DescribedCell, before: BookCell | undefined): BookCell {
  const { name } = described;
  if (before === undefined) {
    const none = { run: 0, computedIn: 0, elapsedMs: null, version: null };
    return {
      described,
      progress: { name, state: "idle", ...none, ...IDLE },
      shown: { name, output: null, error: null, rowsKey: "" },
    };
  }
  const isSame = JSON.stringify(before.described) === JSON.stringify(described);
  return isSame ? before : { ...before, described };
}

function toState(
  status: CellEnded["cell"]["status"],
  source: CellEnded["source"],
): NotebookCellState {
  if (status === "skipped" || status === "failed" || status === "pruned") return status;
  if (source === "memory") return "remembered";
  return source === "store" ? "read" : "computed";
}
