import { expectation, HexError, toMessage } from "../../errors.ts";
import { toPlainLine } from "../../process/line-reader.ts";
import { MemoryWatch } from "../../process/process-tree.ts";
import type { RedactLine } from "../redact/redactor.ts";
import type { RunEvent } from "../run-event.ts";
import { type ChildEnd, ChildLife, GRACE_MS, type RunProcessSpec } from "./child-life.ts";
import type { CallAnswer, FromProcess, ProcessTask, TaskEnding } from "./messages.ts";
import {
  type CrashCause,
  type CrashReason,
  type ProcessEnding,
  type StopReason,
  toCrashError,
} from "./process-ending.ts";
import type { OnLine } from "./process-lines.ts";

export type { RunProcessSpec } from "./child-life.ts";

/** How a task is watched and stopped; by default it is left alone, and its calls are refused. */
export interface ProcessHooks {
  /** ends the task: first by asking, after the grace time by killing */
  readonly signal?: AbortSignal | undefined;
  /** how long the task may take from now on, as if the signal came then */
  readonly deadlineMs?: number | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** called with each line that the process, or one that it started, has written */
  readonly onLine?: OnLine | undefined;
  /** takes secrets out of such a line before it is cut */
  readonly redactLine?: RedactLine | undefined;
  /** hears what the task says to it */
  readonly onNote?: ((name: string, payload: unknown) => void) | undefined;
  /** answers a call of the task; a HexError is an answer, too, anything else is a bug */
  readonly onCall?: ((name: string, payload: unknown) => Promise<unknown>) | undefined;
}

/** A process that loads its code at once, then waits for its one task. */
export interface RunProcess {
  /** undefined when it could not even be started */
  readonly pid: number | undefined;

  /** Whether it has ended, although something that it started may still have to be cleared away. */
  readonly isOver: boolean;

  /**
   * Resolves when a task would begin at once.
   *
   * @throws {HexError} HEX_RUN_CRASHED when it never will, HEX_TOO_BUSY when the system had no room
   * for it, HEX_CANCELLED when it was killed before
   */
  readonly ready: Promise<void>;

  /**
   * Gives the process its task and waits until it and all that it started are gone. May be called
   * once; the process need not be ready.
   *
   * @throws what a hook threw, once the tree is gone
   */
  run(task: ProcessTask, hooks?: ProcessHooks): Promise<ProcessEnding>;

  /** How many processes there are: it, and all that it has started. @throws what kept it from looking */
  count(): Promise<number>;

  /** Sends the task a note that it did not ask for; one that has ended gets none. */
  note(name: string, payload: unknown): void;

  /** Kills it with all that it started, at once; a running task ends as cancelled. */
  kill(): Promise<void>;
}

/** Starts a process of its own for one run. The caller must give it a task or kill it. */
export function startRunProcess(spec: RunProcessSpec): RunProcess {
  return new ChildRun(spec);
}

/** How long a process may take to load its code, on a machine that is busy elsewhere. */
const START_LIMIT_MS = 60_000;
/** How long a process may take to exit after it has said its last. */
const EXIT_LIMIT_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Life of a task: it is handed over when the process is ready, and ends with the process. The first
 * reason against going on (`#why`) is the one that a crash is put down to.
 */
class ChildRun implements RunProcess {
  readonly ready: Promise<void>;
  readonly #spec: RunProcessSpec;
  readonly #life: ChildLife;
  readonly #timers = new Set<NodeJS.Timeout>();
  #hooks: ProcessHooks | undefined;
  #memory: MemoryWatch | undefined;
  #isReady = false;
  #isOver = false;
  #onReady: () => void = () => undefined;
  #why: CrashReason | undefined;
  #stop: StopReason | null = null;
  #ending: TaskEnding | undefined;
  #uncaught: string | undefined;
  /** why its memory could not be looked at */
  #blindness: string | undefined;
  #bug: { readonly thrown: unknown } | undefined;

  constructor(spec: RunProcessSpec) {
    this.#spec = spec;
    this.#life = new ChildLife(spec, (message) => this.#hear(message));
    const startLimit = this.#after(START_LIMIT_MS, () => this.#killAs("failed-to-start"));
    const loaded = new Promise<void>((resolve) => {
      this.#onReady = resolve;
    });
    const dead = this.#life.over.then((end) => {
      this.#isOver = true;
      throw toCrashError(this.#toCause(end));
    });
    this.ready = Promise.race([loaded, dead]).finally(() => clearTimeout(startLimit));
    // `run` tells the same; nobody has to ask twice.
    this.ready.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#life.pid;
  }

  get isOver(): boolean {
    return this.#isOver || this.#life.hasExited;
  }

  async run(task: ProcessTask, hooks: ProcessHooks = {}): Promise<ProcessEnding> {
    if (this.#hooks !== undefined) throw new Error("A run's process takes one task, got another");
    this.#hooks = hooks;
    const { signal, onLine, redactLine = (_, line) => line } = hooks;
    this.#life.lines?.deliverTo((...line) => this.#guard(() => onLine?.(...line)), redactLine);
    const onAbort = () => this.#askToStop(signal?.reason);
    if (signal?.aborted) await this.kill();
    signal?.addEventListener("abort", onAbort);
    this.#watchLimits(hooks);
    try {
      this.ready.then(
        () => this.#life.send({ type: "task-given", task }),
        () => undefined,
      );
      return this.#toEnding(await this.#life.over);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#memory?.stop();
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  note(name: string, payload: unknown): void {
    this.#life.send({ type: "note-sent", name, payload });
  }

  async count(): Promise<number> {
    return (await this.#life.tree?.count()) ?? 0;
  }

  async kill(): Promise<void> {
    this.#killAs("cancelled");
    await this.#life.over;
  }

  #hear(message: FromProcess): void {
    switch (message.type) {
      case "process-ready":
        this.#isReady = true;
        this.#life.lowerPriority();
        this.#onReady();
        break;
      case "event-emitted":
        this.#guard(() => this.#hooks?.onEvent?.(message.event));
        break;
      case "note-made":
        this.#guard(() => this.#hooks?.onNote?.(message.name, message.payload));
        break;
      case "call-made":
        this.#answer(message).catch((thrown: unknown) => this.#fail(thrown));
        break;
      case "task-ended":
        this.#ending = message.ending;
        this.#after(EXIT_LIMIT_MS, () => this.#life.kill());
        break;
      case "process-failed":
        this.#uncaught = toPlainLine(message.message);
        this.#after(EXIT_LIMIT_MS, () => this.#life.kill());
        break;
    }
  }

  async #answer({ id, name, payload }: CallMade): Promise<void> {
    const answer = await this.#toAnswer(name, payload);
    this.#life.send({ type: "call-answered", id, answer });
  }

  async #toAnswer(name: string, payload: unknown): Promise<CallAnswer> {
    try {
      return { ok: true, value: await (this.#hooks?.onCall ?? refuseCall)(name, payload) };
    } catch (thrown) {
      if (thrown instanceof HexError) return { ok: false, ...toPlain(thrown) };
      // Whatever an interruption makes of a call that was on its way.
      if (this.#stop !== null) return { ok: false, ...toPlain(toStopError(thrown)) };
      throw thrown;
    }
  }

  #watchLimits({ deadlineMs }: ProcessHooks): void {
    const { tree } = this.#life;
    if (tree === undefined) return;
    this.#memory = new MemoryWatch({
      tree,
      limitBytes: this.#spec.limits.memoryBytes,
      onExceeded: () => this.#killAs("memory"),
      onBlind: (thrown) => {
        this.#blindness = (thrown as NodeJS.ErrnoException).code ?? toMessage(thrown);
        this.#killAs("unwatched");
      },
    });
    if (deadlineMs === undefined) return;
    this.#after(deadlineMs, () => this.#askToStop(toDeadlineError(deadlineMs)));
  }

  /** Asks the task to end by itself, and kills it when it does not. */
  #askToStop(reason: unknown): void {
    if (this.#stop !== null) return;
    const error = toStopError(reason);
    this.#stop = error.code === "HEX_RUN_TIMEOUT" ? "timeout" : "cancelled";
    const why = this.#stop;
    this.#life.send({ type: "cancel-requested", ...toPlain(error) });
    // A process that has not got its task yet has nothing to bring to an end.
    const graceMs = this.#isReady ? (this.#spec.limits.graceMs ?? GRACE_MS) : 0;
    this.#after(graceMs, () => this.#killAs(why));
  }

  #killAs(why: CrashReason): void {
    this.#why ??= why;
    // A bug of ours; killing again would meet it again.
    this.#life.kill().catch((thrown: unknown) => {
      this.#bug ??= { thrown };
    });
  }

  #fail(thrown: unknown): void {
    this.#bug ??= { thrown };
    this.#killAs("cancelled");
  }

  #guard(send: () => void): void {
    try {
      send();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #after(ms: number, act: () => unknown): NodeJS.Timeout {
    const timer = setTimeout(act, Math.min(ms, LONGEST_TIMER_MS));
    this.#timers.add(timer);
    return timer;
  }

  #toEnding(end: ChildEnd): ProcessEnding {
    if (this.#bug !== undefined) throw this.#bug.thrown;
    const { survivors } = end;
    if (this.#ending === undefined) {
      return { status: "crashed", cause: this.#toCause(end), survivors };
    }
    const peakMemoryBytes = this.#memory?.peakBytes ?? 0;
    return { ...this.#ending, stop: this.#stop, peakMemoryBytes, survivors };
  }

  #toCause({ exitCode, signal, refusal }: ChildEnd): CrashCause {
    return {
      reason: refusal?.lack ? "no-room" : this.#toReason(exitCode, signal),
      exitCode,
      signal,
      peakMemoryBytes: this.#memory?.peakBytes ?? 0,
      memoryLimitBytes: this.#spec.limits.memoryBytes,
      message: refusal?.lack ?? refusal?.message ?? this.#toMessage(),
    };
  }

  #toMessage(): string | null {
    if (this.#why === "unwatched") return this.#blindness ?? null;
    return this.#uncaught ?? (this.#isReady ? null : this.#life.lines?.firstError) ?? null;
  }

  #toReason(exitCode: number | null, signal: NodeJS.Signals | null): CrashReason {
    if (this.#why !== undefined) return this.#why;
    if (this.#stop !== null) return this.#stop;
    const isAborted = signal !== null || (exitCode ?? 0) > 128;
    if (isAborted && this.#life.lines?.isOutOfMemory === true) return "memory";
    if (!this.#isReady) return "failed-to-start";
    if (this.#uncaught !== undefined) return "uncaught";
    return signal === null ? "exit" : "signal";
  }
}

type CallMade = Extract<FromProcess, { type: "call-made" }>;

async function refuseCall(name: string): Promise<never> {
  const message = `Expected the task to ask nothing of its parent, got ${name}`;
  throw new HexError("HEX_JOB_INVALID", message);
}

/** Why a task is to stop, as it is told. */
function toStopError(reason: unknown): HexError {
  if (reason instanceof HexError) return reason;
  return new HexError("HEX_CANCELLED", toMessage(reason));
}

function toDeadlineError(deadlineMs: number): HexError {
  return expectation("HEX_RUN_TIMEOUT", {
    place: "the run",
    expected: `over within ${deadlineMs / 1000} s`,
    got: "one that still goes on",
  });
}

function toPlain({ code, message }: HexError) {
  return { code, message };
}
