import { LineRateLimit, toPlainLine } from "../../process/line-reader.ts";
import type { RunEvent } from "../run-event.ts";

type Progressed = Extract<RunEvent, { type: "cell-progressed" }>;

/** An eye does not follow more than ten changes a second. */
const STEP_MS = 100;

/** Lets events through in order, but of each cell's progress only the latest, now and then. */
export class EventThrottle {
  readonly #emit: (event: RunEvent) => void;
  readonly #now: () => number;
  /** when a cell's progress was last told */
  readonly #toldMs = new Map<string, number>();
  /** the progress of a cell that has yet to be told */
  readonly #waiting = new Map<string, Progressed>();
  readonly #rate: LineRateLimit;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds; only the distance between two calls counts */
  constructor(emit: (event: RunEvent) => void, now = () => performance.now()) {
    this.#emit = emit;
    this.#now = now;
    this.#rate = new LineRateLimit((line) => emit({ type: "line-logged", line }), now);
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case "cell-progressed":
        this.#progress({ ...event, message: toPlainLine(event.message) });
        break;
      case "line-logged":
        if (this.#rate.admits()) this.#emit({ ...event, line: toPlainLine(event.line) });
        break;
      case "cell-ended":
        this.#report(event.cell.name);
        this.#emit(event);
        break;
      case "run-ended":
        this.close();
        this.#emit(event);
        break;
      case "run-started":
      case "cell-started":
        this.#emit(event);
        break;
    }
  }

  /** Emits all that still waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const name of this.#waiting.keys()) this.#report(name);
    this.#rate.close();
  }

  #progress(event: Progressed): void {
    const sinceMs = this.#now() - (this.#toldMs.get(event.name) ?? Number.NEGATIVE_INFINITY);
    this.#waiting.set(event.name, event);
    if (sinceMs >= STEP_MS) this.#report(event.name);
    else this.#timer ??= setTimeout(() => this.#reportAll(), STEP_MS);
  }

  #reportAll(): void {
    this.#timer = undefined;
    for (const name of this.#waiting.keys()) this.#report(name);
  }

  #report(name: string): void {
    const event = this.#waiting.get(name);
    if (event === undefined) return;
    this.#waiting.delete(name);
    this.#toldMs.set(name, this.#now());
    this.#emit(event);
  }
}
