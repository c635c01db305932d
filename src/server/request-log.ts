import type { Redact } from "../run/redact/redactor.ts";

/** A line of the server's log, as data. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  /** what happened: `request`, `worker-started` */
  readonly event: string;
  readonly [key: string]: unknown;
}

/** Writes an entry to the log, redacted. */
export type Log = (entry: LogEntry) => void;

const LONGEST_TEXT = 4_000;
const LONGEST_LINE = 64_000;
const TOKEN = /hxt[pw](_|%5f)[0-9a-f]+/gi;
const CREDENTIALS = /\b(bearer|basic)\s+[\w.~+/=-]+/gi;

/**
 * A log that writes lines of JSON without secrets, tokens and credentials, and without characters that
 * could forge a line or move a terminal's cursor.
 *
 * @param write gets each line, with its end, and the entry that it is of
 */
export function toLog(redact: Redact, write: (line: string, entry: LogEntry) => void): Log {
  return (entry) => {
    const redacted = redact({ at: new Date().toISOString(), ...entry }, "entry");
    const json = JSON.stringify(redacted);
    write(`${isPlain(json) ? json : toShownLine(redacted)}\n`, entry);
  };
}

/** Whether nothing in a line has to be hidden, cut or escaped, as in that of nearly every request. */
function isPlain(json: string): boolean {
  return json.length <= LONGEST_TEXT && json.search(SUSPICIOUS) < 0;
}

function toShownLine(redacted: { readonly at: string } & LogEntry): string {
  const json = JSON.stringify(redacted, (_key, value: unknown) =>
    typeof value === "string" ? toShownText(value) : value,
  );
  return json.length <= LONGEST_LINE ? json : JSON.stringify({ ...pick(redacted), cut: true });
}

/** The common keys of an entry that is too long. */
function pick({ at, level, event }: { readonly at: string } & LogEntry) {
  return { at, level, event };
}

function toShownText(text: string): string {
  const cut = text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
  const hidden = cut.replace(TOKEN, "[TOKEN]").replace(CREDENTIALS, "$1 [CREDENTIALS]");
  return hidden.replace(UNSEEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Signs that JSON leaves as they are though a terminal or an editor acts upon them. */
const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const SUSPICIOUS = new RegExp(`hxt[pw]|bearer|basic|${UNSEEN.source}`, "i");

/** How long a line about an answered request waits for others; milliseconds. */
const BATCH_MS = 50;
const BATCH_LENGTH = 2 ** 16;

/**
 * Writes lines to standard error: those about answered requests together, a few times a second; any
 * other at once, after those before it. Whatever waits is written before the process exits.
 */
export class StandardError {
  readonly #out: (lines: string) => void;
  #waiting = "";
  #timer: NodeJS.Timeout | undefined;

  /** @param out writes lines; default: to standard error */
  constructor(out: (lines: string) => void = (lines) => process.stderr.write(lines)) {
    this.#out = out;
  }

  readonly write = (line: string, { level, event }: LogEntry): void => {
    this.#waiting += line;
    const mayWait = level === "info" && event === "request" && this.#waiting.length < BATCH_LENGTH;
    if (!mayWait) this.flush();
    else if (this.#timer === undefined) {
      process.once("exit", this.flush);
      this.#timer = setTimeout(this.flush, BATCH_MS);
    }
  };

  readonly flush = (): void => {
    clearTimeout(this.#timer);
    process.off("exit", this.flush);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = "";
    if (lines !== "") this.#out(lines);
  };
}
