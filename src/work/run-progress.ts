import type { CellRecord } from "../run/history/run-record.ts";
import type { RunEvent } from "../run/run-event.ts";

/** How far one cell of a run is. */
export interface CellProgress {
  readonly name: string;
  readonly status: "running" | "computed" | "read" | "kept" | "pruned" | "skipped" | "failed";
  /** 0 to 1 */
  readonly fraction: number;
  readonly message: string;
  /** ISO 8601, UTC; absent where it is not known */
  readonly startedAt?: string;
  /** milliseconds; absent while it goes */
  readonly elapsedMs?: number;
}

/** Progress of a run, for viewers elsewhere. */
export interface RunView {
  readonly cells: readonly CellProgress[];
}

/** How often the queue is told at most. */
const SEND_MS = 250;

/** Gathers what a run tells into how far it is, and hands that on a few times a second. */
export class RunProgressReporter {
  readonly #send: (view: RunView) => Promise<void>;
  readonly #now: () => number;
  readonly #cells = new Map<string, CellProgress>();
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  /** whether there is something newer than what is being told */
  #isBehind = false;

  /** @param now milliseconds since 1970 */
  constructor(send: (view: RunView) => Promise<void>, now = Date.now) {
    this.#send = send;
    this.#now = now;
  }

  readonly take = (event: RunEvent): void => {
    const cell = toCellProgress(event);
    if (cell === undefined) return;
    const { startedAt = this.#toStart(event) } = this.#cells.get(cell.name) ?? {};
    this.#cells.set(cell.name, startedAt === undefined ? cell : { startedAt, ...cell });
    this.#timer ??= setTimeout(() => this.#flush(), SEND_MS);
  };

  close(): void {
    clearTimeout(this.#timer);
    this.#isBehind = false;
  }

  /**
   * Cells of a run whose end nobody reports: running ones were interrupted now, those that had not begun
   * are unknown.
   */
  interrupt(): readonly CellRecord[] {
    return [...this.#cells.values()].map(({ name, status, startedAt, elapsedMs }) => {
      const began = startedAt === undefined ? {} : { startedAt };
      const sinceMs = startedAt === undefined ? 0 : this.#now() - Date.parse(startedAt);
      const isOpen = status === "running";
      return {
        ...{ name, status: isOpen ? "skipped" : status },
        ...began,
        elapsedMs: elapsedMs ?? (isOpen ? Math.max(0, sinceMs) : 0),
      };
    });
  }

  #toStart({ type }: RunEvent): string | undefined {
    return type === "cell-started" ? new Date(this.#now()).toISOString() : undefined;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // A queue that is slower than the run hears of the newest state when it is ready for it.
    this.#isBehind = this.#isSending;
    if (this.#isSending) return;
    this.#isSending = true;
    const sent = this.#send({ cells: [...this.#cells.values()] });
    // Progress that nobody hears of harms no run.
    sent
      .catch(() => undefined)
      .finally(() => {
        this.#isSending = false;
        if (this.#isBehind) this.#flush();
      });
  }
}

function toCellProgress(event: RunEvent): CellProgress | undefined {
  switch (event.type) {
    case "cell-started":
      return { name: event.name, status: "running", fraction: 0, message: "" };
    case "cell-progressed": {
      const { name, fraction, message } = event;
      return { name, status: "running", fraction, message };
    }
    case "cell-ended": {
      const { name, status, elapsedMs } = event.cell;
      return { name, status, fraction: 1, message: "", elapsedMs };
    }
    case "run-started":
    case "line-logged":
    case "run-ended":
      return undefined;
  }
}
