import type { Parent } from "../run/process/serve-task.ts";
import { StartedThread, type ThreadEnd } from "../run/process/thread.ts";
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
  type ToThread,
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
  readonly #number: number;
  readonly #around: ThreadSurroundings;
  readonly #thread: StartedThread<ToThread, FromThread>;
  /** the newest report of a request's cells that the server has not heard of, by the request's number */
  readonly #unreported = new Map<number, RequestProgress>();
  #reporting: NodeJS.Timeout | undefined;
  #ending: ThreadEnding | undefined;

  constructor({ thread, task, heapBytes }: ThreadStart, around: ThreadSurroundings) {
    this.#number = thread;
    this.#around = around;
    this.#thread = new StartedThread({
      program: around.program,
      task,
      environment: toEnvironment(process.env),
      heapMebibytes: { old: Math.floor(heapBytes / 2 ** 20), young: YOUNG_MEBIBYTES },
      onSaid: (said) => this.#hear(said),
      onOver: (end) => this.#onOver(end),
    });
  }

  tell(name: string, payload: unknown): void {
    this.#thread.tell({ type: "told", name, payload });
  }

  end(): void {
    this.#thread.end();
  }

  #hear(message: FromThread): void {
    const { files, parent } = this.#around;
    const thread = this.#number;
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
        this.#thread.tell({ type: "file-found", id, bytes: files.find(key, thread) });
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
    parent.note(THREAD_NOTES.said, { thread: this.#number, name, payload } satisfies ThreadNote);
  }

  #onOver(end: ThreadEnd): void {
    this.#report();
    const { parent, files, onOver } = this.#around;
    files.leaveAll(this.#number);
    onOver();
    const ending = this.#ending ?? end;
    parent.note(THREAD_NOTES.ended, { thread: this.#number, ending } satisfies ThreadEnded);
  }
}

function toEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isHandedOn = ([name]: readonly [string, unknown]) => !Object.hasOwn(ALLOCATOR, name);
  return Object.fromEntries(Object.entries(own).filter(isHandedOn));
}
