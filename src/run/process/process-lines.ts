import type { Readable } from "node:stream";
import { LineReader, settlesWithin, toPlainLine } from "../../process/line-reader.ts";
import type { RedactLine } from "../redact/redactor.ts";

type LogStream = "stdout" | "stderr";

export type OnLine = (stream: LogStream, line: string) => void;

/** what is kept of lines that come before anybody asks for them */
const MOST_HELD = 200;
const OUT_OF_MEMORY = /^(FATAL ERROR|#).*out of memory/i;
const ERROR_LINE = /^(Uncaught )?\w*(Error|Exception)\b.*: \S/;

/** Output of a process as plain lines; however much it writes, little of it is held. */
export class ProcessLines {
  readonly #readers: readonly LineReader[];
  readonly #held: [LogStream, string][] = [];
  /** told the lines as they are plain and redacted */
  #onLine: OnLine | undefined;
  #isOutOfMemory = false;
  #firstError: string | undefined;

  constructor(streams: Readonly<Record<LogStream, Readable>>) {
    this.#readers = [
      new LineReader(streams.stdout, (line) => this.#take("stdout", line)),
      new LineReader(streams.stderr, (line) => this.#take("stderr", line)),
    ];
  }

  /** Whether V8 said that its heap is full. */
  get isOutOfMemory(): boolean {
    return this.#isOutOfMemory;
  }

  /** The first line that tells of an error. */
  get firstError(): string | undefined {
    return this.#firstError;
  }

  /** Hands over all lines from now on, and those that came before. */
  deliverTo(onLine: OnLine, redact: RedactLine): void {
    const emit: OnLine = (stream, line) => onLine(stream, toPlainLine(redact(stream, line)));
    for (const [stream, line] of this.#held.splice(0)) emit(stream, line);
    this.#onLine = emit;
  }

  /** Waits, once the processes are dead, until all they wrote has been read. */
  async close(): Promise<void> {
    // A stranger may hold their pipes open.
    await settlesWithin(Promise.all(this.#readers.map((reader) => reader.readToEnd())));
    for (const reader of this.#readers) reader.close();
  }

  #take(stream: LogStream, line: string): void {
    if (stream === "stderr") {
      this.#isOutOfMemory ||= OUT_OF_MEMORY.test(line);
      if (ERROR_LINE.test(line)) this.#firstError ??= toPlainLine(line);
    }
    if (this.#onLine !== undefined) this.#onLine(stream, line);
    else if (this.#held.length < MOST_HELD) this.#held.push([stream, line]);
  }
}
