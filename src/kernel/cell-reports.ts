import { randomUUID } from "node:crypto";
import type { Frame } from "../frame/frame.ts";
import type { CellOutput } from "../run/cell-output.ts";
import { toPageOutput } from "../run/page-output.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CellResult, RunEvent } from "../run/run-event.ts";
import type { ShownFrame } from "../run/shown-frame.ts";
import { toNotebookError } from "./notebook-error.ts";
import type { KernelRecall } from "./recall.ts";
import type { NotebookReport, ResultSource } from "./request.ts";

/** What was told of each cell last, in whichever run. */
export class ToldOutputs {
  readonly outputs = new Map<string, CellOutput>();
  readonly elapsedMs = new Map<string, number>();
}

/** What a cell shows. */
export interface ShownResult {
  /** names it: another result has another one */
  readonly rowsKey: string;
  /** undefined for what has no rows */
  readonly frame: Frame | undefined;
}

/** A cell whose beginning is not told yet. */
interface Starting {
  readonly timer: NodeJS.Timeout;
  readonly event: RunEvent & { readonly name: string };
}

/** Most cells whose results are known have ended by then. */
const UNSEEN_MS = 10;

export interface CellReportsOptions {
  readonly directory: string;
  /** knows the results of the run's cells */
  readonly recall: KernelRecall;
  /** where it is noted what each cell shows now */
  readonly shown: Map<string, ShownResult>;
  readonly told: ToldOutputs;
  readonly report: (report: NotebookReport) => void;
  /** tells what happens while cells go */
  readonly emit: (event: RunEvent) => void;
  readonly redact: Redact;
  readonly isStopped: () => boolean;
}

/** Tells how the cells of one run end, in order. */
export class CellReports {
  readonly #options: CellReportsOptions;
  readonly #frames = new Map<string, Frame>();
  readonly #sources = new Map<string, ResultSource>();
  readonly #starting = new Map<string, Starting>();
  #sending: Promise<void> = Promise.resolve();

  constructor(options: CellReportsOptions) {
    this.#options = options;
  }

  readonly onShown = (cell: string, { frame }: ShownFrame): void => {
    this.#frames.set(cell, frame);
  };

  readonly onKnown = (cell: string, from: "memory" | "store"): void => {
    this.#sources.set(cell, from);
  };

  /** Tells that a cell goes, unless it has ended before anybody could see it going. */
  start(event: RunEvent & { readonly name: string }): void {
    const timer = setTimeout(() => this.#tellStart(event), UNSEEN_MS);
    this.#starting.set(event.name, { timer, event });
  }

  /** Tells what a cell says while it goes. */
  say(event: RunEvent): void {
    if ("name" in event && event.name !== undefined) {
      const starting = this.#starting.get(event.name);
      if (starting !== undefined) this.#tellStart(starting.event);
    }
    this.#options.emit(event);
  }

  /** Tells of a cell that has ended, unless the run was stopped. */
  take(cell: CellResult): void {
    clearTimeout(this.#starting.get(cell.name)?.timer);
    this.#starting.delete(cell.name);
    this.#sending = this.#sending.then(() => this.#tell(cell));
  }

  /** Waits until all is told. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  #tellStart(event: RunEvent & { readonly name: string }): void {
    clearTimeout(this.#starting.get(event.name)?.timer);
    this.#starting.delete(event.name);
    if (!this.#options.isStopped()) this.#options.emit(event);
  }

  async #tell({ error, output, ...cell }: CellResult): Promise<void> {
    const { isStopped, directory, report, redact } = this.#options;
    if (isStopped() && cell.status !== "skipped") return;
    const { name, status } = cell;
    const source = this.#sources.get(name) ?? (status === "read" ? "store" : "code");
    const told =
      error === undefined ? null : await toNotebookError(redact(error, "error"), directory);
    const shown = output === undefined ? undefined : this.#toNew(name, output);
    const elapsedMs = this.#toElapsed(cell, source);
    const ended = { ...cell, elapsedMs, ...(shown && { output: shown }) };
    const rowsKey = shown === undefined ? null : (this.#options.shown.get(name)?.rowsKey ?? null);
    report({ type: "cell-ended", cell: ended, error: told, source, rowsKey });
  }

  /** The output, unless it is the one that was told last. */
  #toNew(name: string, output: CellOutput): CellOutput | undefined {
    const { told, shown, recall, redact } = this.#options;
    if (told.outputs.get(name) === output) return undefined;
    told.outputs.set(name, output);
    // Being shown is no reading.
    const frame = this.#frames.get(name)?.watched(() => undefined);
    shown.set(name, { rowsKey: recall.results.get(name)?.result ?? randomUUID(), frame });
    return redact(toPageOutput(output, frame), "output");
  }

  /** How long its function took when it ran. */
  #toElapsed({ name, elapsedMs }: CellResult, source: ResultSource): number {
    const { told } = this.#options;
    if (source === "memory") return told.elapsedMs.get(name) ?? elapsedMs;
    told.elapsedMs.set(name, elapsedMs);
    return elapsedMs;
  }
}
