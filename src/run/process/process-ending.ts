import { type ErrorCode, type Expectation, expectation, HexError } from "../../errors.ts";
import type { TaskEnding } from "./messages.ts";

/** Why a process was asked to stop. */
export type StopReason = "cancelled" | "timeout";

/** Why a process ended without an answer. */
export type CrashReason =
  /** it exited by itself */
  | "exit"
  /** somebody else's signal, or its own abort, ended it */
  | "signal"
  /** it and its children took more memory than they may */
  | "memory"
  /** the system would not let its memory be looked at, so that it had to be killed */
  | "unwatched"
  /** the system had no room to start it now */
  | "no-room"
  /** something was thrown that nobody caught */
  | "uncaught"
  /** it ended, or was ended, before its code was loaded */
  | "failed-to-start"
  | StopReason;

export interface CrashCause {
  readonly reason: CrashReason;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** the most that was seen of the whole tree; what came and went between two looks is missing */
  readonly peakMemoryBytes: number;
  readonly memoryLimitBytes: number;
  /** what was thrown, or what Node said; null when nothing was */
  readonly message: string | null;
}

/**
 * How a run process ended, by which time all of its tree has been killed: its task is `done` with a
 * value, or has `failed` with an error that it reported, or the process `crashed` without an answer.
 */
export type ProcessEnding = (TaskEnding & Answered) | (Crash & Survived);

interface Answered extends Survived {
  /** why the task was asked to stop before it ended; null when it was not */
  readonly stop: StopReason | null;
  readonly peakMemoryBytes: number;
}

interface Crash {
  readonly status: "crashed";
  readonly cause: CrashCause;
}

interface Survived {
  /** ids of processes that the system would not let die in time; nearly always empty */
  readonly survivors: readonly number[];
}

/** A task's end without a value. */
export type TaskFailure = Exclude<TaskEnding, { readonly status: "done" }> | Crash;

/** The value of a task. @throws {HexError} the error that its ending is for its caller */
export function toValue(ending: ProcessEnding): unknown {
  if (ending.status === "done") return ending.value;
  throw toTaskError(ending);
}

/** The error that an ending without a value is for the caller of its task. */
export function toTaskError(ending: TaskFailure): HexError {
  if (ending.status === "crashed") return toCrashError(ending.cause);
  return new HexError(ending.code, ending.message);
}

/**
 * As `toFailure`, for the record of a run: a machine that is too busy for its process, or cannot watch
 * it, has crashed it.
 */
export function toRunFailure(ending: TaskFailure): HexError {
  const failure = toTaskError(ending);
  const isBusy = ending.status === "crashed" && failure.code === "HEX_TOO_BUSY";
  return isBusy ? new HexError("HEX_RUN_CRASHED", failure.message) : failure;
}

/** The error that a crash is for the caller of its task. */
export function toCrashError(cause: CrashCause): HexError {
  return expectation(toCode(cause.reason), toExpectation(cause));
}

function toCode(reason: CrashReason): ErrorCode {
  if (reason === "timeout") return "HEX_RUN_TIMEOUT";
  // This machine's fault, and likely to pass.
  if (reason === "no-room" || reason === "unwatched") return "HEX_TOO_BUSY";
  return reason === "cancelled" ? "HEX_CANCELLED" : "HEX_RUN_CRASHED";
}

function toExpectation(cause: CrashCause): Expectation {
  switch (cause.reason) {
    case "exit":
      return {
        place: "the run's process",
        expected: "going until the run ends",
        got: `exit code ${cause.exitCode}`,
        hint: "does a cell, or a package that it uses, call process.exit?",
      };
    case "signal":
      return {
        place: "the run's process",
        expected: "going until the run ends",
        got: `the signal ${cause.signal}`,
        hint: SIGNAL_HINTS[cause.signal ?? ""] ?? "something on this machine sent it",
      };
    case "memory":
      return {
        place: "the memory of the run's process",
        expected: `below ${toMebibytes(cause.memoryLimitBytes)}`,
        got: `${toMebibytes(cause.peakMemoryBytes)} when it was last looked at`,
        hint: "let the cells hold less at once, or raise the limit",
      };
    case "unwatched":
      return {
        place: "the memory of the run's process",
        expected: "seen four times a second",
        got: `nothing in ten seconds, and so it was killed (${cause.message})`,
        hint: "let whoever started it open more files (ulimit -n), or do less at once",
      };
    case "no-room":
      return noRoom(cause.message ?? "");
    case "uncaught":
      return {
        place: "the run's process",
        expected: "free of errors that nobody catches",
        got: cause.message ?? "one without a message",
        hint: "a timer, an event or a promise that is not awaited threw it",
      };
    case "failed-to-start":
      return {
        place: "the run's process",
        expected: "ready to run cells",
        got: cause.message ?? toEndOfProcess(cause),
      };
    case "timeout":
      return {
        place: "the run",
        expected: "over by its deadline",
        got: "a process that still went on and was killed",
      };
    case "cancelled":
      return {
        place: "the run",
        expected: "going on to its end",
        got: "a cancellation, and its process was killed",
      };
  }
}

function noRoom(lack: string): Expectation {
  return {
    place: "this machine",
    expected: "able to start another process",
    got: `too little room for it (${lack})`,
    hint: NO_ROOM_HINTS[lack] ?? "let it do less at once, or give it more memory",
  };
}

const TOO_MANY_FILES = "let this process open more files (ulimit -n), or do less at once";
const NO_ROOM_HINTS: Readonly<Record<string, string>> = {
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  EAGAIN: "let it start more processes (ulimit -u), or do less at once",
};

const SIGNAL_HINTS: Readonly<Record<string, string>> = {
  SIGKILL: "somebody killed it, or the system ran out of memory",
  SIGABRT: "native code gave up; the run's log may say why",
  SIGSEGV: "native code failed; the run's log may say why",
};

function toEndOfProcess({ exitCode, signal }: CrashCause): string {
  if (signal !== null) return `the signal ${signal}`;
  return exitCode === null ? "no word from it in time" : `exit code ${exitCode}`;
}

function toMebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
