import * as v from "valibot";
import { damage, type StoredPlace, text, time, word } from "./stored-json.ts";

/** What a run's log may hold, in bytes of its object. */
export const LOG_LIMIT_BYTES = 2 ** 20;
const LONGEST_TEXT = 16_000;
/** for the line that says what was left out */
const NOTE_BYTES = 200;

const STREAMS = ["stdout", "stderr"] as const;

const LogLine = v.object({
  /** ISO 8601, UTC */
  at: time,
  /** the cell that it comes from; absent when it comes from the run itself */
  cell: v.exactOptional(word),
  /** where a process wrote it; absent when it was logged as such */
  stream: v.exactOptional(v.picklist(STREAMS, `one of ${STREAMS.join(", ")}`)),
  text,
});

/** A line of a run's log. */
export type LogLine = Readonly<v.InferOutput<typeof LogLine>>;

/**
 * The bytes of a log; the oldest lines that have no room are left out, and the first line says so.
 *
 * @param left how many lines were left out before these
 */
export function toLogBytes(lines: readonly LogLine[], left = 0): Uint8Array {
  const kept: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const line of lines.toReversed()) {
    const bytes = toLineBytes(cutLine(line));
    if (sizeBytes + bytes.length > LOG_LIMIT_BYTES - NOTE_BYTES) break;
    sizeBytes += bytes.length;
    kept.push(bytes);
  }
  const [oldest] = lines;
  const missing = left + lines.length - kept.length;
  if (missing > 0 && oldest !== undefined) kept.push(toLineBytes(toNote(oldest, missing)));
  return Buffer.concat(kept.reverse());
}

/** A line as it is kept. */
export function toLineBytes(line: LogLine): Uint8Array {
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

/** A line that is not so long that a few of them push out all others. */
export function cutLine(line: LogLine): LogLine {
  if (line.text.length <= LONGEST_TEXT) return line;
  return { ...line, text: `${line.text.slice(0, LONGEST_TEXT)}…` };
}

/**
 * Reads the lines of a log.
 *
 * @throws {HexError} HEX_STORE_DAMAGED
 */
export function parseLog(bytes: Uint8Array, { key, location }: StoredPlace): readonly LogLine[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  // What follows the last line break is nothing, or a line that broke off.
  const broken = lines.pop();
  if (broken !== "") throw damage(`\`${key}\` in ${location}`, "whole lines", "half a line");
  return lines.map((line, index) => {
    const parsed = v.safeParse(LogLine, toJson(line));
    if (parsed.success) return parsed.output;
    const place = `line ${index + 1} of \`${key}\` in ${location}`;
    throw damage(place, "a line of a log", line.slice(0, 80));
  });
}

function toNote({ at }: LogLine, left: number): LogLine {
  const lines =
    left === 1 ? "The first line has" : `The first ${left.toLocaleString("en")} lines have`;
  return { at, text: `${lines} been left out: a log holds up to 1 MiB.` };
}

function toJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // No JSON: the caller tells it.
    return undefined;
  }
}
