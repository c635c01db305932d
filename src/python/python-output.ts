import { type Readable, Transform } from "node:stream";
import { LineReader, settlesWithin, toPlainLine } from "../process/line-reader.ts";

/** What Python, and whatever it has started, prints: lines of the cell's log. */
export class PythonOutput {
  readonly #readers: readonly LineReader[];
  /** the last line that is not empty */
  last: string | undefined;

  constructor(streams: readonly (Readable | undefined)[], log: (line: string) => void) {
    const take = (line: string) => {
      const text = toPlainLine(line.trimEnd());
      if (text === "") return;
      if (!this.last?.startsWith(CRASH)) this.last = text;
      log(text);
    };
    this.#readers = streams.flatMap((stream) =>
      stream === undefined ? [] : [new LineReader(stream.pipe(asSeen()), take)],
    );
  }

  /** Waits, once the processes are dead, until all they wrote has been read. */
  async close(): Promise<void> {
    // One that the system would not let die may hold their pipes open.
    await settlesWithin(Promise.all(this.#readers.map((reader) => reader.readToEnd())));
    for (const reader of this.#readers) reader.close();
  }
}

/** Begins Python's account of a crash of native code, whose other lines are places. */
const CRASH = "Fatal Python error:";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Of a line that does not end so much is held, which is far more than a log keeps. */
const MOST_HELD = 2 ** 16;

/**
 * Lets through what stands on a terminal in the end: bars return to the beginning of their line and write
 * over what they wrote before.
 */
function asSeen(): Transform {
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const all = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = all.lastIndexOf(NEWLINE) + 1;
      if (end > 0) this.push(withoutOverwritten(all.subarray(0, end)));
      held = lastState(all.subarray(end)).subarray(0, MOST_HELD);
      done();
    },
    flush(done) {
      if (held.length > 0) this.push(held);
      done();
    },
  });
}

function withoutOverwritten(lines: Buffer): Buffer {
  if (!lines.includes(RETURN)) return lines;
  const kept: Buffer[] = [];
  let start = 0;
  for (let end = lines.indexOf(NEWLINE); end >= 0; end = lines.indexOf(NEWLINE, start)) {
    kept.push(lastState(lines.subarray(start, end)), lines.subarray(end, end + 1));
    start = end + 1;
  }
  return Buffer.concat(kept);
}

/** The text behind the last return of a line that something follows. */
function lastState(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && line[end - 1] === RETURN) end--;
  return line.subarray(line.subarray(0, end).lastIndexOf(RETURN) + 1, end);
}
