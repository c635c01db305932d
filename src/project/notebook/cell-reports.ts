import type { Frame } from "../../frame/frame.ts";
import type { CellOutput } from "../../run/cell-output.ts";
import { toPageOutput } from "../../run/light/page-output.ts";
import type { CellResult } from "../../run/run-event.ts";
import type { ShownFrame } from "../../run/shown-frame.ts";
import type { Redact } from "../redact.ts";
import { toNotebookError } from "./notebook-error.ts";
import type { NotebookReport, ResultSource } from "./notebook-messages.ts";
import type { ShownRows } from "./shown-rows.ts";

/** What was told of each cell last, in whichever run. */
export class ToldOutputs {
  readonly outputs = new Map<string, CellOutput>();
  readonly elapsedMs = new Map<string, number>();
}

export interface CellReportsOptions {
  readonly directory: string;
  readonly rows: ShownRows;
  readonly told: ToldOutputs;
  readonly report: (report: NotebookReport) => void;
  readonly redact: Redact;
  readonly isStopped: () => boolean;
}

/** Tells how the cells of one run end, in order. */
export class CellReports {
  readonly #options: CellReportsOptions;
  readonly #frames = new Map<string, Frame>();
  readonly #sources = new Map<string, ResultSource>();
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

  /** Tells of a cell that has ended, unless the run was stopped. */
  take(cell: CellResult): void {
    this.#sending = this.#sending.then(() => this.#tell(cell));
  }

  /** Waits until all is told. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  async #tell({ error, output, ...cell }: CellResult): Promise<void> {
    const { isStopped, directory, report, redact } = this.#options;
    if (isStopped() && cell.status !== "skipped") return;
    const { name, status } = cell;
    const source = this.#sources.get(name) ?? (status === "read" ? "store" : "code");
    const told = error === undefined ? null : await toNotebookError(redact(error), directory);
    const shown = output === undefined ? {} : this.#toNew(name, output);
    const elapsedMs = this.#toElapsed(cell, source);
    report({ type: "cell-ended", cell: { ...cell, elapsedMs, ...shown }, error: told, source });
  }

  /** The output, unless it is the one that was told last. */
  #toNew(name: string, output: CellOutput): { readonly output?: CellOutput } {
    const { told, rows, redact } = this.#options;
    const frame = this.#frames.get(name);
    rows.show(name, frame);
    if (told.outputs.get(name) === output) return {};
    told.outputs.set(name, output);
    return { output: redact(toPageOutput(output, frame)) };
  }

  /** How long its function took when it ran. */
  #toElapsed({ name, elapsedMs }: CellResult, source: ResultSource): number {
    const { told } = this.#options;
    if (source === "memory") return told.elapsedMs.get(name) ?? elapsedMs;
    told.elapsedMs.set(name, elapsedMs);
    return elapsedMs;
  }
}
