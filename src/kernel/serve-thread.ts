import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HexError } from "../errors.ts";
import { EventThrottle } from "../run/process/event-throttle.ts";
import type { ProcessTask, TaskEnding } from "../run/process/messages.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { OwnThread } from "../run/process/thread.ts";
import { KERNEL_NOTES } from "./request.ts";
import { SharedFiles } from "./shared-files.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

const IDLE_MS = 1_000;

/**
 * Gives back what evaluations have left behind: V8 collects when memory is asked for, so that a page
 * which is looked at no more would keep the garbage of its last moves, lists as long as its tables.
 */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

/** One of the threads of a viewers' process. */
export type ServingThread = OwnThread<ToThread, FromThread>;

/** The main thread of a viewers' process, as one of its threads sees it. */
export class ThreadParent implements Parent {
  /** never aborted: a thread that is to stop is ended */
  readonly signal: AbortSignal = new AbortController().signal;
  /** large files that the threads of the process share */
  readonly files: SharedFiles;
  readonly #thread: ServingThread;
  readonly #throttle = new EventThrottle((event) => this.#send({ type: "emitted", event }));
  readonly #listeners = new Map<string, (payload: unknown) => void>();
  /** fires when nothing was answered for a while after something was */
  readonly #idle = setTimeout(collectGarbage, IDLE_MS).unref();

  constructor(thread: ServingThread) {
    this.#thread = thread;
    this.files = new SharedFiles((message) => this.#send(message));
    thread.listen((message) => this.#hear(message));
  }

  readonly emit: Parent["emit"] = (event) => this.#throttle.take(event);

  readonly call: Parent["call"] = async (name) => {
    throw new Error(`Expected viewers to ask nothing of their server, got ${name}`);
  };

  readonly note: Parent["note"] = (name, payload) => {
    this.#send({ type: "noted", name, payload });
    if (name === KERNEL_NOTES.reply) this.#idle.refresh();
  };

  readonly onNote: Parent["onNote"] = (name, listener) => this.#listeners.set(name, listener);

  /** The last thing that is said. */
  end(ending: TaskEnding): void {
    this.#throttle.close();
    this.#send({ type: "ended", ending });
  }

  #hear(message: ToThread): void {
    if (message.type === "told") this.#listeners.get(message.name)?.(message.payload);
    else this.files.hear(message);
  }

  #send(message: FromThread): void {
    this.#thread.say(message);
  }
}

/** Makes this thread one that does its task and ends. What nobody catches ends it as well. */
export async function serveThread(
  thread: ServingThread,
  run: (task: ProcessTask, parent: ThreadParent) => Promise<unknown>,
): Promise<void> {
  const parent = new ThreadParent(thread);
  tellWhatThreadsLack(parent);
  try {
    parent.end({ status: "done", value: await run(thread.task as ProcessTask, parent) });
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    parent.end({ status: "failed", code: thrown.code, message: thrown.message });
  }
  process.exit(0);
}

/**
 * Threads have no folder of their own, and some native modules are loaded once in a process: cells
 * that need either are to run in processes.
 */
function tellWhatThreadsLack(parent: ThreadParent): void {
  const { dlopen } = process;
  process.chdir = () => {
    parent.note(KERNEL_NOTES.lack, "process.chdir");
    throw new Error("process.chdir is not there in threads");
  };
  process.dlopen = (module: object, file: string, ...flags: number[]) => {
    try {
      Reflect.apply(dlopen, process, [module, file, ...flags]);
    } catch (thrown) {
      parent.note(KERNEL_NOTES.lack, file);
      throw thrown;
    }
  };
}
