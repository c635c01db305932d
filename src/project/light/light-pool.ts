import { expectation, HexError } from "../../errors.ts";
import type { RunProcess } from "../../run/process/run-process.ts";
import { LateCells } from "./late-cells.ts";
import type { LightOrder } from "./light-order.ts";
import { LightProcess } from "./light-process.ts";
import { PendingOrder } from "./pending-order.ts";
import { RestartPause } from "./restart-pause.ts";

/** How many processes there may be, and how long anybody waits. */
export interface LightPoolLimits {
  /** processes at once */
  readonly size: number;
  /** orders that wait in line */
  readonly waiting: number;
  /** from when a process is given an order until it is killed for not answering */
  readonly deadlineMs: number;
  /** a process that is given none for so long is ended */
  readonly idleMs: number;
}

export interface LightPoolOptions {
  readonly limits: LightPoolLimits;
  readonly directory: string;
  readonly startProcess: () => RunProcess;
  /** a line that a cell logged or printed */
  readonly onLine: (line: string) => void;
  /** takes secrets out of what is told of a process that died */
  readonly redact: (text: string) => string;
}

/** Another process is started when all have been busy for so long with what others ask. */
const BUSY_MS = 100;
/** Nobody waits in line longer than this. */
const WAIT_LIMIT_MS = 30_000;
/** How long a process may take to read the project. */
const START_LIMIT_MS = 60_000;

/**
 * The processes that answer viewers. An order goes to the first one that is free, the oldest before
 * others, since it remembers most; while none is, it waits in line.
 */
export class LightPool {
  readonly #options: LightPoolOptions;
  readonly #pause = new RestartPause(() => performance.now());
  readonly #limits = new Map<LightProcess, NodeJS.Timeout>();
  #processes: readonly LightProcess[] = [];
  /** these end once they have answered */
  #retired: readonly LightProcess[] = [];
  #line: readonly PendingOrder[] = [];
  #startTimer: NodeJS.Timeout | undefined;
  /** why the last process could not read the project */
  #fault: HexError | undefined;
  #closed: HexError | undefined;

  constructor(options: LightPoolOptions) {
    this.#options = options;
  }

  /**
   * Has an order answered, as JSON.
   * @throws {HexError} the failure with which it is answered; HEX_RUN_TIMEOUT, as LateCells where it
   * is known which; HEX_RUN_CRASHED, HEX_TOO_BUSY; why no process can read the project
   * @throws the signal's reason, as soon as it is aborted
   */
  async order(order: LightOrder, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#fault !== undefined && this.#pause.leftMs > 0) throw this.#fault;
    if (this.#line.length >= this.#options.limits.waiting) throw tooBusy("so many others in line");
    const pending = new PendingOrder(order);
    const onAbort = () => this.#drop(pending, signal?.reason);
    const limit = setTimeout(() => {
      if (pending.drop === undefined) this.#drop(pending, tooBusy("none that was free in time"));
    }, WAIT_LIMIT_MS);
    signal?.addEventListener("abort", onAbort);
    this.#line = [...this.#line, pending];
    this.#dispatch();
    try {
      return await pending.text;
    } finally {
      clearTimeout(limit);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Lets the processes that are there answer what they were given, and starts others after that. */
  restart(): void {
    const old = this.#processes;
    this.#processes = [];
    this.#retired = [...this.#retired, ...old];
    this.#fault = undefined;
    this.#pause.forget();
    for (const each of old) if (each.state !== "busy") this.#end(each, "the project has changed");
    this.#dispatch();
  }

  async close(): Promise<void> {
    this.#closed ??= new HexError("HEX_CANCELLED", "the project is closed");
    clearTimeout(this.#startTimer);
    for (const pending of this.#line) pending.reject(this.#closed);
    this.#line = [];
    const why = this.#closed;
    await Promise.all([...this.#processes, ...this.#retired].map((each) => each.kill(why)));
  }

  /** Gives what waits to those that are free, or sees to it that there is one. */
  #dispatch(): void {
    for (const process of this.#processes) {
      const [first, ...rest] = this.#line;
      if (first === undefined) return;
      if (process.state !== "free") continue;
      this.#line = rest;
      this.#give(process, first);
    }
    if (this.#line.length > 0) this.#startWhenNeeded();
  }

  #give(process: LightProcess, pending: PendingOrder): void {
    const { deadlineMs } = this.#options.limits;
    this.#limit(process, deadlineMs, () => {
      const { standing } = process;
      const isKnown = standing !== undefined && standing.computing.length > 0;
      return isKnown ? new LateCells(standing, deadlineMs) : toTimeout(deadlineMs);
    });
    const { id, text } = process.order(pending.order);
    pending.drop = () => process.drop(id);
    text.then(pending.resolve, pending.reject);
  }

  #drop(pending: PendingOrder, reason: unknown): void {
    this.#line = this.#line.filter((each) => each !== pending);
    pending.reject(reason);
    pending.drop?.();
  }

  #startWhenNeeded(): void {
    clearTimeout(this.#startTimer);
    const isOneComing = this.#processes.some(({ state }) => state === "starting");
    const isFull = this.#processes.length >= this.#options.limits.size;
    if (isOneComing || isFull || this.#closed !== undefined) return;
    const busySinceMs = Math.max(...this.#processes.map((each) => each.busySinceMs ?? 0));
    const waitMs = Math.max(this.#pause.leftMs, busySinceMs + BUSY_MS - performance.now());
    if (waitMs > 0) this.#startTimer = setTimeout(() => this.#dispatch(), waitMs);
    else this.#start();
  }

  #start(): void {
    const { startProcess, directory, onLine, redact } = this.#options;
    const process: LightProcess = new LightProcess(startProcess(), directory, {
      onFree: () => this.#onFree(process),
      onOver: (why) => this.#onOver(process, why),
      onLine,
      redact,
    });
    this.#processes = [...this.#processes, process];
    this.#limit(process, START_LIMIT_MS, () => toTimeout(START_LIMIT_MS));
  }

  #onFree(process: LightProcess): void {
    this.#fault = undefined;
    clearTimeout(this.#limits.get(process));
    if (this.#retired.includes(process)) {
      this.#end(process, "the project has changed");
      return;
    }
    const { idleMs } = this.#options.limits;
    this.#limit(process, idleMs, () => toCancelled("nobody has asked for long"));
    this.#dispatch();
  }

  #onOver(process: LightProcess, why: HexError): void {
    const isKnown = this.#processes.includes(process);
    this.#processes = this.#processes.filter((each) => each !== process);
    this.#retired = this.#retired.filter((each) => each !== process);
    clearTimeout(this.#limits.get(process));
    this.#limits.delete(process);
    if (isKnown && why.code !== "HEX_CANCELLED") {
      this.#pause.note();
      if (!process.wasFree) this.#fail(why);
    }
    this.#dispatch();
  }

  /** No process can read the project: all that wait would meet the same. */
  #fail(fault: HexError): void {
    this.#fault = fault;
    for (const pending of this.#line) pending.reject(fault);
    this.#line = [];
  }

  #end(process: LightProcess, reason: string): void {
    void process.kill(toCancelled(reason));
  }

  /** Kills a process after a time, unless another limit takes the place of this one before. */
  #limit(process: LightProcess, ms: number, toWhy: () => HexError): void {
    clearTimeout(this.#limits.get(process));
    const timer = setTimeout(() => {
      // What it has told is heard first, also after a time in which we could not listen.
      setImmediate(() => {
        if (this.#limits.get(process) === timer) void process.kill(toWhy());
      });
    }, ms);
    // A server that ends must not wait for one of them.
    this.#limits.set(process, timer.unref());
  }
}

function toCancelled(message: string): HexError {
  return new HexError("HEX_CANCELLED", message);
}

function toTimeout(limitMs: number): HexError {
  return expectation("HEX_RUN_TIMEOUT", {
    place: "the cells",
    expected: `done within ${limitMs / 1000} s`,
    got: "one that still went on and was stopped",
    hint: "what takes long belongs into a cached cell, which is computed ahead of time",
  });
}

function tooBusy(got: string): HexError {
  return expectation("HEX_TOO_BUSY", {
    place: "a process that answers viewers",
    expected: "free soon",
    got,
    hint: "try again in a few seconds",
  });
}
