import { resolve } from "node:path";
import { HexError } from "../errors.ts";
import { GRACE_MS } from "../run/process/spawn-child.ts";
import type { RunStatus } from "../run/run-event.ts";
import { startProjectProcess } from "../work/project-process.ts";
import type { TableReader } from "./evaluation.ts";
import { type GivenOrder, KernelProcess } from "./kernel-process.ts";
import { NotebookBook } from "./notebook-book.ts";
import { NotebookPlace } from "./notebook-place.ts";
import type { NotebookError, NotebookRun } from "./notebook-state.ts";
import { ProjectWatch } from "./project-watch.ts";
import { Publication } from "./publication.ts";
import type {
  KernelAnswer,
  KernelRequest,
  NotebookReport,
  NotebookRunAnswer,
  NotebookRunRequest,
  PublishRequest,
} from "./request.ts";
import { joinWishes, type RunWish } from "./run-wish.ts";
import { toTableReader } from "./viewers.ts";

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
  /** what its process was told */
  given?: GivenOrder;
  /** its process is ended for what went before: it begins anew in another one */
  isAgain?: boolean;
}

type Ended = Pick<NotebookRun, "error"> & { readonly status: RunStatus };

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
  /** answers for the rows of what is shown */
  readonly tables: TableReader;
  readonly #place: NotebookPlace;
  readonly #options: NotebookOptions;
  readonly #watch: ProjectWatch;
  #kernel: KernelProcess | undefined;
  #going: Going | undefined;
  #publishing: Publication | undefined;
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
    this.tables = toTableReader((order, signal) => this.#ask(order, signal));
    this.#watch = new ProjectWatch({
      directory,
      onChange: () => void this.#follow(),
      onWarning: (line) => options.onWarning?.(line),
    });
    this.#watch.add([config.cells]);
    for (const line of place.secretWarnings()) {
      this.book.log(line);
      options.onWarning?.(line);
    }
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
    void this.#run(going);
    if (isBusy) this.#arm();
  }

  /** Stops what goes, and what waits to go after it. */
  cancel(): void {
    this.#next = {};
    if (this.#going === undefined) return;
    this.#going.isCancelled = true;
    this.#going.stop.abort(new HexError("HEX_CANCELLED", "the publication was cancelled"));
    const { given } = this.#going;
    if (given !== undefined) this.#kernel?.drop(given.id);
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

  /** Ends everything that runs, at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#grace);
    this.#going?.stop.abort(new HexError("HEX_CANCELLED", "the notebook is closed"));
    await Promise.all([this.#watch.close(), this.#endKernel("the notebook is closed")]);
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

  async #run(going: Going): Promise<void> {
    const { number, wish } = going;
    const inputs = { ...this.book.head.inputs, ...wish.pressed };
    const order = { kind: "run", run: number, inputs, fresh: wish.fresh } as const;
    const { status, error } = await this.#carryOut(going, order).catch((thrown: HexError) => {
      const { code, message } = thrown;
      if (going.isCancelled) return { status: "cancelled", error: null } as const;
      const told = { code, message: this.#place.redact(message), place: null };
      return { status: "failed", error: told } as const;
    });
    this.#end(going, status, error);
  }

  async #publish(): Promise<void> {
    const going = this.#begin("publication", { cause: "publish", fresh: "none" });
    this.#publishing = new Publication({
      book: this.book,
      place: this.#place.project,
      environment: this.#place.environment,
      signal: going.stop.signal,
      carryOut: async (runId) => {
        await this.#carryOut(going, { kind: "publish", run: going.number, runId });
      },
      note: (name, payload) => this.#kernel?.note(name, payload),
    });
    const status = await this.#publishing.publish();
    this.#publishing = undefined;
    this.#end(going, status, null);
  }

  /** Has the process go through the cells, or another one that can; waits for its end. */
  async #carryOut(going: Going, order: NotebookRunRequest | PublishRequest): Promise<Ended> {
    for (;;) {
      going.given = this.#startedKernel().order(order);
      try {
        const { text } = await going.given.answer;
        const { status, error } = JSON.parse(text) as NotebookRunAnswer;
        if (status !== "outdated") return { status, error };
        this.book.log("packages or CommonJS files have changed: the cells go on in a new process");
        await this.#endKernel("what Node has loaded in the notebook's process has changed");
      } catch (thrown) {
        if (going.isAgain !== true || going.isCancelled) throw thrown;
        going.isAgain = false;
      }
    }
  }

  async #ask(order: KernelRequest, signal: AbortSignal | undefined): Promise<KernelAnswer> {
    signal?.throwIfAborted();
    return this.#startedKernel().order(order).answer;
  }

  #startedKernel(): KernelProcess {
    if (this.#kernel !== undefined) return this.#kernel;
    const { project, environment } = this.#place;
    const child = startProjectProcess(project, environment, "whole");
    const task = { kind: "notebook", directory: project.directory } as const;
    const kernel: KernelProcess = new KernelProcess(child, task, {
      onReport: (report) => this.#hear(report),
      onEvent: (event) =>
        this.#publishing === undefined ? this.book.take(event) : this.#publishing.emit(event),
      onLine: (line) => this.book.log(line),
      redactLine: this.#place.openLines(),
      onCall: (name, payload) => this.#answer(name, payload),
      onOver: (why) => {
        // The next run begins in another one, which remembers nothing.
        if (this.#kernel !== kernel) return;
        this.#kernel = undefined;
        if (this.#going === undefined) this.book.log(why.message);
      },
      redact: (text) => this.#place.redact(text),
    });
    this.#kernel = kernel;
    return kernel;
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#publishing !== undefined) return this.#publishing.answer(name, payload);
    throw new HexError("HEX_JOB_INVALID", `Expected a call that a notebook knows, got ${name}`);
  }

  #hear(report: NotebookReport): void {
    this.book.report(report);
    if (report.type === "project-read") this.#watch.add(report.files);
    const isBegun = report.type === "run-begun" && report.run === this.#going?.number;
    if (isBegun && !this.#going?.isCancelled) clearTimeout(this.#grace);
  }

  /** Notes the end of what went, and begins what waits. */
  #end(going: Going, status: NotebookRun["status"], error: NotebookError | null): void {
    if (this.#going?.number !== going.number || (this.#isClosed && going.kind === "run")) return;
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

  /** Gives cells the time to stop that were told to, and then kills the process they are in. */
  #arm(): void {
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => void this.#kill(), this.#options.graceMs ?? GRACE_MS);
  }

  async #kill(): Promise<void> {
    if (this.#going !== undefined) this.#going.isAgain = true;
    this.book.log("a cell did not stop when it was told to: its process was killed");
    await this.#endKernel("the notebook's process was killed");
  }

  /** Ends the process with what goes in it; the next run begins in another one. */
  async #endKernel(why: string): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = undefined;
    await kernel?.kill(new HexError("HEX_CANCELLED", why));
  }

  /** Runs again what has changed. */
  async #follow(): Promise<void> {
    await this.#place.reread();
    this.#watch.add([this.#place.project.config.cells]);
    this.run({ cause: "change", fresh: "none" });
  }
}
