import { toRequestedInputs } from "../cell/requested-input.ts";
import { HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { planProject } from "../project/project.ts";
import { describeProject } from "../project/project-description.ts";
import { openProjectStore } from "../project/project-store.ts";
import type { ShownFrame } from "../run/cell-output.ts";
import { ColumnReads } from "../run/column-reads.ts";
import { newRunId } from "../run/history/run-id.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { Recall } from "../run/recall.ts";
import type { Redact } from "../run/redact/redactor.ts";
import { runCells } from "../run/run-cells.ts";
import type { RunEvent, RunStatus } from "../run/run-event.ts";
import { RunFrames } from "../run/run-frames.ts";
import { acquireRemoteLease } from "../work/process-calls.ts";
import { keepResult } from "../work/run-output.ts";
import { runPartsHere } from "../work/run-parts.ts";
import { runProject } from "../work/run-project.ts";
import { CellCache } from "./cell-cache.ts";
import { CellReports, CellTracker, type SentCell, toNotebookError } from "./cell-reports.ts";
import type { CsvRequest } from "./evaluation.ts";
import { type NotebookProject, OutdatedProcessError, ProjectReader } from "./project-reader.ts";
import { KernelRecall } from "./recall.ts";
import {
  goneEvaluation,
  KERNEL_NOTES,
  type KernelAnswer,
  type KernelSession,
  type NotebookReport,
  type NotebookRequest,
  type NotebookRunAnswer,
  type RequestContext,
  type SessionRequest,
  showsNoTable,
} from "./request.ts";

export interface NotebookSessionOptions {
  readonly directory: string;
  readonly runtimeUrl: string;
  readonly parent: Parent;
}

/** A run on its way in this process. */
interface NotebookRunning {
  readonly notebook: NotebookProject;
  readonly signal: AbortSignal;
  readonly reports: CellReports;
  readonly recall: Recall;
}

/** of the memory that a run's processes may take; running cells need some as well */
const MEMORY_SHARE = 0.5;

/** Carries out the runs of a notebook one after the other; a new one ends the one before. */
export class NotebookSession implements KernelSession {
  readonly #options: NotebookSessionOptions;
  readonly #reader: ProjectReader;
  readonly #tracker = new CellTracker();
  readonly #sent = new Map<string, SentCell>();
  #cache: CellCache | undefined;
  redact: Redact = (data) => data;
  #stop = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: NotebookSessionOptions) {
    this.#options = options;
    this.#reader = new ProjectReader(options);
  }

  async answer(request: SessionRequest, { signal }: RequestContext): Promise<KernelAnswer> {
    switch (request.kind) {
      case "run":
      case "publish":
        return { text: JSON.stringify(await this.#begin(request, signal)) };
      case "evaluate":
      case "warm":
        throw new Error("Expected a notebook to run, got a request of a viewer");
    }
  }

  toMessage(message: string): string {
    return this.redact(message, "text");
  }

  async close(): Promise<void> {
    this.#stop.abort(cancelled());
    await this.#last;
  }

  /** Begins a run as soon as the cells of the one before have let go. */
  #begin(request: NotebookRequest, dropped: AbortSignal): Promise<NotebookRunAnswer> {
    if (request.kind === "run") this.#reader.freshen(request.fresh);
    this.#stop.abort(cancelled());
    this.#stop = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, dropped]);
    const running = this.#last.then(() => this.#carryOut(request, signal));
    this.#last = running.catch(() => undefined);
    return running;
  }

  async #carryOut(request: NotebookRequest, signal: AbortSignal): Promise<NotebookRunAnswer> {
    if (signal.aborted) return CANCELLED;
    this.#report({ type: "run-begun", run: request.run });
    const answer = await this.#toAnswer(request, signal);
    // A cell that runs on is not to see changes of the next run.
    await this.#tracker.settled();
    return answer;
  }

  async #toAnswer(request: NotebookRequest, signal: AbortSignal): Promise<NotebookRunAnswer> {
    try {
      return await this.#run(request, signal);
    } catch (thrown) {
      if (thrown instanceof OutdatedProcessError) return { status: "outdated", error: null };
      if (signal.aborted) return CANCELLED;
      if (!(thrown instanceof HexError)) throw thrown;
      return {
        status: "failed",
        error: await toNotebookError(thrown, this.#options.directory),
      };
    }
  }

  async #run(request: NotebookRequest, signal: AbortSignal): Promise<NotebookRunAnswer> {
    const { directory, parent } = this.#options;
    const notebook = await this.#read();
    if (notebook === undefined) return { status: "failed", error: null };
    const recall = this.#openRecall(notebook);
    const reports = new CellReports({
      ...{ directory, recall, sent: this.#sent },
      report: (report) => this.#report(report),
      emit: parent.emit,
      redact: notebook.redactor.redact,
      isStopped: () => signal.aborted,
    });
    const { onKnown } = reports;
    const running = { notebook, signal, reports, recall: { recall, onKnown, isSparing: true } };
    try {
      const status = await (request.kind === "run"
        ? this.#runCells(request.inputs, running)
        : this.#publish(request.runId, running));
      return { status, error: null };
    } finally {
      await reports.sent();
    }
  }

  #openRecall({ project, fingerprints, timesFreshened }: NotebookProject): KernelRecall {
    const { cells, config } = project;
    this.#cache ??= new CellCache({ limitBytes: config.runs.memoryBytes * MEMORY_SHARE });
    return new KernelRecall({
      ...{ cache: this.#cache, fingerprints, press: {} },
      reuse: { cells, maxAgeMs: config.maxAgeMs, timesFreshened },
      // A result that cannot be shared is used by no other run.
      scope: newRunId(),
    });
  }

  /** The project as it is now, which is reported; undefined when it cannot be read. */
  async #read(): Promise<NotebookProject | undefined> {
    try {
      const notebook = await this.#reader.read();
      this.redact = notebook.redactor.redact;
      const { cells, config } = notebook.project;
      const { cells: described } = await describeProject(notebook.project);
      const data = cells.cells.flatMap(({ dataFiles }) => dataFiles);
      const files = [...new Set([...cells.files, ...data, ...cells.dataFolders])];
      this.#report({ type: "project-read", title: config.name, cells: described, files });
      return notebook;
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      const error = await toNotebookError(thrown, this.#options.directory);
      this.#report({ type: "project-unread", error });
      return undefined;
    }
  }

  /** @param set values set in the notebook, which stand before the project's own */
  async #runCells(
    set: Readonly<Record<string, unknown>>,
    running: NotebookRunning,
  ): Promise<RunStatus> {
    const { notebook, signal, reports, recall } = running;
    const { project, inputs: configured } = notebook;
    const emit = this.#toEmit(running);
    const onWarning = (line: string) => emit({ type: "line-logged", line });
    const names = project.cells.cells
      .filter(({ kind }) => kind === "input")
      .map(({ name }) => name);
    const own = Object.entries(set).filter(
      ([name, value]) => names.includes(name) && value !== undefined,
    );
    const { store, secrets } = await openProjectStore(project, process.env);
    try {
      const results = await runCells({
        runId: newRunId(),
        attempt: 1,
        store,
        runParts: runPartsHere(project, "logic"),
        plan: planProject(project, "logic"),
        cells: this.#tracker.track(project.cells),
        frames: new RunFrames({ store, signal, now: Date.now, onWarning }),
        inputs: new Map([...configured, ...toRequestedInputs(own)]),
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
        ...recall,
      });
      const isFailed = [...results.values()].some(({ status }) => status === "failed");
      return isFailed ? "failed" : "completed";
    } finally {
      await store.close();
    }
  }

  /** A logic run like any other, but that it has the results of the notebook's cells. */
  async #publish(runId: string, running: NotebookRunning): Promise<RunStatus> {
    const { parent } = this.#options;
    const { notebook, signal, reports, recall } = running;
    const { project, fingerprints } = notebook;
    const frames = new Map<string, ShownFrame>();
    const { status } = await runProject(
      { ...project, cells: this.#tracker.track(project.cells) },
      { context: "logic", trigger: "page", inputs: new Map() },
      {
        ...{ runId, signal, recall, fingerprints },
        emit: this.#toEmit(running),
        takeLease: acquireRemoteLease(parent),
        onShown: (cell, shown) => {
          frames.set(cell, shown);
          reports.onShown(cell, shown);
        },
        keep: (result, kept) => keepResult(kept, { result, attempt: 1, frames }, parent),
      },
    );
    return status;
  }

  /** Sends the events of a run until it is stopped: a cell may run on after that. */
  #toEmit({ notebook, signal, reports }: NotebookRunning): (event: RunEvent) => void {
    const redactEvent = notebook.redactor.openEvents();
    return (event) => {
      if (event.type === "cell-ended") reports.end(event.cell);
      if (signal.aborted) return;
      if (event.type === "cell-started") reports.start(event);
      if (event.type === "cell-progressed" || event.type === "line-logged") {
        reports.say(redactEvent(event));
      }
    };
  }

  /** The frame that a cell shows, as long as it shows the one of the request. */
  findShown({ evaluation, cell }: CsvRequest): Frame {
    const { rowsKey = evaluation, frame } = this.#sent.get(cell) ?? {};
    if (rowsKey !== evaluation) throw goneEvaluation(cell);
    if (frame === undefined) throw showsNoTable(cell);
    return frame;
  }

  #report(report: NotebookReport): void {
    this.#options.parent.note(KERNEL_NOTES.report, report);
  }
}

const CANCELLED: NotebookRunAnswer = { status: "cancelled", error: null };

function cancelled(): HexError {
  return new HexError("HEX_CANCELLED", "the run was cancelled");
}
