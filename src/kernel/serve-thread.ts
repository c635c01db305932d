import { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Writable } from "node:stream";
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
  printAtOnce();
  try {
    parent.end({ status: "done", value: await run(thread.task as ProcessTask, parent) });
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    parent.end({ status: "failed", code: thrown.code, message: thrown.message });
  }
  process.exit(0);
}

/** What belongs to the whole process: its folder, its users, its end. */
const OF_THE_PROCESS = [
  ...["abort", "chdir", "initgroups", "setegid", "seteuid"],
  ...["setgid", "setgroups", "setuid"],
];

/**
 * Some of what a process has its threads share, and some native modules are loaded once in it: cells
 * that need either are to run in processes.
 */
function tellWhatThreadsLack(parent: ThreadParent): void {
  const { dlopen, umask } = process;
  const lack = (what: string): never => {
    parent.note(KERNEL_NOTES.lack, what);
    throw new Error(`${what} is not there in threads`);
  };
  const own = OF_THE_PROCESS.map((name) => [name, () => lack(`process.${name}`)]);
  Object.assign(process, Object.fromEntries(own));
  process.umask = (mask?: number | string) =>
    mask === undefined ? umask() : lack("process.umask");
  process.env = toThreadEnvironment(process.env, lack);
  process.dlopen = (module: object, file: string, ...flags: number[]) => {
    try {
      Reflect.apply(dlopen, process, [module, file, ...flags]);
    } catch (thrown) {
      parent.note(KERNEL_NOTES.lack, file);
      throw thrown;
    }
  };
  // Cells may import them by name.
  syncBuiltinESMExports();
}

/** A thread's own copy, in which a time zone would be set without being heeded. */
function toThreadEnvironment(
  own: NodeJS.ProcessEnv,
  lack: (what: string) => never,
): NodeJS.ProcessEnv {
  return new Proxy(own, {
    set: (env, name, value) => {
      if (name === "TZ" && String(value) !== env["TZ"]) lack("process.env.TZ");
      return Reflect.set(env, name, value);
    },
    deleteProperty: (env, name) => {
      if (name === "TZ" && env["TZ"] !== undefined) lack("process.env.TZ");
      return Reflect.deleteProperty(env, name);
    },
  });
}

const WRITE_AGAIN_MS = 1;

/**
 * Has the thread print by itself: what Node would hand to the main thread stays behind in one that never
 * pauses, or comes to its end.
 */
function printAtOnce(): void {
  const open = (fd: number) => {
    const write = (chunk: Uint8Array, _: unknown, onWritten: () => void) => {
      writeAll(fd, chunk);
      onWritten();
    };
    return { value: Object.assign(new Writable({ write }), { fd }), configurable: true };
  };
  Object.defineProperties(process, { stdout: open(1), stderr: open(2) });
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length; ) {
    try {
      start += writeSync(fd, bytes, start);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EAGAIN") throw thrown;
      // Nobody has read what was printed before.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITE_AGAIN_MS);
    }
  }
}
