import { expectation, HexError } from "../errors.ts";
import type { RedactLine } from "../run/redact/redactor.ts";
import { Affinity, pressesOf, unknownPress } from "./affinity.ts";
import { KeptRows } from "./kept-rows.ts";
import { type KernelEnd, type KernelLimits, KernelProcess } from "./kernel-process.ts";
import {
  type KernelAnswer,
  type KernelReply,
  type KernelRequest,
  PendingRequest,
  TimedOutCells,
} from "./request.ts";
import type { KernelHost } from "./viewer-threads.ts";

/** How many processes there may be, and how long a caller waits. */
export interface PoolLimits extends Omit<KernelLimits, "startMs"> {
  /** processes at once */
  readonly size: number;
  /** requests that wait in line, or go in one process */
  readonly waiting: number;
}

export interface PoolOptions {
  readonly limits: PoolLimits;
  readonly directory: string;
  readonly startProcess: () => KernelHost;
  /** a cell needs a process of its own: `startProcess` is to give one from now on */
  readonly onLack: (what: string) => void;
  /** a line that a cell logged or printed */
  readonly onLine: (line: string) => void;
  /** takes secrets out of the reason of a process's death */
  readonly redact: (text: string) => string;
  /** takes secrets out of the lines that one process prints, before they are cut */
  readonly openLines: () => RedactLine;
}

/** Another process is started when all have been busy for so long with requests of others. */
const BUSY_MS = 100;
/** No request waits in line longer than this. */
const WAIT_LIMIT_MS = 30_000;
/** How long a process may take to read the project. */
const START_LIMIT_MS = 60_000;

/**
 * The processes that answer viewers. A request for something that one of them holds goes to it at
 * once, busy or not; any other goes to the first free one, the oldest before others, since it has
 * cached most; while none is free, it waits in line.
 */
export class KernelPool {
  readonly #options: PoolOptions;
  readonly #backoff = new CrashBackoff(() => performance.now());
  readonly #affinity = new Affinity();
  readonly #rows = new KeptRows();
  #kernels: readonly KernelProcess[] = [];
  /** of code before a restart: they end once a newer one is ready */
  #outdated: readonly KernelProcess[] = [];
  #line: readonly PendingRequest[] = [];
  /** of these one has ended a process: no other is to be beside it when that happens again */
  readonly #suspects = new Set<PendingRequest>();
  #startTimer: NodeJS.Timeout | undefined;
  /** why the last process could not read the project */
  #fault: HexError | undefined;
  #closed: HexError | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Has a request carried out.
   * @throws {HexError} the failure with which it is answered; HEX_RUN_TIMEOUT, as TimedOutCells where
   * they are known; HEX_RUN_CRASHED, HEX_TOO_BUSY, HEX_OUTPUT_GONE, HEX_PRESS_UNKNOWN; why no process
   * can read the project
   * @throws the signal's reason, as soon as it is aborted
   */
  async ask(request: KernelRequest, signal?: AbortSignal): Promise<KernelAnswer> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#fault !== undefined && this.#backoff.leftMs > 0) throw this.#fault;
    const kept = request.kind === "rows" ? this.#findRows(request) : undefined;
    if (kept !== undefined) return kept;
    const pending = new PendingRequest(request);
    const onAbort = () => this.#cancel(pending, signal?.reason);
    const limit = setTimeout(() => {
      if (pending.cancel === undefined) {
        this.#cancel(pending, tooBusy("none that was free in time"));
      }
    }, WAIT_LIMIT_MS);
    signal?.addEventListener("abort", onAbort);
    try {
      this.#place(pending);
      return await pending.answer;
    } finally {
      clearTimeout(limit);
      this.#suspects.delete(pending);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Has requests from now on answered by processes that are started after this, unless they cannot
   * read the project: then those of before go on.
   */
  restart(): void {
    this.#outdated = [...this.#outdated, ...this.#kernels];
    this.#kernels = [];
    this.#affinity.forgetStates();
    this.#fault = undefined;
    this.#backoff.reset();
    this.#dispatch();
  }

  async close(): Promise<void> {
    const closed = new HexError("HEX_CANCELLED", "the project is closed");
    this.#closed ??= closed;
    clearTimeout(this.#startTimer);
    this.#refuseLine(closed);
    await Promise.all([...this.#kernels, ...this.#outdated].map((each) => each.kill(closed)));
  }

  #findRows(request: KernelRequest): KernelAnswer | undefined {
    return this.#rows.find(request, this.#affinity.find(request));
  }

  /** Sends a request to the process that it belongs to, or puts it in line. */
  #place(pending: PendingRequest): void {
    const { waiting } = this.#options.limits;
    const route = this.#affinity.find(pending.request);
    const ready = [...this.#kernels, ...this.#outdated].filter(({ isReady }) => isReady);
    const anyOne = ready.find(({ busySinceMs }) => busySinceMs === undefined) ?? ready[0];
    const kernel = route === "any" ? anyOne : route === "free" ? undefined : route;
    if (kernel === undefined) {
      if (this.#line.length >= waiting) throw tooBusy("so many others in line");
      this.#line = [...this.#line, pending];
      this.#dispatch();
      return;
    }
    if (kernel.size >= waiting) throw tooBusy("one with so many other orders");
    this.#send(kernel, pending);
  }

  /** Sends waiting requests to free processes, or sees to it that there is one. */
  #dispatch(): void {
    for (const kernel of this.#kernels) {
      const [first, ...rest] = this.#line;
      if (first === undefined) return;
      if (!kernel.isReady || kernel.busySinceMs !== undefined) continue;
      this.#line = rest;
      this.#send(kernel, first);
    }
    if (this.#line.length > 0) this.#startWhenNeeded();
  }

  #send(kernel: KernelProcess, pending: PendingRequest): void {
    this.#affinity.note(pending.request, kernel);
    kernel.send(pending);
  }

  #onSettled(kernel: KernelProcess, { request }: PendingRequest, reply: KernelReply): void {
    this.#affinity.noteAnswer(request, kernel, reply.ok ? reply.evaluation : undefined);
    if (reply.ok) this.#rows.keep(request, reply, kernel);
    // The version is kept no more: no cell has begun, and the press may be made on another one.
    if (!reply.ok && reply.code === "HEX_OUTPUT_GONE") this.#affinity.forgetPress(request);
    if (this.#hasNewer()) this.#endOutdated();
    this.#dispatch();
  }

  #hasNewer(): boolean {
    return this.#kernels.some(({ isReady }) => isReady);
  }

  #cancel(pending: PendingRequest, reason: unknown): void {
    this.#line = this.#line.filter((each) => each !== pending);
    pending.reject(reason);
    // A press that has begun goes on to its end, so that its outcome is known.
    if (pressesOf(pending.request).length === 0) pending.cancel?.();
  }

  #startWhenNeeded(): void {
    clearTimeout(this.#startTimer);
    const isOneComing = this.#kernels.some(({ isStarting }) => isStarting);
    const most = this.#suspects.size > 0 ? 1 : this.#options.limits.size;
    const isFull = this.#kernels.length >= most;
    if (isOneComing || isFull || this.#closed !== undefined) return;
    const busySinceMs = Math.max(...this.#kernels.map((each) => each.busySinceMs ?? 0));
    const waitMs = Math.max(this.#backoff.leftMs, busySinceMs + BUSY_MS - performance.now());
    if (waitMs > 0) this.#startTimer = setTimeout(() => this.#dispatch(), waitMs);
    else this.#start();
  }

  #start(): void {
    const { startProcess, directory, onLine, redact, openLines, limits } = this.#options;
    const kernel: KernelProcess = new KernelProcess(
      startProcess(),
      { kind: "viewers", directory },
      {
        onReady: () => this.#onReady(),
        onSettled: (pending, reply) => this.#onSettled(kernel, pending, reply),
        onOver: (end) => this.#onOver(kernel, end),
        onLack: (what) => this.#startAgain(kernel, what),
        onLine,
        onEvent: (event) => event.type === "line-logged" && onLine(event.line),
        redact,
        redactLine: openLines(),
      },
      { ...limits, startMs: START_LIMIT_MS },
    );
    this.#kernels = [...this.#kernels, kernel];
  }

  #onReady(): void {
    this.#fault = undefined;
    this.#endOutdated();
    this.#dispatch();
  }

  #endOutdated(): void {
    for (const each of this.#outdated) {
      if (each.size > 0) continue;
      void each.kill(new HexError("HEX_CANCELLED", "the project has changed"));
    }
  }

  /** Has its requests carried out by what can do all that they need, and all from now on. */
  #startAgain(kernel: KernelProcess, what: string): void {
    const { onLack } = this.#options;
    onLack(what);
    this.restart();
    const why = new HexError("HEX_CANCELLED", `cells use ${what}, which threads have not`);
    void kernel.kill(why, new Set());
  }

  #onOver(kernel: KernelProcess, { why, left, guilty, blame }: KernelEnd): void {
    const isKnown = this.#kernels.includes(kernel);
    this.#kernels = this.#kernels.filter((each) => each !== kernel);
    this.#outdated = this.#outdated.filter((each) => each !== kernel);
    const isSudden = kernel.wasReady && blame !== undefined;
    for (const pending of left) {
      if (blame === "unknown") this.#suspects.add(pending);
      this.#rescue(pending, { why, isGuilty: guilty.has(pending), isSudden });
    }
    if (isKnown && why.code !== "HEX_CANCELLED") {
      this.#backoff.note();
      if (!kernel.wasReady) this.#goOnWithout(why);
    }
    this.#dispatch();
  }

  /** Sends a request whose process is gone to another one, where it may be carried out again. */
  #rescue(pending: PendingRequest, { why, isGuilty, isSudden }: Left): void {
    const { request, progress } = pending;
    const isPress = progress?.isPress === true || (isSudden && pressesOf(request).length > 0);
    if (!isPress) this.#affinity.forgetPress(request);
    if (isGuilty && progress !== undefined && why instanceof TimedOutCells) {
      pending.reject(new TimedOutCells(progress, why.limitMs));
    } else if (isPress) pending.reject(unknownPress());
    else if (isGuilty || pending.wasRescued || this.#closed !== undefined) pending.reject(why);
    else {
      pending.rescue();
      try {
        this.#place(pending);
      } catch (thrown) {
        pending.reject(thrown);
      }
    }
  }

  /** No new process can read the project: without an old one, all that wait get its fault. */
  #goOnWithout(fault: HexError): void {
    this.#kernels = [...this.#outdated, ...this.#kernels];
    this.#outdated = [];
    if (this.#hasNewer()) return;
    this.#fault = fault;
    this.#refuseLine(fault);
  }

  #refuseLine(reason: HexError): void {
    for (const pending of this.#line) pending.reject(reason);
    this.#line = [];
  }
}

function tooBusy(got: string): HexError {
  return expectation("HEX_TOO_BUSY", {
    place: "a process that answers viewers",
    expected: "free soon",
    got,
    hint: "try again in a few seconds",
  });
}

/** How a process has left a request. */
interface Left {
  readonly why: HexError;
  readonly isGuilty: boolean;
  /** whether the process may have gone further than it has told */
  readonly isSudden: boolean;
}

/** So many processes may die in a minute before the next one has to wait. */
const FREE_DEATHS = 2;
const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** How long to wait before a process is started in the place of those that died. @internal */
export class CrashBackoff {
  readonly #now: () => number;
  #deathsMs: readonly number[] = [];

  /** @param now milliseconds; only the distance between two calls counts */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(): void {
    this.#deathsMs = [...this.#recent(), this.#now()];
  }

  reset(): void {
    this.#deathsMs = [];
  }

  /** Milliseconds from now on; 0 when one may be started at once. */
  get leftMs(): number {
    const deaths = this.#recent();
    const last = deaths.at(-1);
    if (last === undefined || deaths.length <= FREE_DEATHS) return 0;
    const pauseMs = FIRST_PAUSE_MS * 2 ** (deaths.length - FREE_DEATHS - 1);
    return Math.max(0, last + Math.min(pauseMs, LONGEST_PAUSE_MS) - this.#now());
  }

  #recent(): readonly number[] {
    const sinceMs = this.#now() - WINDOW_MS;
    return this.#deathsMs.filter((atMs) => atMs > sinceMs);
  }
}
