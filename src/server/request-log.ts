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
 * @param write gets each line, with its end
 */
export function toLog(redact: Redact, write: (line: string) => void): Log {
  return (entry) => {
    const redacted = redact({ at: new Date().toISOString(), ...entry }, "entry");
    const json = JSON.stringify(redacted, (_key, value: unknown) =>
      typeof value === "string" ? toShownText(value) : value,
    );
    const line =
      json.length <= LONGEST_LINE ? json : JSON.stringify({ ...pick(redacted), cut: true });
    write(`${line}\n`);
  };
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
