import type { ProcessTask, TaskEnding } from "../run/process/messages.ts";
import type { ThreadEnd } from "../run/process/thread.ts";
import type { RunEvent } from "../run/run-event.ts";

/**
 * The environment by which glibc gives memory of columns that are gone back to the system, instead of
 * keeping it for each thread. Programs that cells start get none of it.
 */
export const ALLOCATOR = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "262144" };

/** The task of a process whose threads answer viewers, and which computes nothing by itself. */
export interface ThreadsTask {
  readonly kind: "threads";
}

/** Notes between a server and the process of its viewers' threads, each about one thread. */
export const THREAD_NOTES = {
  /** to the process: start one, hand it a note, end it */
  start: "thread-start",
  tell: "thread-tell",
  end: "thread-end",
  /** to the server: threads can be started; what one said, and how it ended */
  ready: "threads-ready",
  said: "thread-said",
  ended: "thread-ended",
};

interface OfThread {
  /** its number; none is used twice */
  readonly thread: number;
}

export interface ThreadStart extends OfThread {
  readonly task: ProcessTask;
  /** how large its heap may grow */
  readonly heapBytes: number;
}

export interface ThreadNote extends OfThread {
  readonly name: string;
  readonly payload: unknown;
}

/** How a thread came to its end. */
export type ThreadEnding = TaskEnding | ThreadEnd;

export interface ThreadEnded extends OfThread {
  readonly ending: ThreadEnding;
}

/** What a thread says to the main thread of its process. */
export type FromThread =
  | { readonly type: "noted"; readonly name: string; readonly payload: unknown }
  | { readonly type: "emitted"; readonly event: RunEvent }
  | { readonly type: "ended"; readonly ending: TaskEnding }
  /** asks for the bytes of a file that another thread may have read */
  | { readonly type: "file-wanted"; readonly key: string; readonly id: number }
  | { readonly type: "file-read"; readonly key: string; readonly bytes: SharedArrayBuffer }
  /** nothing of the file is in use any more */
  | { readonly type: "file-left"; readonly key: string };

/** What the main thread says to a thread. */
export type ToThread =
  | { readonly type: "told"; readonly name: string; readonly payload: unknown }
  | {
      readonly type: "file-found";
      readonly id: number;
      readonly bytes: SharedArrayBuffer | undefined;
    };
