import { expectation, HexError } from "../errors.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import type { RedactLine } from "../run/redact/redactor.ts";
import { KernelProcess } from "./kernel-process.ts";
import { LateCells } from "./late-cells.ts";
import type { KernelAnswer, KernelRequest, RequestProgress } from "./request.ts";

/** An order from when it is asked until somebody is told the answer, or waits no more. */
export class PendingOrder {
  readonly order: KernelRequest;
  readonly answer: Promise<KernelAnswer>;
  resolve: (answer: KernelAnswer) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;
  /** the process that carries it out; undefined while it waits in line */
  member: PoolMember | undefined;
  /** whether a process has ended under it before */
  wasRescued = false;

  constructor(order: KernelRequest) {
    this.order = order;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  rescue(): void {
    this.wasRescued = true;
    this.member = undefined;
  }
}

export interface MemberOptions {
  readonly idleMs: number;
  readonly startLimitMs: number;
  readonly onReady: () => void;
  /** it is gone; `guilty` of it are these orders, all others went beside them */
  readonly onOver: (why: HexError, guilty: ReadonlySet<PendingOrder>) => void;
  readonly onLine: (line: string) => void;
  readonly redact: (text: string) => string;
  readonly redactLine: RedactLine;
}

interface CarryOutOptions {
  /** so long it may take before the process is killed for it */
  readonly deadlineMs: number;
  /** it is answered, or refused with a failure */
  readonly onSettled: (answer: KernelAnswer | undefined, failure?: unknown) => void;
}

interface Carried {
  readonly id: number;
  readonly deadline: NodeJS.Timeout;
  readonly givenMs: number;
}

/** A process of a pool, and the orders that it carries out. */
export class PoolMember {
  readonly orders = new Set<PendingOrder>();
  readonly #process: KernelProcess;
  readonly #options: MemberOptions;
  readonly #carried = new Map<PendingOrder, Carried>();
  #wasReady = false;
  /** kills it when it takes too long to start, or when nobody asks */
  #limit: NodeJS.Timeout | undefined;
  #guilty: ReadonlySet<PendingOrder> | undefined;

  constructor(child: RunProcess, directory: string, options: MemberOptions) {
    this.#options = options;
    this.#process = new KernelProcess(
      child,
      { kind: "viewers", directory },
      {
        onReady: () => this.#onReady(),
        onOver: (why) => this.#onOver(why),
        onLine: options.onLine,
        onEvent: (event) => {
          if (event.type === "line-logged") options.onLine(event.line);
        },
        redact: options.redact,
        redactLine: options.redactLine,
      },
    );
    this.#arm(options.startLimitMs, () => toTimeout(options.startLimitMs));
  }

  get isStarting(): boolean {
    return this.#process.state === "starting";
  }

  get isReady(): boolean {
    return this.#process.state === "ready";
  }

  /** Whether it could ever take an order. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Whether cells may run in it. */
  get isBusy(): boolean {
    return this.busySinceMs !== undefined;
  }

  get busySinceMs(): number | undefined {
    const since = [...this.#carried].flatMap(([{ order }, { givenMs }]) =>
      order.kind === "rows" || order.kind === "csv" ? [] : givenMs,
    );
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** How far an order is; undefined until a cell's code was called for it. */
  standingOf(pending: PendingOrder): RequestProgress | undefined {
    const id = this.#carried.get(pending)?.id;
    return id === undefined ? undefined : this.#process.standingOf(id);
  }

  carryOut(pending: PendingOrder, { deadlineMs, onSettled }: CarryOutOptions): void {
    clearTimeout(this.#limit);
    const { id, answer } = this.#process.order(pending.order);
    const deadline = setTimeout(() => {
      // What it has told is heard first, also after a time in which we could not listen.
      setImmediate(() => this.#onLate(pending, deadlineMs));
    }, deadlineMs).unref();
    pending.member = this;
    this.orders.add(pending);
    this.#carried.set(pending, { id, deadline, givenMs: performance.now() });
    const settle = (told: KernelAnswer | undefined, failure?: unknown) => {
      this.#forget(pending);
      onSettled(told, failure);
    };
    answer.then(
      (told) => {
        pending.resolve(told);
        settle(told);
      },
      (thrown: unknown) => {
        // What becomes of it when the process is gone is not for it to say.
        if (!this.isReady) return;
        pending.reject(thrown);
        settle(undefined, thrown);
      },
    );
  }

  drop(pending: PendingOrder): void {
    const id = this.#carried.get(pending)?.id;
    if (id !== undefined) this.#process.drop(id);
  }

  /** Kills it with all that it started. */
  kill(why: HexError): Promise<void> {
    clearTimeout(this.#limit);
    return this.#process.kill(why);
  }

  #forget(pending: PendingOrder): void {
    clearTimeout(this.#carried.get(pending)?.deadline);
    this.#carried.delete(pending);
    this.orders.delete(pending);
    if (this.orders.size === 0 && this.isReady) this.#rest();
  }

  #onReady(): void {
    this.#wasReady = true;
    this.#rest();
    this.#options.onReady();
  }

  #rest(): void {
    const { idleMs } = this.#options;
    this.#arm(idleMs, () => new HexError("HEX_CANCELLED", "nobody has asked for long"));
  }

  #arm(ms: number, toWhy: () => HexError): void {
    clearTimeout(this.#limit);
    const limit = setTimeout(() => {
      setImmediate(() => {
        if (this.#limit === limit && this.orders.size === 0) void this.kill(toWhy());
      });
    }, ms);
    // A server that ends must not wait for one of them.
    this.#limit = limit.unref();
  }

  /** An order was not answered in time: at fault are the cells whose code runs, whosever they are. */
  #onLate(pending: PendingOrder, limitMs: number): void {
    if (!this.#carried.has(pending) || !this.isReady) return;
    const own = this.#isComputing(pending) ? [pending] : this.#computing();
    this.#guilty = new Set(own.length === 0 ? [pending] : own);
    const [first = pending] = this.#guilty;
    const standing = this.standingOf(first);
    const isKnown = standing !== undefined && standing.computing.length > 0;
    void this.kill(isKnown ? new LateCells(standing, limitMs) : toTimeout(limitMs));
  }

  #onOver(why: HexError): void {
    clearTimeout(this.#limit);
    for (const { deadline } of this.#carried.values()) clearTimeout(deadline);
    const computing = this.#computing();
    // Nobody knows better: an order that runs no cell ends no process by itself.
    const guilty = this.#guilty ?? new Set(computing.length === 0 ? this.orders : computing);
    this.#options.onOver(why, guilty);
  }

  #computing(): readonly PendingOrder[] {
    return [...this.orders].filter((each) => this.#isComputing(each));
  }

  #isComputing(pending: PendingOrder): boolean {
    return (this.standingOf(pending)?.computing.length ?? 0) > 0;
  }
}

function toTimeout(limitMs: number): HexError {
  return expectation("HEX_RUN_TIMEOUT", {
    place: "the cells",
    expected: `done within ${limitMs / 1000} s`,
    got: "one that still went on and was stopped",
    hint: "what takes long belongs into a cached cell, which is computed ahead of time",
  });
}
