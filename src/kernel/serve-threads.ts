import { inspect } from "node:util";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { toMessage } from "../errors.ts";
import type { Parent } from "../run/process/serve-task.ts";
import { KERNEL_NOTES, type KernelReply, type RequestProgress } from "./request.ts";
import { KeptFiles } from "./shared-files.ts";
import {
  ALLOCATOR,
  type FromThread,
  THREAD_NOTES,
  type ThreadEnded,
  type ThreadEnding,
  type ThreadNote,
  type ThreadStart,
} from "./thread-messages.ts";

/**
 * Starts and ends threads as the server says, and hands on what they and the server say to each other.
 * Nothing is computed here, so that a thread which never pauses can be ended, and is told of.
 */
export async function serveThreads(parent: Parent, program: URL): Promise<never> {
  const threads = new Map<number, ServedThread>();
  const files = new KeptFiles();
  parent.onNote(THREAD_NOTES.start, (note) => {
    const { thread } = note as ThreadStart;
    const onOver = () => threads.delete(thread);
    threads.set(thread, new ServedThread(note as ThreadStart, { parent, program, files, onOver }));
  });
  parent.onNote(THREAD_NOTES.tell, (note) => {
    const { thread, name, payload } = note as ThreadNote;
    threads.get(thread)?.tell(name, payload);
  });
  parent.onNote(THREAD_NOTES.end, (thread) => threads.get(thread as number)?.end());
  parent.note(THREAD_NOTES.ready, null);
  await new Promise<void>((resolve) => {
    if (parent.signal.aborted) resolve();
    parent.signal.addEventListener("abort", () => resolve());
  });
  throw parent.signal.reason;
}

interface ThreadSurroundings {
  readonly parent: Parent;
  readonly program: URL;
  readonly files: KeptFiles;
  readonly onOver: () => void;
}

/**
 * The server hears of a cell that runs for longer than this, and of all that went on when a thread
 * ends: most cells have ended by then, and reports of them would cost more than they do.
 */
const REPORT_MS = 50;
/** A thread's young objects are few: what is large in it are columns. */
const YOUNG_MEBIBYTES = 3;

/** One thread, from its start to its end. */
class ServedThread {
  readonly #thread: number;
  readonly #heapBytes: number;
  readonly #around: ThreadSurroundings;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  /** the newest report of a request's cells that the server has not heard of, by the request's number */
  readonly #unreported = new Map<number, RequestProgress>();
  #reporting: NodeJS.Timeout | undefined;
  #ending: ThreadEnding | undefined;

  constructor({ thread, task, heapBytes }: ThreadStart, around: ThreadSurroundings) {
    this.#thread = thread;
    this.#heapBytes = heapBytes;
    this.#around = around;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (message: FromThread) => this.#hear(message));
    this.#worker = new Worker(around.program, {
      workerData: { port: port2, task },
      transferList: [port2],
      env: toEnvironment(process.env),
      resourceLimits: {
        maxOldGenerationSizeMb: Math.floor(heapBytes / 2 ** 20),
        maxYoungGenerationSizeMb: YOUNG_MEBIBYTES,
      },
    });
    this.#worker.on("error", (thrown: unknown) => this.#onThrown(thrown));
    this.#worker.on("exit", (exitCode) => this.#onExit(exitCode));
  }

  tell(name: string, payload: unknown): void {
    this.#port.postMessage({ type: "told", name, payload });
  }

  end(): void {
    void this.#worker.terminate();
  }

  #hear(message: FromThread): void {
    const { files, parent } = this.#around;
    const thread = this.#thread;
    switch (message.type) {
      case "noted":
        this.#hearNote(message.name, message.payload);
        break;
      case "emitted":
        parent.emit(message.event);
        break;
      case "ended":
        this.#ending = message.ending;
        break;
      case "file-wanted": {
        const { id, key } = message;
        this.#port.postMessage({ type: "file-found", id, bytes: files.find(key, thread) });
        break;
      }
      case "file-read":
        files.add(message.key, message.bytes, thread);
        break;
      case "file-left":
        files.leave(message.key, thread);
        break;
    }
  }

  #hearNote(name: string, payload: unknown): void {
    if (name === KERNEL_NOTES.progress) {
      const progress = payload as RequestProgress;
      this.#unreported.set(progress.id, progress);
      this.#reporting ??= setTimeout(() => this.#report(), REPORT_MS);
      return;
    }
    if (name === KERNEL_NOTES.reply) this.#forget((payload as KernelReply).id);
    this.#say(name, payload);
  }

  /** A request is answered. That a button was pressed is told first: the answer may not be taken. */
  #forget(id: number): void {
    const progress = this.#unreported.get(id);
    this.#unreported.delete(id);
    if (progress?.isPress === true) this.#say(KERNEL_NOTES.progress, progress);
  }

  #report(): void {
    clearTimeout(this.#reporting);
    this.#reporting = undefined;
    for (const progress of this.#unreported.values()) this.#say(KERNEL_NOTES.progress, progress);
    this.#unreported.clear();
  }

  #say(name: string, payload: unknown): void {
    const { parent } = this.#around;
    parent.note(THREAD_NOTES.said, { thread: this.#thread, name, payload } satisfies ThreadNote);
  }

  #onThrown(thrown: unknown): void {
    const isFull = (thrown as NodeJS.ErrnoException | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
    // The stack is for the log, the message for whoever is told.
    process.stderr.write(`${inspect(thrown)}\n`);
    const { name = "" } = thrown instanceof Error ? thrown : {};
    const message = name === "" ? toMessage(thrown) : `${name}: ${toMessage(thrown)}`;
    this.#ending = isFull
      ? { status: "filled", heapBytes: this.#heapBytes }
      : { status: "threw", message };
  }

  #onExit(exitCode: number): void {
    // What it said last may not have been heard.
    for (let last = receive(this.#port); last !== undefined; last = receive(this.#port)) {
      this.#hear(last);
    }
    this.#report();
    this.#port.close();
    const { parent, files, onOver } = this.#around;
    files.leaveAll(this.#thread);
    onOver();
    const ending = this.#ending ?? ({ status: "exited", exitCode } as const);
    parent.note(THREAD_NOTES.ended, { thread: this.#thread, ending } satisfies ThreadEnded);
  }
}

function toEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isHandedOn = ([name]: readonly [string, unknown]) => !Object.hasOwn(ALLOCATOR, name);
  return Object.fromEntries(Object.entries(own).filter(isHandedOn));
}

function receive(port: MessagePort): FromThread | undefined {
  return (receiveMessageOnPort(port) as { readonly message: FromThread } | undefined)?.message;
}
