import type { ErrorCode } from "../errors.ts";
import type { DescribedCell } from "../project/project-description.ts";
import type { CellResult, RunStatus } from "../run/run-event.ts";
import type {
  CsvRequest,
  EvaluateRequest,
  InvalidInput,
  RowsRequest,
  ViewedVersion,
} from "./evaluation.ts";
import type { NotebookError, NotebookRunBody } from "./notebook-state.ts";

/** What a kernel's process is started for: it lives until it is ended. */
export interface KernelTask {
  /** `viewers` looks at pinned versions and writes nothing; `notebook` may compute heavy cells */
  readonly kind: "viewers" | "notebook";
  readonly directory: string;
}

/** What a kernel's process is asked for; plain JSON. */
export type KernelRequest =
  | { readonly kind: "evaluate"; readonly ask: EvaluateRequest }
  /** loads cells and reads the frames that they read */
  | { readonly kind: "warm"; readonly version: ViewedVersion | null }
  | { readonly kind: "rows"; readonly ask: RowsRequest }
  /** one block of it; from the row `start` on */
  | { readonly kind: "csv"; readonly ask: CsvRequest; readonly start: number }
  | NotebookRunRequest
  | PublishRequest;

/** Runs a notebook's cells; it ends the run that goes, as does the next one. */
export interface NotebookRunRequest {
  readonly kind: "run";
  readonly run: number;
  /** values set in the notebook, by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly fresh: NotebookRunBody["fresh"];
}

export interface PublishRequest {
  readonly kind: "publish";
  readonly run: number;
  readonly runId: string;
}

/** An order, with the number under which it is answered. */
export interface NumberedRequest {
  readonly id: number;
  readonly order: KernelRequest;
}

/** What an order came to. */
export interface KernelAnswer {
  /** JSON, as it is sent to who asked */
  readonly text: string;
  /** the evaluation that holds what it tells */
  readonly evaluation?: string;
}

/** The answer to an order. */
export type KernelReply =
  | ({ readonly id: number; readonly ok: true } & KernelAnswer)
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** One block of a CSV. */
export interface CsvAnswer {
  readonly csv: string;
  /** the row with which the next block begins; null after the last one */
  readonly next: number | null;
}

/** What a run of a notebook came to. */
export interface NotebookRunAnswer {
  /** `outdated`: what Node itself loads has changed since, so that it has to go in a new process */
  readonly status: RunStatus | "outdated";
  readonly error: NotebookError | null;
}

/** A cell whose own code runs. */
export interface ComputingCell {
  readonly name: string;
  /** ISO 8601, UTC */
  readonly startedAt: string;
  /** asked cells that wait for it, in file order */
  readonly below: readonly string[];
}

/**
 * How far an order is, told whenever a cell's code is called and when it has ended: a loop that never
 * ends lets nothing be told later. It is short, since what is long leaves only once the code pauses.
 */
export interface RequestProgress {
  /** of the order */
  readonly id: number;
  readonly version: number | null;
  readonly commit: string | null;
  /** as far as inputs were read */
  readonly invalid: readonly InvalidInput[];
  /** the cells asked for, in file order */
  readonly asked: readonly string[];
  /** the one whose code has not paused since it was called, or else all that have not ended */
  readonly computing: readonly ComputingCell[];
  /** whether a button is pressed: what that starts must not be started twice */
  readonly isPress: boolean;
}

/** Tells how far an order is. */
export type ReportProgress = (standing: Omit<RequestProgress, "id">) => void;

/** What whoever carries out an order minds. */
export interface RequestContext {
  readonly signal: AbortSignal;
  readonly tell: ReportProgress;
}

/** Carries out the orders of a kernel's process. */
export interface KernelSession {
  /** @throws {HexError} why it cannot be, with secrets still in its message */
  answer(order: KernelRequest, context: RequestContext): Promise<KernelAnswer>;
  /** A message as those who ask may read it. */
  redact(message: string): string;
  close(): Promise<void>;
}

/** Where a cell's result came from. */
export type ResultSource = "code" | "memory" | "store";

/** What a notebook's process tells; lines, progress and beginnings of cells come as a run's events. */
export type NotebookReport =
  /** what went before has let go */
  | { readonly type: "run-begun"; readonly run: number }
  /** the project's files were read */
  | {
      readonly type: "project-read";
      readonly title: string;
      readonly cells: readonly DescribedCell[];
      /** what has to be watched besides the cells and the config; some may have to stay absent */
      readonly files: readonly string[];
    }
  | { readonly type: "project-unread"; readonly error: NotebookError }
  | {
      readonly type: "cell-ended";
      /** without an output when it shows what it showed before */
      readonly cell: Omit<CellResult, "error">;
      readonly error: NotebookError | null;
      readonly source: ResultSource;
      /** names the rows that it shows now; null when it shows nothing new */
      readonly rowsKey: string | null;
    };

/** What such a process tells its parent, by name. */
export const KERNEL_CALLS = {
  ready: "kernel-ready",
  standing: "kernel-standing",
  reply: "kernel-reply",
  report: "notebook-reported",
};

/** What the parent tells it. */
export const KERNEL_NOTES = { order: "kernel-order", drop: "kernel-drop" };
