import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { LRUCache } from "lru-cache";
import type { RunHistory } from "../run/history/run-history.ts";
import { refuseForNow } from "./http-failure.ts";
import type { Log } from "./request-log.ts";

/** A maximum for each window of time, which begins with the first request in it. */
export interface RateWindow {
  readonly most: number;
  readonly windowMs: number;
}

/** Remaining requests of a caller in the tightest window. */
export interface RateLeft {
  readonly most: number;
  readonly left: number;
  /** whole seconds until the window is over */
  readonly resetSeconds: number;
}

interface Counted {
  readonly startedMs: number;
  readonly count: number;
}

/** How many callers are counted; the least recent are forgotten. A caller is an address or a token. */
const MOST_CALLERS = 10_000;

/** Limits the requests of each caller in windows of time. */
export class RateLimit {
  readonly #what: string;
  readonly #windows: readonly RateWindow[];
  readonly #now: () => number;
  readonly #counts = new LRUCache<string, readonly Counted[]>({ max: MOST_CALLERS });

  /** @param what is counted, for messages: "requests" */
  constructor(what: string, windows: readonly RateWindow[], now: () => number) {
    this.#what = what;
    this.#windows = windows;
    this.#now = now;
  }

  /**
   * Counts one more.
   * @throws {HttpFailure} 429 when it would be one too many; it is then not counted
   */
  take(caller: string): RateLeft {
    const nowMs = this.#now();
    const before = this.#counts.get(caller);
    const counts = this.#windows.map((window, index): Counted => {
      const known = before?.[index];
      const ageMs = known === undefined ? Number.NaN : nowMs - known.startedMs;
      // A clock that was put back by an hour would keep a caller out for an hour.
      const isOpen = known !== undefined && ageMs >= 0 && ageMs < window.windowMs;
      return isOpen ? known : { startedMs: nowMs, count: 0 };
    });
    for (const [index, counted] of counts.entries()) this.#refuse(counted, index, nowMs);
    const taken = counts.map((each) => ({ ...each, count: each.count + 1 }));
    this.#counts.set(caller, taken);
    return this.#toLeft(taken, nowMs);
  }

  #refuse({ startedMs, count }: Counted, index: number, nowMs: number): void {
    const window = this.#windows[index];
    if (window === undefined || count < window.most) return;
    throw refuseForNow(
      429,
      `Expected at most ${window.most} ${this.#what} in ${window.windowMs / 1_000} s, got more`,
      Math.max(1, (startedMs + window.windowMs - nowMs) / 1_000),
    );
  }

  #toLeft(counts: readonly Counted[], nowMs: number): RateLeft {
    const lefts = this.#windows.map(({ most, windowMs }, index): RateLeft => {
      const { startedMs, count } = counts[index] ?? { startedMs: nowMs, count: 0 };
      const resetSeconds = Math.ceil((startedMs + windowMs - nowMs) / 1_000);
      return { most, left: most - count, resetSeconds };
    });
    return lefts.reduce((fewest, each) => (each.left < fewest.left ? each : fewest));
  }
}

const GATE_RETRY_SECONDS = 1;

/** Limits the requests that are answered at once. */
export class RequestGate {
  readonly #most: number;
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** how many are being answered */
  get inside(): number {
    return this.#inside;
  }

  /**
   * Lets a request in, and gives what to call once when its answer has left or its client is gone.
   * @throws {HttpFailure} 503
   */
  enter(): () => void {
    if (this.#inside >= this.#most) {
      throw refuseForNow(
        503,
        `Expected at most ${this.#most} requests at once, got more`,
        GATE_RETRY_SECONDS,
      );
    }
    this.#inside += 1;
    let isOut = false;
    return () => {
      if (!isOut) this.#inside -= 1;
      isOut = true;
    };
  }
}

const RUN_RETRY_SECONDS = 10;

/** Admits a run unless too many are queued or running. */
export class RunAdmission {
  readonly #history: RunHistory;
  readonly #most: number;
  #submitting = 0;

  constructor(history: RunHistory, most: number) {
    this.#history = history;
    this.#most = most;
  }

  /** @throws {HttpFailure} 503, and no run is submitted */
  async admit<Result>(submit: () => Promise<Result>): Promise<Result> {
    // A run being submitted may be counted twice for a moment, never missed.
    const onTheirWay = this.#submitting;
    this.#submitting += 1;
    try {
      if ((await this.#countUnfinished()) + onTheirWay >= this.#most) {
        throw refuseForNow(
          503,
          `Expected at most ${this.#most} runs to wait or go at once, got more (no run was created)`,
          RUN_RETRY_SECONDS,
        );
      }
      return await submit();
    } finally {
      this.#submitting -= 1;
    }
  }

  async #countUnfinished(): Promise<number> {
    let count = 0;
    for await (const _ of this.#history.unfinished()) {
      if (++count >= this.#most) break;
    }
    return count;
  }
}

/** Descriptors reserved for files, pipes and processes; half of all where there are few. */
const RESERVED_DESCRIPTORS = 256;
const DROP_LOG_PAUSE_MS = 60_000;

/**
 * Limits connections to leave descriptors for the work on them: a server out of descriptors can read
 * no file and start no process. Further connections are closed at once, and logged once a minute.
 */
export function limitConnections(server: Server, log: Log): void {
  const most = mostConnections(readFileLimit());
  if (most === undefined) return;
  server.maxConnections = most;
  let loggedMs = Number.NEGATIVE_INFINITY;
  server.on("drop", () => {
    if (performance.now() - loggedMs < DROP_LOG_PAUSE_MS) return;
    loggedMs = performance.now();
    const message = `Expected at most ${most} connections at once, got more, which are closed (raise the limit of open files (ulimit -n))`;
    log({ level: "warn", event: "connections-refused", message });
  });
}

/** @param files that may be open; undefined where the system does not say */
function mostConnections(files: number | undefined): number | undefined {
  return files === undefined
    ? undefined
    : Math.max(Math.floor(files / 2), files - RESERVED_DESCRIPTORS);
}

function readFileLimit(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const [, most] = /^Max open files +(\d+)/m.exec(limits) ?? [];
    return most === undefined ? undefined : Number(most);
  } catch {
    // Not Linux: the limit is left to the operator.
    return undefined;
  }
}
