import type { RequestedInput } from "../../cell/input-value.ts";
import { HexError } from "../../errors.ts";
import { adoptPublished } from "../../run/adopt-frame.ts";
import { ColumnReads } from "../../run/column-reads.ts";
import { newRunId } from "../../run/history/run-id.ts";
import { CellMemory } from "../../run/light/cell-memory.ts";
import type { Recall } from "../../run/light/recall-cell.ts";
import type { Parent } from "../../run/process/serve-task.ts";
import { runCells } from "../../run/run-cells.ts";
import type { RunEvent, RunStatus } from "../../run/run-event.ts";
import { RunFrames } from "../../run/run-frames.ts";
import type { ShownFrame } from "../../run/shown-frame.ts";
import { askForLease } from "../asked-lease.ts";
import type { RequestedInputs } from "../inputs.ts";
import { keepResult } from "../keep-result.ts";
import { type Project, planProject } from "../project.ts";
import { describeProject } from "../project-description.ts";
import { runPartsHere } from "../run-parts-here.ts";
import { runProject } from "../run-project.ts";
import { CellReports, ToldOutputs } from "./cell-reports.ts";
import { CellTracker } from "./cell-tracker.ts";
import { toNotebookError } from "./notebook-error.ts";
import type { NotebookReport, PublishOrder, RunOrder } from "./notebook-messages.ts";
import {
  type NotebookProject,
  OutdatedProcessError,
  ProjectReader,
  toExpected,
} from "./notebook-project.ts";
import type { ShownRows } from "./shown-rows.ts";

export interface NotebookRunsOptions {
  readonly directory: string;
  readonly runtimeUrl: string;
  readonly parent: Parent;
  readonly rows: ShownRows;
  readonly report: (report: NotebookReport) => void;
}

type Order = RunOrder | PublishOrder;

/** A run on its way in this process. */
interface Going {
  readonly notebook: NotebookProject;
  readonly signal: AbortSignal;
  readonly reports: CellReports;
}

type Ending = Pick<Extract<NotebookReport, { type: "run-ended" }>, "status" | "error">;

/** of what a run's processes may take; what cells hold while they run has to fit as well */
const MEMORY_SHARE = 0.5;

/** Carries out the runs of a notebook one after the other; a new one ends the one that goes. */
export class NotebookRuns {
  readonly #options: NotebookRunsOptions;
  readonly #reader: ProjectReader;
  readonly #tracker = new CellTracker();
  readonly #told = new ToldOutputs();
  #memory: CellMemory | undefined;
  #stop = new AbortController();
  #next: Order | undefined;
  #isGoing = false;

  constructor(options: NotebookRunsOptions) {
    this.#options = options;
    this.#reader = new ProjectReader(options);
  }

  /** Begins a run as soon as the cells of the one before have let go. */
  begin(order: Order): void {
    if (order.type === "run") this.#reader.freshen(order.fresh);
    this.#next = order;
    this.cancel();
    if (!this.#isGoing) void this.#goOn();
  }

  cancel(): void {
    this.#stop.abort(new HexError("HEX_CANCELLED", "the run was cancelled"));
  }

  async #goOn(): Promise<void> {
    this.#isGoing = true;
    for (let order = this.#next; order !== undefined; order = this.#next) {
      this.#next = undefined;
      this.#stop = new AbortController();
      await this.#carryOut(order, this.#stop.signal);
    }
    this.#isGoing = false;
  }

  async #carryOut(order: Order, signal: AbortSignal): Promise<void> {
    const { report } = this.#options;
    const { run } = order;
    report({ type: "run-begun", run });
    const ending = await this.#toEnding(order, signal);
    if (ending === undefined) return report({ type: "process-outdated", run });
    // A cell that goes on is not to see what the next run does.
    await this.#tracker.settled();
    report({ type: "run-ended", run, ...ending });
  }

  /** Undefined when nothing was run, since only another process can. */
  async #toEnding(order: Order, signal: AbortSignal): Promise<Ending | undefined> {
    const { directory } = this.#options;
    try {
      return { status: await this.#run(order, signal), error: null };
    } catch (thrown) {
      if (thrown instanceof OutdatedProcessError) return undefined;
      if (signal.aborted) return { status: "cancelled", error: null };
      return { status: "failed", error: await toNotebookError(toExpected(thrown), directory) };
    }
  }

  async #run(order: Order, signal: AbortSignal): Promise<RunStatus> {
    const { directory, rows, report, parent } = this.#options;
    const notebook = await this.#read();
    if (notebook === undefined) return "failed";
    const reports = new CellReports({
      directory,
      rows,
      told: this.#told,
      report,
      emit: parent.emit,
      redact: notebook.redact,
      isStopped: () => signal.aborted,
    });
    const going = { notebook, signal, reports };
    try {
      return await (order.type === "run"
        ? this.#runCells(order, going)
        : this.#publish(order, going));
    } finally {
      await reports.sent();
    }
  }

  /** The project as it is now, which is told; undefined when it cannot be read. */
  async #read(): Promise<NotebookProject | undefined> {
    const { directory, report } = this.#options;
    try {
      const notebook = await this.#reader.read();
      const { cells, config } = notebook.project;
      const { cells: described } = await describeProject(notebook.project);
      const data = cells.cells.flatMap(({ dataFiles }) => dataFiles);
      const files = [...new Set([...cells.files, ...data, ...cells.dataFolders])];
      report({ type: "project-read", title: config.name, cells: described, files });
      return notebook;
    } catch (thrown) {
      if (thrown instanceof OutdatedProcessError) throw thrown;
      const error = await toNotebookError(toExpected(thrown), directory);
      report({ type: "project-unread", error });
      return undefined;
    }
  }

  async #runCells({ inputs: set }: RunOrder, going: Going): Promise<RunStatus> {
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
        signal,
        emit,
        onShown: reports.onShown,
        reads: new ColumnReads(),
        maxAgeMs: project.config.maxAgeMs,
        now: Date.now,
        ...this.#toRecall(going),
      });
      const isFailed = [...results.values()].some(({ status }) => status === "failed");
      return isFailed ? "failed" : "completed";
    } finally {
      await store.close();
    }
  }

  /** A logic run like any other, but that it knows what the notebook's cells came to. */
  async #publish({ runId }: PublishOrder, going: Going): Promise<RunStatus> {
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
        takeLease: askForLease(parent),
        onShown: (cell, shown) => {
          frames.set(cell, shown);
          reports.onShown(cell, shown);
        },
        keep: (result, kept) => keepResult(kept, { result, attempt: 1, frames }, parent),
        recall: this.#toRecall(going),
        grounds,
      },
    );
    return status;
  }

  #toRecall({ notebook, signal, reports }: Going): Recall {
    const { cellState, isFresh, grounds, project } = notebook;
    const { config, cells } = project;
    this.#memory ??= new CellMemory({ limitBytes: config.runs.memoryBytes * MEMORY_SHARE });
    const inputs = new Map<string, unknown>();
    const around = { cells, grounds, inputs, maxAgeMs: config.maxAgeMs, now: Date.now };
    return {
      memory: this.#memory,
      cellState,
      adopt: adoptPublished({ ...around, isFresh, signal }),
      onKnown: reports.onKnown,
      onInput: (name, value) => inputs.set(name, value),
      isSparing: true,
    };
  }

  /** Hands on what a run tells, as long as it is not stopped: a cell may go on after that. */
  #toEmit({ notebook: { redact }, signal, reports }: Going): (event: RunEvent) => void {
    return (event) => {
      if (event.type === "cell-ended") reports.take(event.cell);
      if (signal.aborted) return;
      if (event.type === "cell-started") reports.start(event);
      if (event.type === "cell-progressed" || event.type === "line-logged") {
        reports.say(redact(event));
      }
    };
  }
}

/** The project's own values of inputs, and over them those that were set in the notebook. */
function withSet(
  configured: RequestedInputs,
  set: RunOrder["inputs"],
  { cells }: Project,
): Map<string, RequestedInput> {
  const inputs = new Map(configured);
  for (const { name, kind } of cells.cells) {
    const value = kind === "input" ? set[name] : undefined;
    if (value !== undefined) inputs.set(name, { value, form: "json", place: `input ${name}` });
  }
  return inputs;
}
