import type { ErrorCode } from "../../errors.ts";
import type { RunEvent, RunResult } from "../run-event.ts";

/** A task of a run process: ids and inputs, plain JSON; its kind tells the program the rest. */
export interface ProcessTask {
  readonly kind: string;
}

/** Messages to a run process, in order. */
export type ToProcess =
  /** the one thing it is to do */
  | { readonly type: "task-given"; readonly task: ProcessTask }
  /** stop: the reason ends up in the run's signal */
  | { readonly type: "cancel-requested"; readonly code: ErrorCode; readonly message: string }
  /** the answer to a call */
  | { readonly type: "call-answered"; readonly id: number; readonly answer: CallAnswer }
  /** something the parent has to say about an earlier call, such as that a lease was lost */
  | { readonly type: "note-sent"; readonly name: string; readonly payload: unknown };

/** Messages of a run process. */
export type FromProcess =
  /** all code is loaded: a task can be given */
  | { readonly type: "process-ready" }
  | { readonly type: "event-emitted"; readonly event: RunEvent }
  /** asks the parent for something that only it can do */
  | {
      readonly type: "call-made";
      readonly id: number;
      readonly name: string;
      readonly payload: unknown;
    }
  /** tells the parent something to which no answer is needed */
  | { readonly type: "note-made"; readonly name: string; readonly payload: unknown }
  /** the task has ended; the process exits after it */
  | { readonly type: "task-ended"; readonly ending: TaskEnding }
  /** something was thrown that nobody caught; the process exits after it */
  | { readonly type: "process-failed"; readonly message: string };

/** An answer, or an expected failure by its code. */
export type CallAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Ending of a task: small and plain; anything large is in the store. */
export type TaskEnding =
  | { readonly status: "done"; readonly value: unknown }
  | { readonly status: "failed"; readonly code: ErrorCode; readonly message: string };

/** A run's result without what its cells showed: that is in the store. */
export type RunSummary = Omit<RunResult, "cells"> & {
  readonly cells: readonly Omit<RunResult["cells"][number], "output">[];
};

/** The variable that all members of a run's process tree carry. */
export const MARK_NAME = "HEX_PROCESS_MARK";
