import { type Readable, Transform } from "node:stream";
import { expectation } from "../../errors.ts";
import { LineReader, toPlainLine } from "../../process/line-reader.ts";
import { shorten } from "../../text.ts";
import type { FromCommandOptions } from "./command-options.ts";

const LONGEST_MESSAGE = 200;

/** What a program says: lines of the cell's log, and how far it is. */
export class CommandLines {
  readonly #context: FromCommandOptions["context"];
  readonly #progress: RegExp | undefined;
  readonly #readers: LineReader[] = [];
  /** the last line of the log that is not empty */
  last: string | undefined;

  /** @throws {HexError} HEX_CELL_FAILED for a pattern without one or two groups */
  constructor(context: FromCommandOptions["context"], progress: RegExp | undefined) {
    if (progress !== undefined) checkGroups(progress);
    this.#context = context;
    // A pattern that remembers where it was would miss every second line.
    this.#progress = progress && new RegExp(progress.source, progress.flags.replace(/[gy]/g, ""));
  }

  /** Takes lines until the stream ends. */
  async read(stream: Readable | undefined): Promise<void> {
    if (stream === undefined) return;
    const reader = new LineReader(stream.pipe(withReturnsAsLineEnds()), (line) => this.#take(line));
    this.#readers.push(reader);
    await reader.readToEnd();
  }

  /** Gives the last lines, ended or not. */
  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  #take(line: string): void {
    const text = toPlainLine(line.trimEnd());
    if (text === "" || this.#isProgress(text)) return;
    this.last = text;
    this.#context.log(text);
  }

  #isProgress(line: string): boolean {
    const found = this.#progress?.exec(line);
    if (!found) return false;
    const fraction = toFraction(found);
    if (fraction === undefined) return false;
    this.#context.progress(fraction, shorten(line.trim(), LONGEST_MESSAGE));
    return true;
  }
}

/** How far a match says the program is, 0 to 1; undefined where its groups are no numbers. */
function toFraction(found: RegExpExecArray): number | undefined {
  const [whole, first = "", second] = found;
  const number = toNumber(first);
  const total = second === undefined ? 1 : toNumber(second);
  if (number === undefined || total === undefined || total <= 0) return undefined;
  const rest = whole.slice(whole.indexOf(first) + first.length) + after(found);
  const isPercent = second === undefined && (number > 1 || /%$/.test(first) || /^\s*%/.test(rest));
  return Math.min(1, Math.max(0, number / (isPercent ? 100 : total)));
}

/** What stands behind a match in its line. */
function after({ 0: whole, index, input }: RegExpExecArray): string {
  return input.slice(index + whole.length);
}

function toNumber(text: string): number | undefined {
  const plain = text.replace(/[%\s]/g, "").replace(/,(?=\d{3}\b)/g, "");
  const number = plain === "" ? Number.NaN : Number(plain.replace(",", "."));
  return Number.isFinite(number) ? number : undefined;
}

function checkGroups({ source, flags }: RegExp): void {
  const groups = (new RegExp(`${source}|`, flags).exec("")?.length ?? 1) - 1;
  if (groups === 1 || groups === 2) return;
  throw expectation("HEX_CELL_FAILED", {
    place: "the option `progress` of fromCommand",
    expected: "a pattern with one group (a fraction or a percentage) or two (n of m)",
    got: `${groups} groups in /${source}/`,
  });
}

/** Bars return to the beginning of their line: each of their states is a line of its own. */
function withReturnsAsLineEnds(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // The program's bytes are ours to change; those of letters are never this one.
      for (let at = chunk.indexOf(13); at >= 0; at = chunk.indexOf(13, at + 1)) chunk[at] = 10;
      done(null, chunk);
    },
  });
}
