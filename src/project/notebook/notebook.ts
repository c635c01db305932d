import { resolve } from "node:path";
import { HexError } from "../../errors.ts";
import { GRACE_MS } from "../../run/process/spawn-child.ts";
import type { RunStatus } from "../../run/run-event.ts";
import { KernelProcess } from "./kernel-process.ts";
import { NotebookBook } from "./notebook-book.ts";
import type { NotebookReport, RowsOrder } from "./notebook-messages.ts";
import { NotebookPlace } from "./notebook-place.ts";
import type { NotebookError, NotebookRun } from "./notebook-state.ts";
import { PendingAsks } from "./pending-asks.ts";
import { ProjectWatch } from "./project-watch.ts";
import { PublicationRun } from "./publication-run.ts";
import { joinWishes, type RunWish } from "./run-wish.ts";

export interface NotebookOptions {
  /** URL of the module that cells get when they import "hex-runtime" */
  readonly runtimeUrl: string;
  /** where secrets and HEX_STORE are looked up, and what cells see; the process's own unless told */
  readonly environment?: NodeJS.ProcessEnv;
  /** told when a run has ended */
  readonly onEnded?: (run: NotebookRun) => void;
  readonly onWarning?: (line: string) => void;
  /** how long a cell may take to stop that was told to; milliseconds */
  readonly graceMs?: number;
}

/** A run or a publication that goes. */
interface Going {
  readonly number: number;
  readonly kind: "run" | "publication";
  readonly startedMs: number;
  readonly wish: RunWish;
  /** ends the wait of a publication */
  readonly stop: AbortController;
  isCancelled: boolean;
}

/**
 * Opens a project as its author's notebook: its cells run in a process of their own, again whenever
 * a file changes on which they hang.
 *
 * @throws {HexError} HEX_CONFIG_INVALID, HEX_SECRET_MISSING
 */
export async function openNotebook(folder: string, options: NotebookOptions): Promise<Notebook> {
  const { runtimeUrl, environment = process.env } = options;
  const place = new NotebookPlace({ directory: resolve(folder), runtimeUrl }, environment);
  await place.read();
  return new Notebook(place, options);
}

/** The author's side of a notebook; see `openNotebook`. */
export class Notebook {
  readonly book: NotebookBook;
  readonly #place: NotebookPlace;
  readonly #options: NotebookOptions;
  readonly #asks = new PendingAsks();
  readonly #watch: ProjectWatch;
  #kernel: KernelProcess | undefined;
  #going: Going | undefined;
  #publishing: PublicationRun | undefined;
  /** what goes next, when that which goes has ended */
  #next: { run?: RunWish | undefined; isPublished?: boolean } = {};
  #grace: NodeJS.Timeout | undefined;
  #runs = 0;
  #isClosed = false;

  /** Runs all cells for the first time. @param place that has been read */
  constructor(place: NotebookPlace, options: NotebookOptions) {
    const { directory, config } = place.project;
    this.book = new NotebookBook(config.name);
    this.#place = place;
    this.#options = options;
    this.#watch = new ProjectWatch({
      directory,
      onChange: () => void this.#follow(),
      onWarning: (line) => options.onWarning?.(line),
    });
    this.#watch.add([config.cells]);
    this.run({ cause: "start", fresh: "none" });
  }

  /** Runs the cells whose results are not known; ends the run that goes. A publication goes on first. */
  run(wish: RunWish): void {
    if (this.#isClosed) return;
    if (this.#going?.kind === "publication") {
      this.#next.run = joinWishes(this.#next.run, wish);
      return;
    }
    const isBusy = this.#going !== undefined;
    const going = this.#begin("run", joinWishes(this.#next.run, wish));
    this.#next.run = undefined;
    this.#order(going);
    if (isBusy) this.#arm();
  }

  /** Stops what goes, and what waits to go after it. */
  cancel(): void {
    this.#next = {};
    if (this.#going === undefined) return;
    this.#going.isCancelled = true;
    this.#going.stop.abort(new HexError("HEX_CANCELLED", "the publication was cancelled"));
    this.#kernel?.order({ type: "cancel" });
    this.#arm();
  }

  /** Sets inputs by name, and runs what hangs on them. A button is pressed for that run only. */
  setInputs(values: Readonly<Record<string, unknown>>): void {
    const isPressed = ([name]: readonly [string, unknown]) => this.book.isButton(name);
    const entries = Object.entries(values);
    const set = Object.fromEntries(entries.filter((entry) => !isPressed(entry)));
    this.book.changeHead({ inputs: { ...this.book.head.inputs, ...set } });
    const pressed = Object.fromEntries(entries.filter(isPressed));
    this.run({ cause: "input", fresh: "none", pressed });
  }

  /** Publishes what the cells come to with the project's own inputs, once the run that goes has ended. */
  publish(): void {
    if (this.#isClosed) return;
    if (this.#going === undefined) void this.#publish();
    else if (this.#going.kind === "run") this.#next.isPublished = true;
  }

  /** Asks for rows of what a cell shows, or all of them as CSV. @throws {HexError} HEX_OUTPUT_UNKNOWN */
  ask(type: "rows" | "csv", order: RowsOrder): Promise<unknown> {
    const { id, answer } = this.#asks.open();
    this.#startedKernel().order({ ...order, type, id });
    return answer;
  }

  /** Ends everything that runs, at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#grace);
    this.#going?.stop.abort(new HexError("HEX_CANCELLED", "the notebook is closed"));
    this.#publishing?.end(new HexError("HEX_CANCELLED", "the notebook is closed"));
    await Promise.all([this.#watch.close(), this.#kernel?.close()]);
    this.#asks.refuse(new HexError("HEX_CANCELLED", "the notebook is closed"));
  }

  #begin(kind: Going["kind"], wish: RunWish): Going {
    this.book.settle();
    this.#runs += 1;
    const startedMs = Date.now();
    const going = { number: this.#runs, kind, startedMs, wish, stop: new AbortController() };
    this.#going = { ...going, isCancelled: false };
    this.book.changeHead({
      run: {
        number: going.number,
        cause: wish.cause,
        status: "running",
        startedAt: new Date(startedMs).toISOString(),
        elapsedMs: null,
        error: null,
      },
    });
    return this.#going;
  }

  #order({ number, wish: { fresh, pressed } }: Going): void {
    const inputs = { ...this.book.head.inputs, ...pressed };
    this.#startedKernel().order({ type: "run", run: number, inputs, fresh });
  }

  async #publish(): Promise<void> {
    const going = this.#begin("publication", { cause: "publish", fresh: "none" });
    this.#publishing = new PublicationRun({
      book: this.book,
      place: this.#place.project,
      environment: this.#place.environment,
      run: going.number,
      signal: going.stop.signal,
      kernel: () => this.#startedKernel(),
    });
    const status = await this.#publishing.carryOut();
    this.#publishing = undefined;
    this.#end(going, status, null);
  }

  #startedKernel(): KernelProcess {
    this.#kernel ??= new KernelProcess(this.#place.project, this.#place.environment, {
      onReport: (report) => this.#hear(report),
      onEvent: (event) =>
        this.#publishing === undefined ? this.book.take(event) : this.#publishing.emit(event),
      onLine: (line) => this.book.log(this.#place.redact(line)),
      onCall: (name, payload) => this.#answer(name, payload),
      onCrash: (error) => this.#crash(error),
    });
    return this.#kernel;
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#publishing !== undefined) return this.#publishing.answer(name, payload);
    throw new HexError("HEX_JOB_INVALID", `Expected a call that a notebook knows, got ${name}`);
  }

  #hear(report: NotebookReport): void {
    this.book.report(report);
    switch (report.type) {
      case "project-read":
        this.#watch.add(report.files);
        break;
      case "run-begun":
        if (report.run === this.#going?.number && !this.#going.isCancelled) {
          clearTimeout(this.#grace);
        }
        break;
      case "run-ended":
        this.#hearEnd(report.run, report.status, report.error);
        break;
      case "asked-answered":
        this.#asks.answer(report.id, report.answer);
        break;
      case "asked-refused":
        this.#asks.refuse(new HexError(report.error.code, report.error.message), report.id);
        break;
      case "process-outdated":
        if (report.run !== this.#going?.number) break;
        this.book.log("packages or CommonJS files have changed: the cells go on in a new process");
        void this.#replaceKernel("the notebook's process was replaced");
        break;
      case "opened":
      case "project-unread":
      case "cell-ended":
        break;
    }
  }

  #hearEnd(run: number, status: RunStatus, error: NotebookError | null): void {
    if (run !== this.#going?.number) return;
    if (this.#publishing !== undefined) this.#publishing.end();
    else this.#end(this.#going, status, error);
  }

  /** Notes the end of what went, and begins what waits. */
  #end(going: Going, status: NotebookRun["status"], error: NotebookError | null): void {
    if (this.#going?.number !== going.number) return;
    clearTimeout(this.#grace);
    this.#going = undefined;
    this.book.settle();
    const { run } = this.book.head;
    if (run === null) return;
    const ended = { ...run, status, elapsedMs: Date.now() - going.startedMs, error };
    this.book.changeHead({ run: ended });
    this.#options.onEnded?.(ended);
    const { run: wish, isPublished } = this.#next;
    this.#next = { run: wish };
    if (this.#isClosed) return;
    if (isPublished === true) void this.#publish();
    else if (wish !== undefined) this.run(wish);
  }

  /** The process is gone by itself: the next run begins in another one, which remembers nothing. */
  #crash(thrown: HexError): void {
    this.#kernel = undefined;
    this.#asks.refuse(thrown);
    const { code, message } = thrown;
    const going = this.#going;
    if (going === undefined) this.book.log(message);
    else if (this.#publishing !== undefined) this.#publishing.end(thrown);
    else this.#end(going, "failed", { code, message: this.#place.redact(message), place: null });
  }

  /** Gives cells the time to stop that were told to, and then kills the process they are in. */
  #arm(): void {
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => void this.#kill(), this.#options.graceMs ?? GRACE_MS);
  }

  async #kill(): Promise<void> {
    this.book.log("a cell did not stop when it was told to: its process was killed");
    await this.#replaceKernel("the notebook's process was killed");
  }

  /** Ends the process; what goes, and was not cancelled, begins again in another one. */
  async #replaceKernel(why: string): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = undefined;
    this.#asks.refuse(new HexError("HEX_CANCELLED", why));
    await kernel?.close();
    const going = this.#going;
    if (going === undefined) return;
    if (!going.isCancelled) this.#orderAgain(going);
    else if (this.#publishing === undefined) this.#end(going, "cancelled", null);
    else this.#publishing.end(new HexError("HEX_CANCELLED", "the publication was cancelled"));
  }

  #orderAgain(going: Going): void {
    if (this.#publishing === undefined) this.#order(going);
    else this.#publishing.again();
  }

  /** Runs again what has changed. */
  async #follow(): Promise<void> {
    await this.#place.reread();
    this.#watch.add([this.#place.project.config.cells]);
    this.run({ cause: "change", fresh: "none" });
  }
}
