import { HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { RequestedInputs } from "../project/inputs.ts";
import { type Project, planProject } from "../project/project.ts";
import { describeProject } from "../project/project-description.ts";
import { ColumnReads } from "../run/column-reads.ts";
import { newRunId } from "../run/history/run-id.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { Recall } from "../run/recall.ts";
import type { Redact } from "../run/redact/redactor.ts";
import { runCells } from "../run/run-cells.ts";
import type { RunEvent, RunStatus } from "../run/run-event.ts";
import { RunFrames } from "../run/run-frames.ts";
import type { ShownFrame } from "../run/shown-frame.ts";
import { keepResult } from "../work/keep-result.ts";
import { acquireRemoteLease } from "../work/process-calls.ts";
import { runPartsHere } from "../work/run-parts.ts";
import { runProject } from "../work/run-project.ts";
import { toRequested } from "./asked-inputs.ts";
import { CellMemory } from "./cell-memory.ts";
import { CellReports, type ShownResult, ToldOutputs } from "./cell-reports.ts";
import { CellTracker } from "./cell-tracker.ts";
import type { CsvRequest } from "./evaluation.ts";
import { goneEvaluation, showsNoTable } from "./evaluations.ts";
import { toNotebookError } from "./notebook-error.ts";
import {
  type NotebookProject,
  OutdatedProcessError,
  ProjectReader,
  toExpected,
} from "./notebook-project.ts";
import { KernelRecall } from "./recall.ts";
import {
  KERNEL_CALLS,
  type KernelAnswer,
  type KernelRequest,
  type KernelSession,
  type NotebookReport,
  type NotebookRunAnswer,
  type NotebookRunRequest,
  type PublishRequest,
  type RequestContext,
} from "./request.ts";
import { RowsReader } from "./rows.ts";

export interface NotebookSessionOptions {
  readonly directory: string;
  readonly runtimeUrl: string;
  readonly parent: Parent;
}

type Order = NotebookRunRequest | PublishRequest;

/** A run on its way in this process. */
interface Going {
  readonly notebook: NotebookProject;
  readonly signal: AbortSignal;
  readonly reports: CellReports;
  readonly recall: KernelRecall;
}

/** of what a run's processes may take; what cells hold while they run has to fit as well */
const MEMORY_SHARE = 0.5;

/** Carries out the runs of a notebook one after the other; a new one ends the one that goes. */
export class NotebookSession implements KernelSession {
  readonly #options: NotebookSessionOptions;
  readonly #reader: ProjectReader;
  readonly #tracker = new CellTracker();
  readonly #told = new ToldOutputs();
  /** what each cell shows now */
  readonly #shown = new Map<string, ShownResult>();
  readonly #rows = new RowsReader((ask) => this.#findShown(ask));
  #memory: CellMemory | undefined;
  #redact: Redact = (data) => data;
  #stop = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: NotebookSessionOptions) {
    this.#options = options;
    this.#reader = new ProjectReader(options);
  }

  async answer(order: KernelRequest, { signal }: RequestContext): Promise<KernelAnswer> {
    switch (order.kind) {
      case "run":
      case "publish":
        return { text: JSON.stringify(await this.#begin(order, signal)) };
      case "rows":
        return { text: await this.#rows.rows(order.ask, this.#redact) };
      case "csv":
        return { text: await this.#rows.csv(order.ask, order.start, this.#redact) };
      case "evaluate":
      case "warm":
        throw new Error("Expected a notebook to run, got an order of a viewer");
    }
  }

  redact(message: string): string {
    return this.#redact(message, "text");
  }

  async close(): Promise<void> {
    this.#stop.abort(cancelled());
    await this.#last;
  }

  /** Begins a run as soon as the cells of the one before have let go. */
  #begin(order: Order, dropped: AbortSignal): Promise<NotebookRunAnswer> {
    if (order.kind === "run") this.#reader.freshen(order.fresh);
    this.#stop.abort(cancelled());
    const stop = new AbortController();
    this.#stop = stop;
    const signal = AbortSignal.any([stop.signal, dropped]);
    const running = this.#last.then(() => this.#carryOut(order, signal));
    this.#last = running.catch(() => undefined);
    return running;
  }

  async #carryOut(order: Order, signal: AbortSignal): Promise<NotebookRunAnswer> {
    if (signal.aborted) return CANCELLED;
    this.#report({ type: "run-begun", run: order.run });
    const ending = await this.#toEnding(order, signal);
    // A cell that goes on is not to see what the next run does.
    await this.#tracker.settled();
    return ending;
  }

  async #toEnding(order: Order, signal: AbortSignal): Promise<NotebookRunAnswer> {
    const { directory } = this.#options;
    try {
      return await this.#run(order, signal);
    } catch (thrown) {
      if (thrown instanceof OutdatedProcessError) return { status: "outdated", error: null };
      if (signal.aborted) return CANCELLED;
      return { status: "failed", error: await toNotebookError(toExpected(thrown), directory) };
    }
  }

  async #run(order: Order, signal: AbortSignal): Promise<NotebookRunAnswer> {
    const { directory, parent } = this.#options;
    const notebook = await this.#read();
    if (notebook === undefined) return { status: "failed", error: null };
    const recall = this.#openRecall(notebook);
    const reports = new CellReports({
      ...{ directory, recall, shown: this.#shown, told: this.#told },
      report: (report) => this.#report(report),
      emit: parent.emit,
      redact: notebook.redactor.redact,
      isStopped: () => signal.aborted,
    });
    const going = { notebook, signal, reports, recall };
    try {
      const status = await (order.kind === "run"
        ? this.#runCells(order, going)
        : this.#publish(order, going));
      return { status, error: null };
    } finally {
      await reports.sent();
    }
  }

  #openRecall({ project, grounds, timesFreshened }: NotebookProject): KernelRecall {
    this.#memory ??= new CellMemory({
      limitBytes: project.config.runs.memoryBytes * MEMORY_SHARE,
    });
    // What cannot be shared is kept for no other run.
    const scope = newRunId();
    const { cells, config } = project;
    const adoption = { cells, maxAgeMs: config.maxAgeMs, timesFreshened };
    return new KernelRecall({ memory: this.#memory, grounds, adoption, scope, press: {} });
  }

  /** The project as it is now, which is told; undefined when it cannot be read. */
  async #read(): Promise<NotebookProject | undefined> {
    const { directory } = this.#options;
    try {
      const notebook = await this.#reader.read();
      this.#redact = notebook.redactor.redact;
      const { cells, config } = notebook.project;
      const { cells: described } = await describeProject(notebook.project);
      const data = cells.cells.flatMap(({ dataFiles }) => dataFiles);
      const files = [...new Set([...cells.files, ...data, ...cells.dataFolders])];
      this.#report({ type: "project-read", title: config.name, cells: described, files });
      return notebook;
    } catch (thrown) {
      if (thrown instanceof OutdatedProcessError) throw thrown;
      const error = await toNotebookError(toExpected(thrown), directory);
      this.#report({ type: "project-unread", error });
      return undefined;
    }
  }

  async #runCells({ inputs: set }: NotebookRunRequest, going: Going): Promise<RunStatus> {
    const { notebook, signal, reports } = going;
    const { project, inputs: configured } = notebook;
    const emit = this.#toEmit(going);
    const onWarning = (line: string) => emit({ type: "line-logged", line });
    const inputs = withSet(configured, set, project);
    const { store, secrets } = await notebook.openStore();
    try {
      const results = await runCells({
        runId: newRunId(),
        attempt: 1,
        store,
        runParts: runPartsHere(project, "logic"),
        plan: planProject(project, "logic"),
        cells: this.#tracker.track(project.cells),
        frames: new RunFrames({ store, signal, now: Date.now, onWarning }),
        inputs,
        standIns: {
          inputs: configured,
          onInvalid: (name, message) => onWarning(`input ${name} has its default: ${message}`),
        },
        secrets,
        findSecret: notebook.redactor.findSecret,
        signal,
        emit,
        onShown: reports.onShown,
        reads: new ColumnReads(),
        maxAgeMs: project.config.maxAgeMs,
        now: Date.now,
        ...toRecall(going),
      });
      const isFailed = [...results.values()].some(({ status }) => status === "failed");
      return isFailed ? "failed" : "completed";
    } finally {
      await store.close();
    }
  }

  /** A logic run like any other, but that it knows what the notebook's cells came to. */
  async #publish({ runId }: PublishRequest, going: Going): Promise<RunStatus> {
    const { parent } = this.#options;
    const { notebook, signal, reports } = going;
    const { project, grounds } = notebook;
    const frames = new Map<string, ShownFrame>();
    const { status } = await runProject(
      { ...project, cells: this.#tracker.track(project.cells) },
      { context: "logic", trigger: "page", inputs: new Map() },
      {
        runId,
        signal,
        emit: this.#toEmit(going),
        takeLease: acquireRemoteLease(parent),
        onShown: (cell, shown) => {
          frames.set(cell, shown);
          reports.onShown(cell, shown);
        },
        keep: (result, kept) => keepResult(kept, { result, attempt: 1, frames }, parent),
        recall: toRecall(going),
        grounds,
      },
    );
    return status;
  }

  /** Hands on what a run tells, as long as it is not stopped: a cell may go on after that. */
  #toEmit({ notebook, signal, reports }: Going): (event: RunEvent) => void {
    const redactEvent = notebook.redactor.openEvents();
    return (event) => {
      if (event.type === "cell-ended") reports.take(event.cell);
      if (signal.aborted) return;
      if (event.type === "cell-started") reports.start(event);
      if (event.type === "cell-progressed" || event.type === "line-logged") {
        reports.say(redactEvent(event));
      }
    };
  }

  /** The frame that a cell shows, as long as it shows the one that is asked for. */
  #findShown({ evaluation, cell }: CsvRequest): Frame {
    const shown = this.#shown.get(cell);
    if (shown === undefined) throw showsNoTable(cell);
    if (shown.rowsKey !== evaluation) throw goneEvaluation(cell);
    if (shown.frame === undefined) throw showsNoTable(cell);
    return shown.frame;
  }

  #report(report: NotebookReport): void {
    // Whoever does not hear it any more has ended this process.
    this.#options.parent.call(KERNEL_CALLS.report, report).catch(() => undefined);
  }
}

function toRecall({ reports: { onKnown }, recall }: Going): Recall {
  return { recall, onKnown, isSparing: true };
}

const CANCELLED: NotebookRunAnswer = { status: "cancelled", error: null };

function cancelled(): HexError {
  return new HexError("HEX_CANCELLED", "the run was cancelled");
}

/** The project's own values of inputs, and over them those that were set in the notebook. */
function withSet(
  configured: RequestedInputs,
  set: NotebookRunRequest["inputs"],
  { cells }: Project,
): RequestedInputs {
  const known = cells.cells.filter(({ name, kind }) => kind === "input" && set[name] !== undefined);
  const values = Object.fromEntries(known.map(({ name }) => [name, set[name]]));
  return new Map([...configured, ...toRequested(values, "json")]);
}
