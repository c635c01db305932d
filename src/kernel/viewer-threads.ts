import type { ProcessTask } from "../run/process/messages.ts";
import type { CrashReason, ProcessEnding } from "../run/process/process-ending.ts";
import type { ProcessHooks, RunProcess } from "../run/process/run-process.ts";
import {
  THREAD_NOTES,
  type ThreadEnded,
  type ThreadEnding,
  type ThreadNote,
  type ThreadStart,
  type ThreadsTask,
} from "./thread-messages.ts";

/** A process, or a thread of one, in which a kernel serves its requests. */
export interface KernelHost extends Pick<RunProcess, "run" | "note" | "kill"> {
  /**
   * Whom the end of a process is put down to that it shared with others: its own requests, those of
   * others, or nobody knows. Undefined where it came to an end by itself, and has told all.
   */
  readonly blame?: "own" | "others" | "unknown" | undefined;
}

/** How the process of threads is watched. */
type ThreadsHooks = Pick<ProcessHooks, "onLine" | "redactLine" | "onEvent">;

export interface ViewerThreadsOptions {
  readonly startProcess: () => RunProcess;
  /** for each process anew */
  readonly toHooks: () => ThreadsHooks;
  /** how large the heap of a thread may grow */
  readonly heapBytes: number;
}

/** Starts threads, all in one process, which is there as long as one of them. */
export class ViewerThreads {
  readonly #options: ViewerThreadsOptions;
  #process: ThreadsProcess | undefined;

  constructor(options: ViewerThreadsOptions) {
    this.#options = options;
  }

  start(): KernelHost {
    if (this.#process === undefined || this.#process.isEnding) {
      const { startProcess, toHooks, heapBytes } = this.#options;
      this.#process = new ThreadsProcess(startProcess(), toHooks(), heapBytes);
    }
    return this.#process.start();
  }

  /** Has threads from now on in another process: code has changed that Node loads once in one. */
  renew(): void {
    this.#process = undefined;
  }
}

/** How long a thread may take to end, before its process is killed; native code does not pause. */
const END_LIMIT_MS = 1_000;

/** One process and its threads. */
class ThreadsProcess {
  readonly #child: RunProcess;
  readonly #heapBytes: number;
  readonly #threads = new Map<number, Thread>();
  #lastThread = 0;
  /** threads to be started as soon as the process hears of it; undefined once it does */
  #waiting: ThreadStart[] | undefined = [];
  #isEnding = false;
  /** the thread for which it is killed */
  #guilty: Thread | undefined;

  constructor(child: RunProcess, hooks: ThreadsHooks, heapBytes: number) {
    this.#child = child;
    this.#heapBytes = heapBytes;
    const onNote = (name: string, note: unknown) => this.#hear(name, note);
    const task: ThreadsTask = { kind: "threads" };
    child.run(task, { ...hooks, onNote }).then(
      (ending) => this.#onOver((thread) => thread.end(ending)),
      (thrown: unknown) => this.#onOver((thread) => thread.fail(thrown)),
    );
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  start(): Thread {
    this.#lastThread += 1;
    const thread: Thread = new Thread(this.#lastThread, {
      start: (task) => {
        const told: ThreadStart = { thread: thread.number, task, heapBytes: this.#heapBytes };
        if (this.#waiting === undefined) this.#child.note(THREAD_NOTES.start, told);
        else this.#waiting.push(told);
      },
      tell: (name, payload) => {
        const told = { thread: thread.number, name, payload };
        this.#child.note(THREAD_NOTES.tell, told satisfies ThreadNote);
      },
      kill: () => this.#kill(thread),
    });
    this.#threads.set(thread.number, thread);
    return thread;
  }

  #hear(name: string, note: unknown): void {
    if (name === THREAD_NOTES.said) {
      const { thread, ...said } = note as ThreadNote;
      this.#threads.get(thread)?.hear(said);
    } else if (name === THREAD_NOTES.ended) {
      const { thread, ending } = note as ThreadEnded;
      void this.#onEnded(thread, ending);
    } else if (name === THREAD_NOTES.ready) {
      for (const each of this.#waiting ?? []) this.#child.note(THREAD_NOTES.start, each);
      this.#waiting = undefined;
    }
  }

  async #kill(thread: Thread): Promise<void> {
    if (!this.#threads.has(thread.number)) return;
    this.#child.note(THREAD_NOTES.end, thread.number);
    const limit = setTimeout(() => this.#endFor(thread), END_LIMIT_MS);
    await thread.over;
    clearTimeout(limit);
  }

  /** A thread is over; programs that it may have started go with the process. */
  async #onEnded(number: number, ending: ThreadEnding): Promise<void> {
    const thread = this.#threads.get(number);
    if (thread === undefined) return;
    const isToStay = this.#threads.size > 1 && (await this.#isAlone());
    this.#threads.delete(number);
    // Others may have ended meanwhile: nothing starts a thread in it that is not known here.
    if (!isToStay || this.#threads.size === 0) await this.#endFor(thread);
    thread.end(toProcessEnding(ending, this.#heapBytes));
  }

  /** Whether nothing is there but the process itself. */
  async #isAlone(): Promise<boolean> {
    return (await this.#child.count().catch(() => undefined)) === 1;
  }

  async #endFor(guilty: Thread): Promise<void> {
    this.#guilty ??= guilty;
    this.#isEnding = true;
    await this.#child.kill();
  }

  #onOver(end: (thread: Thread) => void): void {
    this.#isEnding = true;
    const isShared = this.#threads.size > 1;
    for (const thread of this.#threads.values()) {
      const isOwn = thread === this.#guilty || (this.#guilty === undefined && !isShared);
      thread.blame = isOwn ? "own" : this.#guilty === undefined ? "unknown" : "others";
      end(thread);
    }
    this.#threads.clear();
  }
}

interface ThreadDoor {
  readonly start: (task: ProcessTask) => void;
  readonly tell: (name: string, payload: unknown) => void;
  readonly kill: () => Promise<void>;
}

/** One thread, as if it were a process. */
class Thread implements KernelHost {
  readonly number: number;
  blame: KernelHost["blame"];
  /** Resolves when it is over, however it ended. */
  readonly over: Promise<unknown>;
  readonly #door: ThreadDoor;
  readonly #ended: Promise<ProcessEnding>;
  #hooks: ProcessHooks = {};
  #end: (ending: ProcessEnding) => void = () => undefined;
  #fail: (thrown: unknown) => void = () => undefined;

  constructor(number: number, door: ThreadDoor) {
    this.number = number;
    this.#door = door;
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.over = this.#ended.catch(() => undefined);
  }

  run(task: ProcessTask, hooks: ProcessHooks = {}): Promise<ProcessEnding> {
    this.#hooks = hooks;
    this.#door.start(task);
    return this.#ended;
  }

  note(name: string, payload: unknown): void {
    this.#door.tell(name, payload);
  }

  kill(): Promise<void> {
    return this.#door.kill();
  }

  hear({ name, payload }: Omit<ThreadNote, "thread">): void {
    this.#hooks.onNote?.(name, payload);
  }

  end(ending: ProcessEnding): void {
    this.#end(ending);
  }

  fail(thrown: unknown): void {
    this.#fail(thrown);
  }
}

/** The end of a thread, as that of a process of its own would be told. */
function toProcessEnding(ending: ThreadEnding, heapBytes: number): ProcessEnding {
  switch (ending.status) {
    case "done":
    case "failed":
      return { ...ending, stop: null, peakMemoryBytes: 0, survivors: [] };
    case "exited":
      return toCrash("exit", { exitCode: ending.exitCode });
    case "threw":
      return toCrash("uncaught", { message: ending.message });
    case "filled":
      return toCrash("memory", { peakMemoryBytes: heapBytes, memoryLimitBytes: heapBytes });
  }
}

function toCrash(
  reason: CrashReason,
  told: Partial<Extract<ProcessEnding, { status: "crashed" }>["cause"]>,
): ProcessEnding {
  const none = { exitCode: null, signal: null, peakMemoryBytes: 0, memoryLimitBytes: 0 };
  return { status: "crashed", cause: { reason, message: null, ...none, ...told }, survivors: [] };
}
