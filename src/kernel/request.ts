import type { CellNode } from "../cell/cell-node.ts";
import { type ErrorCode, expectation, HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { DescribedCell } from "../project/project-description.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CellResult, RunStatus } from "../run/run-event.ts";
import type {
  CsvRequest,
  EvaluateRequest,
  InvalidInput,
  RowsRequest,
  ViewedVersion,
} from "./evaluation.ts";
import type { NotebookError, NotebookRunBody } from "./notebook-state.ts";

/** The task of a kernel's process: it lives until it is ended. */
export interface KernelTask {
  /** `viewers` looks at pinned versions and writes nothing; `notebook` may compute heavy cells */
  readonly kind: "viewers" | "notebook";
  readonly directory: string;
}

/** A request to a kernel's process; plain JSON. */
export type KernelRequest =
  | SessionRequest
  | { readonly kind: "rows"; readonly query: RowsRequest }
  /** one block of it, written over the file `into`, which is that download's own */
  | {
      readonly kind: "csv";
      readonly query: CsvRequest;
      readonly block: number;
      readonly into: string;
    };

/** A request that is carried out by one kind of kernel alone. */
export type SessionRequest =
  | { readonly kind: "evaluate"; readonly query: EvaluateRequest }
  /** loads cells and reads the frames that they read */
  | { readonly kind: "warm"; readonly version: ViewedVersion | null }
  | NotebookRequest;

/** Runs a notebook's cells; it ends the run before it. */
export type NotebookRequest =
  | {
      readonly kind: "run";
      readonly run: number;
      /** values set in the notebook, by input name */
      readonly inputs: Readonly<Record<string, unknown>>;
      readonly fresh: NotebookRunBody["fresh"];
    }
  | { readonly kind: "publish"; readonly run: number; readonly runId: string };

export interface NumberedRequest {
  /** the number under which it is answered */
  readonly id: number;
  readonly request: KernelRequest;
}

export interface KernelAnswer {
  /** JSON, as it is sent to the caller */
  readonly text: string;
  /** the evaluation that holds the results */
  readonly evaluation?: string;
}

export type KernelReply =
  | ({ readonly id: number; readonly ok: true } & KernelAnswer)
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** One block of a CSV, as it was written into its file. */
export interface CsvAnswer {
  /** 0 after the last one */
  readonly sizeBytes: number;
}

/** How a run of a notebook ended. */
export interface NotebookRunAnswer {
  /** `outdated`: modules that Node caches have changed, so that it needs a new process */
  readonly status: RunStatus | "outdated";
  readonly error: NotebookError | null;
}

/** A cell whose own code runs. */
export interface ComputingCell extends Pick<CellNode, "name"> {
  /** ISO 8601, UTC */
  readonly startedAt: string;
  /** cells asked for that wait for it, in file order */
  readonly below: readonly string[];
}

/**
 * How far a request is, reported whenever a cell's code is called and when it has ended: during a
 * loop that never ends nothing is sent. It is short, since a long message leaves only once the code
 * pauses.
 */
export interface RequestProgress {
  /** of the request */
  readonly id: number;
  readonly version: number | null;
  readonly commit: string | null;
  /** as far as inputs were read */
  readonly invalid: readonly InvalidInput[];
  /** the cells asked for, in file order */
  readonly asked: readonly string[];
  /** the one whose code has not paused since it was called, or else all that have not ended */
  readonly computing: readonly ComputingCell[];
  /** whether a button is pressed: a press is carried out once */
  readonly isPress: boolean;
}

export interface RequestContext {
  readonly signal: AbortSignal;
  readonly report: (progress: Omit<RequestProgress, "id">) => void;
}

/** A project that is open in a kernel's process. */
export interface KernelSession {
  /** takes secrets out of rows */
  readonly redact: Redact;
  /** Carries out a request. @throws {HexError} with secrets still in its message */
  answer(request: SessionRequest, context: RequestContext): Promise<KernelAnswer>;
  /**
   * The whole frame that a cell shows in an evaluation.
   * @throws {HexError} HEX_OUTPUT_GONE, HEX_OUTPUT_UNKNOWN
   */
  findShown(query: CsvRequest): Frame | Promise<Frame>;
  /** A message as callers may read it. */
  toMessage(message: string): string;
  close(): Promise<void>;
}

/** Where a cell's result came from. */
export type ResultSource = "code" | "memory" | "store";

/** A report of a notebook's process; lines, progress and beginnings of cells come as a run's events. */
export type NotebookReport =
  /** the run before has let go */
  | { readonly type: "run-begun"; readonly run: number }
  /** the project's files were read */
  | {
      readonly type: "project-read";
      readonly title: string;
      readonly cells: readonly DescribedCell[];
      /** files to watch besides the cells and the config; some may have to stay absent */
      readonly files: readonly string[];
    }
  | { readonly type: "project-unread"; readonly error: NotebookError }
  | {
      readonly type: "cell-ended";
      /** without an output when it shows the same as before */
      readonly cell: Omit<CellResult, "error">;
      readonly error: NotebookError | null;
      readonly source: ResultSource;
      /** names the rows that it shows now; null when it shows nothing new */
      readonly rowsKey: string | null;
    };

/** Notes of such a process to its parent, and of the parent to it. */
export const KERNEL_NOTES = {
  ready: "kernel-ready",
  progress: "kernel-progress",
  reply: "kernel-reply",
  report: "notebook-report",
  /** a cell has tried what only a process of its own can do */
  lack: "thread-lack",
  request: "kernel-request",
  cancel: "kernel-cancel",
};

/** A request from when it is made until its caller is answered, or waits no more. */
export class PendingRequest {
  readonly request: KernelRequest;
  readonly answer: Promise<KernelAnswer>;
  resolve: (answer: KernelAnswer) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;
  /** its number in the process that carries it out */
  id = 0;
  /** cancels it in that process; undefined while it waits in line */
  cancel: (() => void) | undefined;
  sentMs = 0;
  deadline: NodeJS.Timeout | undefined;
  /** undefined until a cell's code was called for it */
  progress: RequestProgress | undefined;
  /** whether a process has ended under it before */
  wasRescued = false;

  constructor(request: KernelRequest) {
    this.request = request;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get isComputing(): boolean {
    return this.progress !== undefined && this.progress.computing.length > 0;
  }

  /** Makes it ready to be sent to another process. */
  rescue(): void {
    this.wasRescued = true;
    this.cancel = undefined;
    this.progress = undefined;
  }
}

/** The failure of a request for something that is not held any more. */
export function goneError(
  place: string,
  got: string,
  hint: string,
  options?: ErrorOptions,
): HexError {
  const facts = { place, expected: "kept", got: `${got} that is there no more`, hint };
  return expectation("HEX_OUTPUT_GONE", facts, options);
}

export function goneEvaluation(cell: string): HexError {
  return goneError(`what cell ${cell.slice(0, 80)} showed`, "an evaluation", "evaluate again");
}

/** The failure of what was computed while a column could be read from no file. */
export function lostError(place: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place,
    expected: "read to its end",
    got: "a column that is damaged in all of its files",
    hint: "ask again, or publish it anew",
  });
}

/** The failure of a request for rows of a cell that has none. */
export function showsNoTable(cell: string): HexError {
  return expectation("HEX_OUTPUT_UNKNOWN", {
    place: `cell ${cell.slice(0, 80)}`,
    expected: "one that shows a table or a chart",
    got: "one that shows neither",
  });
}

/** Cells that did not end by the deadline of a request; their process was killed for them. */
export class TimedOutCells extends HexError {
  readonly progress: RequestProgress;
  readonly limitMs: number;

  constructor(progress: RequestProgress, limitMs: number) {
    const names = progress.computing.map(({ name }) => name);
    super("HEX_RUN_TIMEOUT", toTimeoutMessage(names, limitMs));
    this.name = "TimedOutCells";
    this.progress = progress;
    this.limitMs = limitMs;
  }
}

export function timeoutError(
  limitMs: number,
  place = "the cells",
  got = "one that still went on and was stopped",
): HexError {
  return expectation("HEX_RUN_TIMEOUT", {
    place,
    expected: `done within ${limitMs / 1000} s`,
    got,
    hint: "what takes long belongs into a cached cell, which is computed ahead of time",
  });
}

export function toTimeoutMessage(names: readonly string[], limitMs: number): string {
  const place = `${names.length === 1 ? "cell" : "cells"} ${names.join(", ")}`;
  return timeoutError(limitMs, place, "longer, and was stopped").message;
}

/** So many unknown names are reported. */
const MOST_UNKNOWN = 20;

/** Reports names that no input has. @param names of the inputs that there are */
export function unknownInputs(
  unknown: readonly string[],
  names: readonly string[],
): readonly InvalidInput[] {
  return unknown.slice(0, MOST_UNKNOWN).map((name) => {
    const { message } = expectation("HEX_INPUT_INVALID", {
      place: "each input in the address",
      expected:
        names.length === 0 ? "left out, since this page has none" : `one of ${names.join(", ")}`,
      got: JSON.stringify(name.slice(0, 80)),
    });
    return { name, message };
  });
}
