/** The codes by which programs tell failures apart; messages are for people and may change. */
const ERROR_CODES = [
  /** the command line was used wrongly: unknown flag, missing value, bad context */
  "HEX_USAGE",
  /** hex.config.json is missing, not JSON, or breaks a rule */
  "HEX_CONFIG_INVALID",
  /** a secret that the config lists has no value */
  "HEX_SECRET_MISSING",
  /** an input is unknown or its value breaks the widget's rule */
  "HEX_INPUT_INVALID",
  /** a cell file cannot be read as a cell: syntax, shape, name, import */
  "HEX_CELL_INVALID",
  /** cells depend on each other in a loop */
  "HEX_CELL_CYCLE",
  /** a cell threw, or returned what no output can show */
  "HEX_CELL_FAILED",
  /** a cached frame is read that no run has published yet */
  "HEX_NOT_COMPUTED",
  /** rows, columns or values do not fit the frame's schema */
  "HEX_FRAME_INVALID",
  /** a CSV or Arrow file does not hold what its schema says */
  "HEX_DATA_INVALID",
  /** a frame name or store key breaks the naming rule */
  "HEX_KEY_INVALID",
  /** what the store holds does not match its manifest, or the manifest cannot be read */
  "HEX_STORE_DAMAGED",
  /** a frame lost or retyped a column that cells below it read; it was not published */
  "HEX_SCHEMA_CHANGED",
  /** a CSV that no run has published lies where a frame's newest CSV is to go; nothing was published */
  "HEX_NAME_TAKEN",
  /** the store cannot be reached or refuses us: network, credentials, bucket, disk */
  "HEX_STORE_UNAVAILABLE",
  /** the queue cannot be reached or refuses us: file, network, credentials */
  "HEX_QUEUE_UNAVAILABLE",
  /** a database that a cell reads from cannot be reached or refuses us: network, password, right */
  "HEX_SOURCE_UNAVAILABLE",
  /** a job or a request for a run breaks the queue's rules */
  "HEX_JOB_INVALID",
  /** no run of this id is known */
  "HEX_RUN_UNKNOWN",
  /** the process of a run ended before the run did: it exited, was killed, or had no memory left */
  "HEX_RUN_CRASHED",
  /** no run of this id has shown anything under this cell's name */
  "HEX_OUTPUT_UNKNOWN",
  /** what a cell showed is no longer kept, or was too large to be */
  "HEX_OUTPUT_GONE",
  /** a button was pressed, and whether that took effect is not known */
  "HEX_PRESS_UNKNOWN",
  /** too many viewers wait for what cells show */
  "HEX_TOO_BUSY",
  /** the run took longer than it may */
  "HEX_RUN_TIMEOUT",
  /** the same idempotency key came with another request */
  "HEX_KEY_REUSED",
  /** an optional package or a program that the code asks for is not installed */
  "HEX_PACKAGE_MISSING",
  /** another run took over before this one could publish */
  "HEX_RUN_SUPERSEDED",
  /** the run was interrupted before it ended */
  "HEX_CANCELLED",
] as const;

/**
 * A code of a failure; the list says what each means.
 * @example
 * const code: ErrorCode = "HEX_DATA_INVALID";
 */
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * An expected failure: told to the user in one sentence, without a stack. Anything else is a bug.
 * @example
 * const toCode = (error: unknown) => (error instanceof HexError ? error.code : undefined);
 * await readCsv("missing.csv").catch(toCode); // → "HEX_DATA_INVALID"
 */
export class HexError extends Error {
  /** what programs tell failures apart by */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HexError";
    this.code = code;
  }
}

/** The parts of the one sentence in which every expected failure is told. */
export interface Expectation {
  /** where: a config key, a flag, a file and line, a column and row */
  readonly place: string;
  /** what would have been right, to follow "to be" */
  readonly expected: string;
  /** what was there instead, ready to print */
  readonly got: string;
  /** what to do next */
  readonly hint?: string;
}

/** Builds the sentence *Expected `place` to be X, got Y (hint)* under its code. */
export function expectation(
  code: ErrorCode,
  { place, expected, got, hint }: Expectation,
  options?: ErrorOptions,
): HexError {
  const advice = hint === undefined ? "" : ` (${hint})`;
  return new HexError(code, `Expected ${place} to be ${expected}, got ${got}${advice}`, options);
}

/** A found value as text for a message: never long, never a failure. */
export function toFound(value: unknown): string {
  try {
    return value === undefined ? "nothing" : (JSON.stringify(value) ?? typeof value).slice(0, 80);
  } catch {
    // JSON that can be read may be too deep to be written.
    return "something too deep to show";
  }
}

/** The text of anything that can be thrown. */
export function toMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
