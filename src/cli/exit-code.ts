import type { ErrorCode } from "../errors.ts";
import type { RunResult } from "../run/run-event.ts";

/** What the process says to the shell. */
export const EXIT_COMPLETED = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;
const EXIT_STORE = 3;
export const EXIT_INTERRUPTED = 130;

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
