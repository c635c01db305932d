import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CellDefinition } from "../cell/cell.ts";
import type { Frame } from "../frame/frame.ts";
import { type CellOutput, type ShownFrame, toPageOutput } from "../run/cell-output.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CellResult, RunError, RunEvent } from "../run/run-event.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { ErrorPlace, NotebookError } from "./notebook-state.ts";
import type { KernelRecall } from "./recall.ts";
import type { NotebookReport, ResultSource } from "./request.ts";

/** The last report of a cell, in any run. */
export interface SentCell {
  readonly output?: CellOutput;
  /** names the rows that it shows; another one whenever they may be others */
  readonly rowsKey?: string;
  /** the whole frame that it shows */
  readonly frame?: Frame | undefined;
  /** of its function when it ran */
  readonly elapsedMs?: number;
}

export interface CellReportsOptions {
  readonly directory: string;
  /** has the results of the run's cells */
  readonly recall: KernelRecall;
  /** by name of the cell; changed by every report */
  readonly sent: Map<string, SentCell>;
  readonly report: (report: NotebookReport) => void;
  /** sends events of running cells */
  readonly emit: (event: RunEvent) => void;
  readonly redact: Redact;
  readonly isStopped: () => boolean;
}

interface Starting {
  readonly timer: NodeJS.Timeout;
  readonly event: RunEvent;
}

/** Most cells whose results are known have ended by then. */
const UNSEEN_MS = 10;

/** Reports the ends of a run's cells, in order. */
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

  /** Reports that a cell runs, unless it has ended before anybody could see it run. */
  start(event: RunEvent & { readonly name: string }): void {
    const timer = setTimeout(() => this.#sendStart(event.name), UNSEEN_MS);
    this.#starting.set(event.name, { timer, event });
  }

  /** Sends an event of a running cell. */
  say(event: RunEvent): void {
    if ("name" in event && event.name !== undefined) this.#sendStart(event.name);
    this.#options.emit(event);
  }

  /** Reports a cell that has ended, unless the run was stopped. */
  end(cell: CellResult): void {
    clearTimeout(this.#starting.get(cell.name)?.timer);
    this.#starting.delete(cell.name);
    this.#sending = this.#sending.then(() => this.#send(cell));
  }

  /** Waits until everything is sent. */
  sent(): Promise<void> {
    return this.#sending;
  }

  #sendStart(cell: string): void {
    const starting = this.#starting.get(cell);
    if (starting === undefined) return;
    clearTimeout(starting.timer);
    this.#starting.delete(cell);
    if (!this.#options.isStopped()) this.#options.emit(starting.event);
  }

  async #send({ error, output, ...cell }: CellResult): Promise<void> {
    const { isStopped, directory, report, redact, sent } = this.#options;
    const { name, status } = cell;
    if (isStopped() && status !== "skipped") return;
    const source = this.#sources.get(name) ?? (status === "read" ? "store" : "code");
    const failure = error ? await toNotebookError(redact(error, "error"), directory) : null;
    const before = sent.get(name);
    const isRecalled = source === "memory";
    const elapsedMs = (isRecalled ? before?.elapsedMs : undefined) ?? cell.elapsedMs;
    const shown = this.#toNew(name, output, before?.output);
    sent.set(name, { ...before, ...shown, ...(!isRecalled && { elapsedMs }) });
    const pageOutput = shown && redact(toPageOutput(shown.output, shown.frame), "output");
    const ended = { ...cell, elapsedMs, ...(pageOutput && { output: pageOutput }) };
    const rowsKey = shown?.rowsKey ?? null;
    report({ type: "cell-ended", cell: ended, error: failure, source, rowsKey });
  }

  /** The output, unless it was sent before. */
  #toNew(name: string, output: CellOutput | undefined, before: CellOutput | undefined) {
    if (output === undefined || output === before) return undefined;
    const rowsKey = this.#options.recall.results.get(name)?.result ?? randomUUID();
    // Being shown is no reading.
    return { output, rowsKey, frame: this.#frames.get(name)?.watched(() => undefined) };
  }
}

/** `cells/05-x.ts:3:7`, as messages write a place. */
const PLACE =
  /(?<file>[^\s()"'`:]+\.(?:ts|mts|tsx|js|mjs|sql|md|json)):(?<line>\d+):(?<column>\d+)/;
const LONGEST_TEXT = 400;
/** A message may hold data, and its place stands at its beginning. */
const SEARCHED_LENGTH = 4_000;

/** A failure, with the line of the author's code that its message points to. */
export async function toNotebookError(
  { code, message }: RunError,
  directory: string,
): Promise<NotebookError> {
  return { code, message, place: await findPlace(message, directory) };
}

async function findPlace(message: string, directory: string): Promise<ErrorPlace | null> {
  const { file, line, column } = PLACE.exec(message.slice(0, SEARCHED_LENGTH))?.groups ?? {};
  if (file === undefined) return null;
  const place = { file, line: Number(line), column: Number(column) };
  const source = await readFile(join(directory, file), "utf8").catch(() => undefined);
  const text = source?.split("\n")[place.line - 1]?.replace(/\r$/, "");
  return { ...place, text: text?.slice(0, LONGEST_TEXT) ?? null };
}

/** Follows functions of cells that may run on when their run no longer waits for them. */
export class CellTracker {
  readonly #running = new Set<Promise<unknown>>();

  /** The same cells, whose functions are followed. */
  track(cells: LoadedCells): LoadedCells {
    return { ...cells, load: async (name) => this.#watch(await cells.load(name)) };
  }

  /** Waits until no function of a cell runs. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #watch(definition: CellDefinition): CellDefinition {
    if (!("compute" in definition)) return definition;
    const { compute } = definition;
    const watched: typeof compute = (values, context) => {
      const result: unknown = compute(values, context);
      if (result instanceof Promise) {
        const running = result.catch(() => undefined).finally(() => this.#running.delete(running));
        this.#running.add(running);
      }
      return result;
    };
    // Marks of a function, such as that it is split into parts, stay on it.
    return { ...definition, compute: Object.assign(watched, compute) };
  }
}
