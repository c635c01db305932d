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

/**
 * What is known of a notebook: gathers what its process tells. Each thing is replaced when it
 * changes, never changed in place, so that a listener sees by identity what it has not told yet.
 */
export class NotebookBook {
  #head: NotebookHead;
  #cells = new Map<string, DescribedCell>();
  readonly #standings = new Map<string, NotebookCellProgress>();
  readonly #shown = new Map<string, NotebookCellOutput>();
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
    const { order } = this.#head;
    return {
      head: this.#head,
      cells: order.flatMap((name) => this.#cells.get(name) ?? []),
      standings: order.flatMap((name) => this.#standings.get(name) ?? []),
      shown: order.flatMap((name) => this.#shown.get(name) ?? []),
      lines: this.#lines,
    };
  }

  /** Whether a cell is an input that is pressed, not set. */
  isButton(name: string): boolean {
    return widgetIn(this.#shown.get(name)?.output)?.widget === "button";
  }

  /** Calls back after every change, until the function that it gives is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changeHead(change: Partial<NotebookHead>): void {
    this.#head = { ...this.#head, ...change };
    this.#tell();
  }

  /** What cells of the run that goes say while they do. */
  readonly take = (event: RunEvent): void => {
    switch (event.type) {
      case "cell-started":
        this.#start(event.name);
        break;
      case "cell-progressed": {
        const { name, fraction, message } = event;
        if (this.#standings.get(name)?.state === "running") this.#move(name, { fraction, message });
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
    this.#tell();
  };

  readonly report = (report: NotebookReport): void => {
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
    this.#tell();
  };

  /** Cells that the ended run has left on their way did not have their turn. */
  settle(): void {
    for (const { name, state } of this.#standings.values()) {
      if (state === "running" || state === "waiting")
        this.#move(name, { ...AT_REST, state: "skipped" });
    }
    this.#tell();
  }

  log(line: string, cell: string | null = null): void {
    this.#lastLine += 1;
    const logged = { number: this.#lastLine, run: this.#head.run?.number ?? 0, cell, line };
    this.#lines = [...this.#lines.slice(1 - MOST_LINES), logged];
    this.#tell();
  }

  #describe(title: string, cells: readonly DescribedCell[]): void {
    const before = this.#cells;
    this.#cells = new Map(cells.map((cell) => [cell.name, keepSame(before.get(cell.name), cell)]));
    for (const name of before.keys()) {
      if (this.#cells.has(name)) continue;
      this.#standings.delete(name);
      this.#shown.delete(name);
    }
    for (const name of this.#cells.keys()) {
      if (this.#standings.has(name)) continue;
      this.#standings.set(name, {
        name,
        state: "idle",
        run: 0,
        computedIn: 0,
        ...AT_REST,
        elapsedMs: null,
        version: null,
      });
      this.#shown.set(name, { name, output: null, error: null, rowsKey: "" });
    }
    this.#head = { ...this.#head, title, problem: null, order: [...this.#cells.keys()] };
  }

  #start(name: string): void {
    const run = this.#head.run?.number ?? 0;
    const startedAt = new Date().toISOString();
    this.#move(name, { state: "running", run, fraction: null, message: "", startedAt });
    for (const below of belowOf(name, this.#cells)) {
      const standing = this.#standings.get(below);
      if (standing !== undefined && standing.run < run) {
        this.#move(below, { ...AT_REST, state: "waiting" });
      }
    }
  }

  #end({ cell, error, source, rowsKey }: Extract<NotebookReport, { type: "cell-ended" }>): void {
    const { name, status, elapsedMs, output, data } = cell;
    const state = toState(status, source);
    const run = this.#head.run?.number ?? 0;
    const hasRun = state !== "skipped" && state !== "pruned";
    this.#move(name, {
      ...AT_REST,
      state,
      run,
      version: data?.version ?? null,
      ...(hasRun ? { elapsedMs } : {}),
      ...(state === "computed" || state === "failed" ? { computedIn: run } : {}),
    });
    const before = this.#shown.get(name);
    if (before === undefined || (output === undefined && error === before.error)) return;
    const shown = { output: output ?? before.output, rowsKey: rowsKey ?? before.rowsKey };
    this.#shown.set(name, { name, ...shown, error });
  }

  #move(name: string, change: Partial<NotebookCellProgress>): void {
    const before = this.#standings.get(name);
    if (before !== undefined) this.#standings.set(name, { ...before, ...change });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const AT_REST = { fraction: null, message: "", startedAt: null } as const;

function toState(
  status: Extract<NotebookReport, { type: "cell-ended" }>["cell"]["status"],
  source: Extract<NotebookReport, { type: "cell-ended" }>["source"],
): NotebookCellState {
  if (status === "skipped" || status === "failed" || status === "pruned") return status;
  if (source === "memory") return "remembered";
  return source === "store" ? "read" : "computed";
}

/** The one that was told before, when it is the same: it need not be told again. */
function keepSame(before: DescribedCell | undefined, cell: DescribedCell): DescribedCell {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(cell) ? before : cell;
}

/** Names of all cells that hang on a cell, directly or not. */
function belowOf(name: string, cells: ReadonlyMap<string, DescribedCell>): ReadonlySet<string> {
  const below = new Set<string>();
  const waiting = [name];
  for (let above = waiting.pop(); above !== undefined; above = waiting.pop()) {
    for (const cell of cells.values()) {
      if (below.has(cell.name) || !cell.dependencies.includes(above)) continue;
      below.add(cell.name);
      waiting.push(cell.name);
    }
  }
  return below;
}
