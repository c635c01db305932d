import { expectation, HexError } from "../errors.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import type { RedactLine } from "../run/redact/redactor.ts";
import { Affinity, pressesOf, unknownPress } from "./affinity.ts";
import { LateCells } from "./late-cells.ts";
import { PendingOrder, PoolMember } from "./pool-member.ts";
import type { KernelAnswer, KernelRequest } from "./request.ts";
import { RestartPause } from "./restart-pause.ts";

/** How many processes there may be, and how long anybody waits. */
export interface PoolLimits {
  /** processes at once */
  readonly size: number;
  /** orders that wait in line, or go in one process */
  readonly waiting: number;
  /** from when a process is given an order until it is killed for not answering */
  readonly deadlineMs: number;
  /** a process that is given none for so long is ended */
  readonly idleMs: number;
}

export interface PoolOptions {
  readonly limits: PoolLimits;
  readonly directory: string;
  readonly startProcess: () => RunProcess;
  /** a line that a cell logged or printed */
  readonly onLine: (line: string) => void;
  /** takes secrets out of what is told of a process that died */
  readonly redact: (text: string) => string;
  /** takes secrets out of the lines that one process prints, before they are cut */
  readonly openLines: () => RedactLine;
}

/** Another process is started when all have been busy for so long with what others ask. */
const BUSY_MS = 100;
/** Nobody waits in line longer than this. */
const WAIT_LIMIT_MS = 30_000;
/** How long a process may take to read the project. */
const START_LIMIT_MS = 60_000;

/**
 * The processes that answer viewers. What one of them holds is asked of it at once, whatever it does;
 * anything else goes to the first one that is free, the oldest before others, since it remembers most;
 * while none is, it waits in line.
 */
export class KernelPool {
  readonly #options: PoolOptions;
  readonly #pause = new RestartPause(() => performance.now());
  readonly #affinity = new Affinity<PoolMember>((member) => member.isReady);
  #members: readonly PoolMember[] = [];
  /** of code before a restart: they end once a newer one is ready */
  #outdated: readonly PoolMember[] = [];
  #line: readonly PendingOrder[] = [];
  #startTimer: NodeJS.Timeout | undefined;
  /** why the last process could not read the project */
  #fault: HexError | undefined;
  #closed: HexError | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Has an order carried out.
   * @throws {HexError} the failure with which it is answered; HEX_RUN_TIMEOUT, as LateCells where it
   * is known which; HEX_RUN_CRASHED, HEX_TOO_BUSY, HEX_OUTPUT_GONE, HEX_PRESS_UNKNOWN; why no process
   * can read the project
   * @throws the signal's reason, as soon as it is aborted
   */
  async order(order: KernelRequest, signal?: AbortSignal): Promise<KernelAnswer> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#fault !== undefined && this.#pause.leftMs > 0) throw this.#fault;
    const pending = new PendingOrder(order);
    const onAbort = () => this.#drop(pending, signal?.reason);
    const limit = setTimeout(() => {
      if (pending.member === undefined) this.#drop(pending, tooBusy("none that was free in time"));
    }, WAIT_LIMIT_MS);
    signal?.addEventListener("abort", onAbort);
    try {
      this.#place(pending);
      return await pending.answer;
    } finally {
      clearTimeout(limit);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Has what is asked from now on answered by processes that are started after this, unless they
   * cannot read the project: then those of before go on.
   */
  restart(): void {
    this.#outdated = [...this.#outdated, ...this.#members];
    this.#members = [];
    this.#affinity.forgetStates();
    this.#fault = undefined;
    this.#pause.forget();
    this.#dispatch();
  }

  async close(): Promise<void> {
    const closed = new HexError("HEX_CANCELLED", "the project is closed");
    this.#closed ??= closed;
    clearTimeout(this.#startTimer);
    for (const pending of this.#line) pending.reject(closed);
    this.#line = [];
    await Promise.all([...this.#members, ...this.#outdated].map((each) => each.kill(closed)));
  }

  /** Gives an order to the process that it belongs to, or puts it in line. */
  #place(pending: PendingOrder): void {
    const { waiting } = this.#options.limits;
    const route = this.#affinity.find(pending.order);
    const ready = [...this.#members, ...this.#outdated].filter(({ isReady }) => isReady);
    const anyOne = ready.find(({ isBusy }) => !isBusy) ?? ready[0];
    const member = route === "any" ? anyOne : route === "free" ? undefined : route;
    if (member === undefined) {
      if (this.#line.length >= waiting) throw tooBusy("so many others in line");
      this.#line = [...this.#line, pending];
      this.#dispatch();
      return;
    }
    if (member.orders.size >= waiting) throw tooBusy("one with so many other orders");
    this.#give(member, pending);
  }

  /** Gives what waits to those that are free, or sees to it that there is one. */
  #dispatch(): void {
    for (const member of this.#members) {
      const [first, ...rest] = this.#line;
      if (first === undefined) return;
      if (!member.isReady || member.isBusy) continue;
      this.#line = rest;
      this.#give(member, first);
    }
    if (this.#line.length > 0) this.#startWhenNeeded();
  }

  #give(member: PoolMember, pending: PendingOrder): void {
    const { deadlineMs } = this.#options.limits;
    this.#affinity.note(pending.order, member);
    const onSettled = (answer: KernelAnswer | undefined, failure?: unknown) => {
      this.#affinity.noteAnswer(pending.order, member, answer?.evaluation);
      // The version is kept no more: no cell has begun, and the press may be made on another one.
      const isGone = failure instanceof HexError && failure.code === "HEX_OUTPUT_GONE";
      if (isGone) this.#affinity.forgetPress(pending.order);
      this.#settled(member);
    };
    member.carryOut(pending, { deadlineMs, onSettled });
  }

  #settled(member: PoolMember): void {
    if (member.orders.size === 0 && this.#outdated.includes(member) && this.#hasNewer()) {
      this.#end(member, "the project has changed");
    }
    this.#dispatch();
  }

  #hasNewer(): boolean {
    return this.#members.some(({ isReady }) => isReady);
  }

  #drop(pending: PendingOrder, reason: unknown): void {
    this.#line = this.#line.filter((each) => each !== pending);
    pending.reject(reason);
    // What a press has begun goes on to its end, so that it is known what came of it.
    if (pressesOf(pending.order).length === 0) pending.member?.drop(pending);
  }

  #startWhenNeeded(): void {
    clearTimeout(this.#startTimer);
    const isOneComing = this.#members.some(({ isStarting }) => isStarting);
    const isFull = this.#members.length >= this.#options.limits.size;
    if (isOneComing || isFull || this.#closed !== undefined) return;
    const busySinceMs = Math.max(...this.#members.map((each) => each.busySinceMs ?? 0));
    const waitMs = Math.max(this.#pause.leftMs, busySinceMs + BUSY_MS - performance.now());
    if (waitMs > 0) this.#startTimer = setTimeout(() => this.#dispatch(), waitMs);
    else this.#start();
  }

  #start(): void {
    const { startProcess, directory, onLine, redact, openLines, limits } = this.#options;
    const member: PoolMember = new PoolMember(startProcess(), directory, {
      idleMs: limits.idleMs,
      startLimitMs: START_LIMIT_MS,
      onReady: () => this.#onReady(),
      onOver: (why, guilty) => this.#onOver(member, why, guilty),
      onLine,
      redact,
      redactLine: openLines(),
    });
    this.#members = [...this.#members, member];
  }

  #onReady(): void {
    this.#fault = undefined;
    for (const each of this.#outdated) {
      if (each.orders.size === 0) this.#end(each, "the project has changed");
    }
    this.#dispatch();
  }

  #onOver(member: PoolMember, why: HexError, guilty: ReadonlySet<PendingOrder>): void {
    const isKnown = this.#members.includes(member);
    this.#members = this.#members.filter((each) => each !== member);
    this.#outdated = this.#outdated.filter((each) => each !== member);
    for (const pending of member.orders) this.#rescue(pending, why, guilty.has(pending));
    if (isKnown && why.code !== "HEX_CANCELLED") {
      this.#pause.note();
      if (!member.wasReady) this.#goOnWithout(why);
    }
    this.#dispatch();
  }

  /** What becomes of an order whose process is gone: it is given to another when it may be. */
  #rescue(pending: PendingOrder, why: HexError, isGuilty: boolean): void {
    const { order } = pending;
    const standing = pending.member?.standingOf(pending);
    if (standing?.isPress !== true) this.#affinity.forgetPress(order);
    if (isGuilty && standing !== undefined && why instanceof LateCells) {
      pending.reject(new LateCells(standing, why.limitMs));
    } else if (standing?.isPress === true) pending.reject(unknownPress());
    else if (isGuilty || pending.wasRescued || this.#closed !== undefined) pending.reject(why);
    else this.#placeAgain(pending);
  }

  #placeAgain(pending: PendingOrder): void {
    pending.rescue();
    try {
      this.#place(pending);
    } catch (thrown) {
      pending.reject(thrown);
    }
  }

  /** No new process can read the project: all that wait would meet the same, unless old ones are there. */
  #goOnWithout(fault: HexError): void {
    this.#members = [...this.#outdated, ...this.#members];
    this.#outdated = [];
    if (this.#hasNewer()) return;
    this.#fault = fault;
    for (const pending of this.#line) pending.reject(fault);
    this.#line = [];
  }

  #end(member: PoolMember, reason: string): void {
    void member.kill(new HexError("HEX_CANCELLED", reason));
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
