import { resolve } from "node:path";
import { HexError } from "../errors.ts";
import { readConfig } from "../project/config.ts";
import type { ProjectPlace } from "../project/project.ts";
import { configNames, readSecrets, warnOfCommonSecrets } from "../project/secrets.ts";
import { GRACE_MS } from "../run/process/child-life.ts";
import { type Redactor, toRedactor } from "../run/redact/redactor.ts";
import { startProjectProcess } from "../work/project-process.ts";
import type { TableReader } from "./evaluation.ts";
import { KernelProcess } from "./kernel-process.ts";
import { NotebookBook } from "./notebook-book.ts";
import {
  joinWanted,
  type NotebookError,
  type NotebookRun,
  type WantedRun,
} from "./notebook-state.ts";
import { ProjectWatch } from "./project-watch.ts";
import { PublicationRun } from "./publication.ts";
import {
  type NotebookReport,
  type NotebookRequest,
  type NotebookRunAnswer,
  PendingRequest,
} from "./request.ts";
import { toTableReader } from "./viewers.ts";

export interface NotebookOptions {
  /** URL of the module that cells get when they import "hex-runtime" */
  readonly runtimeUrl: string;
  /** of secrets, HEX_STORE and the cells; the process's own unless given */
  readonly environment?: NodeJS.ProcessEnv;
  /** called when a run has ended */
  readonly onEnded?: (run: NotebookRun) => void;
  readonly onWarning?: (line: string) => void;
  /** how long a cancelled cell may take to stop; milliseconds */
  readonly graceMs?: number;
}

/** A run or a publication on its way. */
interface Running {
  readonly number: number;
  readonly startedMs: number;
  readonly wanted: WantedRun;
  /** ends the wait of a publication */
  readonly stop: AbortController;
  isCancelled: boolean;
  /** the request to its process */
  pending?: PendingRequest;
  /** its process is ended for the run before: it begins anew in another one */
  isAgain?: boolean;
}

/** The project as its config says; no cell is read. */
interface NotebookPlace {
  readonly project: ProjectPlace;
  readonly redactor: Redactor;
}

/**
 * Opens a project as its author's notebook: its cells run in a process of their own, again after
 * every change of a file on which they depend.
 *
 * @throws {HexError} HEX_CONFIG_INVALID, HEX_SECRET_MISSING
 */
export async function openNotebook(folder: string, options: NotebookOptions): Promise<Notebook> {
  return new Notebook(await readPlace(resolve(folder), options), options);
}

/** @throws {HexError} HEX_CONFIG_INVALID, HEX_SECRET_MISSING */
async function readPlace(
  directory: string,
  { runtimeUrl, environment = process.env }: NotebookOptions,
): Promise<NotebookPlace> {
  const config = await readConfig(directory, environment);
  const redactor = toRedactor(await readSecrets(config.secrets, directory, environment));
  redactor.spare(configNames(config));
  return { project: { directory, runtimeUrl, config }, redactor };
}

/** The author's side of a notebook; see `openNotebook`. */
export class Notebook {
  readonly book: NotebookBook;
  /** reads rows of what is shown */
  readonly tables: TableReader;
  readonly #options: NotebookOptions;
  readonly #watch: ProjectWatch;
  /** as it was when it could be read last */
  #place: NotebookPlace;
  #kernel: KernelProcess | undefined;
  #running: Running | undefined;
  #publication: PublicationRun | undefined;
  /** begins when the current run has ended */
  #next: { run?: WantedRun | undefined; isPublished?: boolean } = {};
  #grace: NodeJS.Timeout | undefined;
  #runs = 0;
  #isClosed = false;

  /** Runs all cells for the first time. */
  constructor(place: NotebookPlace, options: NotebookOptions) {
    const { directory, config } = place.project;
    this.book = new NotebookBook(config.name);
    this.#place = place;
    this.#options = options;
    this.tables = toTableReader(async (request, signal) => {
      signal?.throwIfAborted();
      return this.#startedKernel().ask(request);
    });
    this.#watch = new ProjectWatch({
      directory,
      onChange: () => void this.#follow(),
      onWarning: (line) => options.onWarning?.(line),
    });
    this.#watch.add([config.cells]);
    for (const line of warnOfCommonSecrets(place.redactor)) {
      this.book.log(line);
      options.onWarning?.(line);
    }
    this.run({ cause: "start", fresh: "none" });
  }

  /** Runs the cells whose results are not known; ends the run before. A publication goes on first. */
  run(wanted: WantedRun): void {
    if (this.#isClosed) return;
    const joined = joinWanted(this.#next.run, wanted);
    const isPublishing = this.#running?.wanted.cause === "publish";
    this.#next.run = isPublishing ? joined : undefined;
    if (isPublishing) return;
    const isBusy = this.#running !== undefined;
    void this.#run(this.#begin(joined));
    if (isBusy) this.#armGrace();
  }

  /** Cancels the current run, and everything that waits for its end. */
  cancel(): void {
    this.#next = {};
    if (this.#running === undefined) return;
    this.#running.isCancelled = true;
    this.#running.stop.abort(new HexError("HEX_CANCELLED", "the publication was cancelled"));
    this.#running.pending?.cancel?.();
    this.#armGrace();
  }

  /** Sets inputs by name, and runs the cells that depend on them. A button is pressed for that run only. */
  setInputs(values: Readonly<Record<string, unknown>>): void {
    const isPressed = ([name]: readonly [string, unknown]) => this.book.isButton(name);
    const entries = Object.entries(values);
    const set = Object.fromEntries(entries.filter((entry) => !isPressed(entry)));
    this.book.changeHead({ inputs: { ...this.book.head.inputs, ...set } });
    const pressed = Object.fromEntries(entries.filter(isPressed));
    this.run({ cause: "input", fresh: "none", pressed });
  }

  /** Publishes the results of the cells with the project's own inputs, once the current run has ended. */
  publish(): void {
    if (this.#isClosed) return;
    if (this.#running === undefined) void this.#publish();
    else if (this.#running.wanted.cause !== "publish") this.#next.isPublished = true;
  }

  /** Ends everything that runs, at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#grace);
    this.#running?.stop.abort(new HexError("HEX_CANCELLED", "the notebook is closed"));
    await Promise.all([this.#watch.close(), this.#endKernel("the notebook is closed")]);
  }

  #begin(wanted: WantedRun): Running {
    this.book.settle();
    this.#runs += 1;
    const number = this.#runs;
    const startedMs = Date.now();
    const startedAt = new Date(startedMs).toISOString();
    const { cause } = wanted;
    this.book.changeHead({
      run: { number, cause, status: "running", startedAt, elapsedMs: null, error: null },
    });
    const stop = new AbortController();
    this.#running = { number, startedMs, wanted, stop, isCancelled: false };
    return this.#running;
  }

  async #run(running: Running): Promise<void> {
    const { number: run, wanted } = running;
    const inputs = { ...this.book.head.inputs, ...wanted.pressed };
    const request = { kind: "run", run, inputs, fresh: wanted.fresh } as const;
    const { status, error } = await this.#carryOut(running, request).catch((thrown: HexError) => {
      if (running.isCancelled) return { status: "cancelled", error: null } as const;
      const message = this.#place.redactor.redact(thrown.message, "text");
      const failure = { code: thrown.code, message, place: null };
      return { status: "failed", error: failure } as const;
    });
    this.#end(running, status, error);
  }

  async #publish(): Promise<void> {
    const running = this.#begin({ cause: "publish", fresh: "none" });
    const { number: run, stop } = running;
    this.#publication = new PublicationRun({
      book: this.book,
      place: this.#place.project,
      environment: this.#options.environment ?? process.env,
      signal: stop.signal,
      carryOut: async (runId) => {
        await this.#carryOut(running, { kind: "publish", run, runId });
      },
      note: (name, payload) => this.#kernel?.note(name, payload),
    });
    const status = await this.#publication.publish();
    this.#publication = undefined;
    this.#end(running, status, null);
  }

  /** Has the process run the cells, or another one that can; waits for the end. */
  async #carryOut(
    running: Running,
    request: NotebookRequest,
  ): Promise<Pick<NotebookRun, "status" | "error">> {
    for (;;) {
      const pending = new PendingRequest(request);
      running.pending = pending;
      this.#startedKernel().send(pending);
      try {
        const { text } = await pending.answer;
        const { status, error } = JSON.parse(text) as NotebookRunAnswer;
        if (status !== "outdated") return { status, error };
        this.book.log("packages or CommonJS files have changed: the cells go on in a new process");
        await this.#endKernel("what Node has loaded in the notebook's process has changed");
      } catch (thrown) {
        if (running.isAgain !== true || running.isCancelled) throw thrown;
        running.isAgain = false;
      }
    }
  }

  #startedKernel(): KernelProcess {
    if (this.#kernel !== undefined) return this.#kernel;
    const { project, redactor } = this.#place;
    const child = startProjectProcess(project, this.#options.environment ?? process.env, "whole");
    const task = { kind: "notebook", directory: project.directory } as const;
    const kernel: KernelProcess = new KernelProcess(child, task, {
      onReport: (report) => this.#onReport(report),
      onEvent: (event) => {
        const target = this.#publication ?? this.book;
        target.onEvent(event);
      },
      onLine: (line) => this.book.log(line),
      redactLine: redactor.openLines(),
      onCall: (name, payload) => this.#publication?.answer(name, payload),
      onOver: ({ why, left }) => {
        for (const pending of left) pending.reject(why);
        // The next run begins in another one, which has no results cached.
        if (this.#kernel !== kernel) return;
        this.#kernel = undefined;
        if (this.#running === undefined) this.book.log(why.message);
      },
      redact: (text) => this.#place.redactor.redact(text, "text"),
    });
    this.#kernel = kernel;
    return kernel;
  }

  #onReport(report: NotebookReport): void {
    this.book.onReport(report);
    if (report.type === "project-read") this.#watch.add(report.files);
    const isBegun = report.type === "run-begun" && report.run === this.#running?.number;
    if (isBegun && !this.#running?.isCancelled) clearTimeout(this.#grace);
  }

  /** Notes the end of a run, and begins the next one. */
  #end(running: Running, status: NotebookRun["status"], error: NotebookError | null): void {
    const isRun = running.wanted.cause !== "publish";
    if (this.#running !== running || (this.#isClosed && isRun)) return;
    clearTimeout(this.#grace);
    this.#running = undefined;
    this.book.settle();
    const { run } = this.book.head;
    if (run === null) return;
    const ended = { ...run, status, elapsedMs: Date.now() - running.startedMs, error };
    this.book.changeHead({ run: ended });
    this.#options.onEnded?.(ended);
    const { run: wanted, isPublished } = this.#next;
    this.#next = { run: wanted };
    if (this.#isClosed) return;
    if (isPublished === true) void this.#publish();
    else if (wanted !== undefined) this.run(wanted);
  }

  /** Gives cancelled cells the time to stop, and then kills the process they are in. */
  #armGrace(): void {
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      if (this.#running !== undefined) this.#running.isAgain = true;
      this.book.log("a cell did not stop when it was told to: its process was killed");
      void this.#endKernel("the notebook's process was killed");
    }, this.#options.graceMs ?? GRACE_MS);
  }

  /** Ends the process with everything in it; the next run begins in another one. */
  async #endKernel(why: string): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = undefined;
    await kernel?.kill(new HexError("HEX_CANCELLED", why));
  }

  /** Runs the cells below a change again. */
  async #follow(): Promise<void> {
    try {
      this.#place = await readPlace(this.#place.project.directory, this.#options);
    } catch (thrown) {
      // The run that follows fails of it, and says so.
      if (!(thrown instanceof HexError)) throw thrown;
    }
    this.#watch.add([this.#place.project.config.cells]);
    this.run({ cause: "change", fresh: "none" });
  }
}
