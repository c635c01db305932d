import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { LogLine } from "../run/history/run-log.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { CellProgress } from "../work/run-progress.ts";
import { openStreams, type ServerEvent } from "./event-stream.ts";
import { RunFeeds, type RunSnapshot } from "./run-feed.ts";
import type { Served } from "./served.ts";

/** The JSON of a run in its events. */
type ToRun = (record: RunRecord) => object;

/**
 * The events of a run that one listener lacks: its state, the progress of its cells, its log from a
 * cursor on, and its end. A slow listener gets only the latest states, but every line of the log.
 * @internal
 */
export class RunEvents {
  readonly #toRun: ToRun;
  readonly #cells = new Map<string, CellProgress>();
  #cursor: LogCursor;
  #lines: RunSnapshot["lines"] = [];
  /** of the first line that was not sent yet */
  #place = 0;
  #run = "";
  #isOver = false;

  /** @param cursor the end of what the listener knows of the log */
  constructor(cursor: LogCursor, toRun: ToRun) {
    this.#cursor = cursor;
    this.#toRun = toRun;
  }

  /** Whether the end was sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next event; undefined as long as nothing is new. */
  next({ record, cells, lines }: RunSnapshot): ServerEvent | undefined {
    if (this.#isOver) return undefined;
    const run = `${record.state} ${record.attempts.length}`;
    if (run !== this.#run) {
      this.#run = run;
      return this.#toEvent("run-changed", this.#toRun(record));
    }
    for (const cell of cells.values()) {
      if (this.#cells.get(cell.name) === cell) continue;
      this.#cells.set(cell.name, cell);
      return this.#toEvent("cell-changed", cell);
    }
    if (lines !== this.#lines) this.#place = findUnknown(lines, this.#cursor);
    this.#lines = lines;
    const line = lines[this.#place];
    if (line !== undefined) {
      this.#place += 1;
      this.#cursor = passLine(this.#cursor, line);
      return this.#toEvent("line-logged", line);
    }
    if (!isFinal(record.state)) return undefined;
    this.#isOver = true;
    return this.#toEvent("run-ended", this.#toRun(record));
  }

  #toEvent(name: string, data: object): ServerEvent {
    return { name, data, id: toEventId(this.#cursor) };
  }
}

/**
 * A place in a log: all lines before an instant, and a count of lines at that instant. It stays right
 * when the oldest lines of the log are dropped.
 */
export interface LogCursor {
  /** milliseconds since 1970 */
  readonly atMs: number;
  readonly count: number;
}

/** @internal */
export const LOG_START: LogCursor = { atMs: 0, count: 0 };

/** The index of the first line after a cursor. */
export function findUnknown(lines: readonly LogLine[], { atMs, count }: LogCursor): number {
  const isLater = (line: LogLine) => Date.parse(line.at) > atMs;
  const known = lines.findIndex((line) => Date.parse(line.at) >= atMs);
  if (known === -1) return lines.length;
  const later = lines.findIndex(isLater);
  return Math.min(known + count, later === -1 ? lines.length : later);
}

/** The cursor one line further. */
export function passLine({ atMs, count }: LogCursor, line: LogLine): LogCursor {
  const lineMs = Date.parse(line.at);
  return lineMs === atMs ? { atMs, count: count + 1 } : { atMs: lineMs, count: 1 };
}

/** The text of a cursor, as the id of an event. */
export function toEventId({ atMs, count }: LogCursor): string {
  return `${atMs}-${count}`;
}

/** The cursor of an event's id; the log's start for any other text. */
export function parseEventId(text: string | string[] | undefined): LogCursor {
  const [, atMs, count] = /^(\d{1,15})-(\d{1,9})$/.exec(String(text ?? "")) ?? [];
  return atMs === undefined ? LOG_START : { atMs: Number(atMs), count: Number(count) };
}

type StreamRun = (
  request: FastifyRequest,
  reply: FastifyReply,
  run: { readonly record: RunRecord; readonly toRun: ToRun },
) => void;

/** Answers requests with the events of runs, each until its end. */
export function openRunStreams(app: FastifyInstance, served: Served): StreamRun {
  const { runs, log } = served;
  const onWarning = (message: string) => log({ level: "warn", event: "run-unseen", message });
  const feeds = new RunFeeds({ runs, onWarning });
  const stream = openStreams(app, served.findCaller);
  return (request, reply, { record, toRun }) => {
    const events = new RunEvents(parseEventId(request.headers["last-event-id"]), toRun);
    const feed = feeds.open(record);
    stream(request, reply, {
      look: () => {
        const { snapshot } = feed;
        return () => {
          const event = snapshot && events.next(snapshot);
          return event && { ...event, data: runs.redact(event.data, "answer") };
        };
      },
      listen: (onNews) => feed.listen(onNews),
      isOver: () => events.isOver,
    });
  };
}
