import { parseDuration } from "../cell/duration.ts";
import type { RequestedInput } from "../cell/requested-input.ts";
import { type ErrorCode, expectation, HexError } from "../errors.ts";
import type { RunResult } from "../run/run-event.ts";

/** Options of every command. */
export interface MainOptions {
  /** URL of the module that cells get when they import "hex-runtime" */
  readonly runtimeUrl: string;
}

/** The flags of every command, as commander hands them over. */
export interface CommandFlags {
  readonly project: string;
  /** only of commands that have it */
  readonly json?: true;
}

/** The value that `--input name=value` asks for. @throws {HexError} HEX_USAGE */
export function parseInputFlag(flag: string): [string, RequestedInput] {
  const equals = flag.indexOf("=");
  if (equals < 1) {
    throw expectation("HEX_USAGE", {
      place: "--input",
      expected: "name=value",
      got: JSON.stringify(flag),
    });
  }
  const name = flag.slice(0, equals);
  return [name, { value: flag.slice(equals + 1), form: "text", place: `--input ${name}` }];
}

/** @throws {HexError} HEX_USAGE */
export function parsePort(text: string): number {
  return parseWholeNumber(text, "--port", { from: 0, to: 65_535 });
}

/** @throws {HexError} HEX_USAGE */
export function parseWholeNumber(
  text: string,
  place: string,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  const expected = `a whole number from ${from} to ${to}`;
  throw expectation("HEX_USAGE", { place, expected, got: JSON.stringify(text) });
}

/** Milliseconds. @throws {HexError} HEX_USAGE */
export function parseDurationFlag(text: string, place: string): number {
  try {
    return parseDuration(text, place);
  } catch (cause) {
    throw cause instanceof HexError ? new HexError("HEX_USAGE", cause.message) : cause;
  }
}

/** One of several words. @throws {HexError} HEX_USAGE */
export function parseWord<Word extends string>(
  text: string,
  place: string,
  words: readonly Word[],
): Word {
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  const expected = `one of ${words.join(", ")}`;
  throw expectation("HEX_USAGE", { place, expected, got: JSON.stringify(text) });
}

/**
 * Does something that SIGINT and SIGTERM abort, with HEX_CANCELLED and a message as the reason. A
 * second signal ends the process at once.
 */
export async function untilInterrupted<Result>(
  message: string,
  act: (stop: AbortController) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort(new HexError("HEX_CANCELLED", message));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    return await act(stop);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Waits until a signal is aborted. */
export async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

export const EXIT_COMPLETED = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;
const EXIT_STORE = 3;
const EXIT_INTERRUPTED = 130;

/** The exit code that a failure of each kind ends with. */
export function toExitCode(code: ErrorCode): number {
  switch (code) {
    case "HEX_USAGE":
    case "HEX_CONFIG_INVALID":
    case "HEX_SECRET_MISSING":
    case "HEX_INPUT_INVALID":
    case "HEX_CELL_INVALID":
    case "HEX_CELL_CYCLE":
    case "HEX_KEY_INVALID":
    case "HEX_NAME_TAKEN":
    case "HEX_KEY_REUSED":
    case "HEX_JOB_INVALID":
    case "HEX_RUN_UNKNOWN":
    case "HEX_OUTPUT_UNKNOWN":
      return EXIT_WRONG_USE;
    case "HEX_STORE_UNAVAILABLE":
    case "HEX_QUEUE_UNAVAILABLE":
      return EXIT_STORE;
    case "HEX_CANCELLED":
      return EXIT_INTERRUPTED;
    case "HEX_CELL_FAILED":
    case "HEX_NOT_COMPUTED":
    case "HEX_FRAME_INVALID":
    case "HEX_DATA_INVALID":
    case "HEX_SCHEMA_CHANGED":
    case "HEX_STORE_DAMAGED":
    case "HEX_SOURCE_UNAVAILABLE":
    case "HEX_PACKAGE_MISSING":
    case "HEX_RUN_SUPERSEDED":
    case "HEX_RUN_CRASHED":
    case "HEX_RUN_TIMEOUT":
    case "HEX_TOO_BUSY":
    case "HEX_OUTPUT_GONE":
    case "HEX_PRESS_UNKNOWN":
      return EXIT_FAILED;
  }
}

export function toRunExitCode({ error }: Pick<RunResult, "error">): number {
  return error === undefined ? EXIT_COMPLETED : toExitCode(error.code);
}
