import { openSync } from "node:fs";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { HexError, toMessage } from "../../errors.ts";
import type { RunEvent } from "../run-event.ts";
import { EventThrottle } from "./event-throttle.ts";
import {
  type CallAnswer,
  type FromProcess,
  MARK_NAME,
  type ProcessTask,
  type TaskEnding,
  type ToProcess,
} from "./messages.ts";

/** The process that gave a task, as the task sees it. */
export interface Parent {
  /** aborted when the task is to stop; the reason is a HexError that says why */
  readonly signal: AbortSignal;

  /** Tells what happens, in order; of a cell's progress only so much as an eye can follow. */
  emit(event: RunEvent): void;

  /** Asks for what only the parent can do. @throws {HexError} the failure with which it answers */
  call(name: string, payload: unknown): Promise<unknown>;

  /** Tells something to which no answer is needed: half of what a call costs. */
  note(name: string, payload: unknown): void;

  /** Is told what the parent has to say on its own account. */
  onNote(name: string, listener: (payload: unknown) => void): void;
}

/** Does the one task; what it gives must be plain JSON. A HexError ends it as failed. */
export type TaskFunction = (task: ProcessTask, parent: Parent) => Promise<unknown>;

/**
 * Makes this process one that gets a task, does it and exits: the last call of its program.
 *
 * @param warmUp what may be done while no task comes, so that it goes quicker in the task; it
 * must leave nothing behind that a task could see. Its failures are the task's to tell.
 */
export function serveTask(run: TaskFunction, warmUp: WarmUp = async () => undefined): void {
  new TaskServer(run, warmUp).open();
}

type WarmUp = () => Promise<unknown>;

/** A task that does not come so soon is not here yet: it is given at once when there is one. */
const IDLE_MS = 50;

/** How much of what was thrown is told. */
const LONGEST_MESSAGE = 2_000;

class TaskServer implements Parent {
  readonly #run: TaskFunction;
  readonly #warmUp: WarmUp;
  readonly #send = takeChannel();
  readonly #stopping = new AbortController();
  readonly #throttle = new EventThrottle((event) => this.#send({ type: "event-emitted", event }));
  readonly #calls = new Map<number, (answer: CallAnswer) => void>();
  readonly #listeners = new Map<string, ((payload: unknown) => void)[]>();
  #idleTimer: NodeJS.Timeout | undefined;
  #lastCall = 0;

  constructor(run: TaskFunction, warmUp: WarmUp) {
    this.#run = run;
    this.#warmUp = warmUp;
  }

  open(): void {
    process.on("uncaughtException", (thrown) => this.#fail(thrown));
    // Nobody may be left to read what is printed: that is no failure of which it could be told.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
    process.on("message", (message: ToProcess) => this.#hear(message));
    this.#send({ type: "process-ready" });
    startParentWatch();
    this.#idleTimer = setTimeout(() => this.#warmUp().catch(() => undefined), IDLE_MS);
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  readonly emit = (event: RunEvent): void => this.#throttle.take(event);

  readonly call = async (name: string, payload: unknown): Promise<unknown> => {
    this.#lastCall += 1;
    const id = this.#lastCall;
    const answer = await new Promise<CallAnswer>((resolve) => {
      this.#calls.set(id, resolve);
      this.#send({ type: "call-made", id, name, payload });
    });
    if (answer.ok) return answer.value;
    throw new HexError(answer.code, answer.message);
  };

  readonly note = (name: string, payload: unknown): void => {
    this.#send({ type: "note-made", name, payload });
  };

  readonly onNote = (name: string, listener: (payload: unknown) => void): void => {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  };

  #hear(message: ToProcess): void {
    switch (message.type) {
      case "task-given":
        clearTimeout(this.#idleTimer);
        this.#serve(message.task).catch((thrown: unknown) => this.#fail(thrown));
        break;
      case "cancel-requested":
        this.#stopping.abort(new HexError(message.code, message.message));
        break;
      case "call-answered":
        this.#calls.get(message.id)?.(message.answer);
        this.#calls.delete(message.id);
        break;
      case "note-sent":
        for (const listener of this.#listeners.get(message.name) ?? []) listener(message.payload);
        break;
    }
  }

  async #serve(task: ProcessTask): Promise<void> {
    const ending = await this.#toEnding(task);
    // A cell may leave timers or sockets behind; the answer is given, so nothing waits for them.
    await this.#sendLast({ type: "task-ended", ending }, 0);
  }

  async #toEnding(task: ProcessTask): Promise<TaskEnding> {
    try {
      return { status: "done", value: await this.#run(task, this) };
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      return { status: "failed", code: thrown.code, message: thrown.message };
    }
  }

  /** Ends the process over what nobody caught, be it a cell's or our own. */
  #fail(thrown: unknown): void {
    // The stack is for the run's log, the message for whoever is told that the run failed.
    process.stderr.write(`${inspect(thrown)}\n`);
    const message = describe(thrown).slice(0, LONGEST_MESSAGE);
    void this.#sendLast({ type: "process-failed", message }, 1);
  }

  /** Exits with a last message, after all that was printed and emitted before. */
  async #sendLast(message: FromProcess, exitCode: number): Promise<void> {
    this.#throttle.close();
    await Promise.all([flush(process.stdout), flush(process.stderr)]);
    this.#send(message, () => process.exit(exitCode));
  }
}

type Send = (message: FromProcess, onSent?: () => void) => void;

/** Takes the channel to the parent for itself: cells are not to speak in its name. */
function takeChannel(): Send {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error("A task's process must be started by startRunProcess");
  delete process.send;
  return (message, onSent = () => undefined) => {
    // A message that cannot be sent has lost its reader: `disconnect` ends the process.
    if (process.connected) send(message, undefined, undefined, onSent);
  };
}

/** Node writes to pipes in the background, and forgets what is left when it exits. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return;
  await new Promise((resolve) => stream.write("", resolve));
}

function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : toMessage(thrown);
  } catch {
    return "a value that cannot be printed";
  }
}

const STEP_MS = 500;

/**
 * Ends this process, and whatever it has started, soon after its parent is gone. That takes a thread:
 * a cell that never pauses keeps the main one from noticing anything.
 */
function startParentWatch(): void {
  const [, , parent] = process.argv;
  const mark = `${MARK_NAME}=${process.env[MARK_NAME]}`;
  const spare = keepSpare();
  process.on("disconnect", () => killTree(mark, spare));
  const code = `
    const killTree = ${killTree};
    setInterval(() => {
      if (process.ppid !== ${Number(parent)}) killTree(${JSON.stringify(mark)}, ${spare});
    }, ${STEP_MS});`;
  new Worker(code, {
    eval: true,
    env: {},
    execArgv: [],
    // Without it the thread's heap could grow as large as the run's.
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  }).unref();
}

/** A descriptor that cells cannot use up, so that others can be looked at when the end comes. */
function keepSpare(): number | undefined {
  try {
    return openSync("/proc", "r");
  } catch {
    return undefined;
  }
}

/**
 * Kills whoever carries the mark, then this process with its group. The thread has nothing but the
 * text of this function: it may use nothing else of this file.
 *
 * A process that cannot be looked at, since ours has used up its descriptors, may carry the mark: all
 * are looked at again until that is known, or for two seconds. Killing the group takes no descriptor.
 *
 * @param spare a descriptor that was kept back for this
 */
function killTree(mark: string, spare: number | undefined): void {
  const { closeSync, readdirSync, readFileSync } = process.getBuiltinModule("node:fs");
  // The process is gone, or somebody else's; or there is no /proc.
  const isAnswer = (thrown: unknown) =>
    ["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((thrown as NodeJS.ErrnoException).code ?? "");
  const killMarked = (pid: number) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (environment.split("\0").includes(mark)) process.kill(pid, "SIGKILL");
    } catch (thrown) {
      if (!isAnswer(thrown)) throw thrown;
    }
  };
  const killAllMarked = () => {
    try {
      const pids = readdirSync("/proc").map(Number);
      for (const pid of pids) if (pid > 0 && pid !== process.pid) killMarked(pid);
      return true;
    } catch (thrown) {
      return isAnswer(thrown);
    }
  };
  try {
    if (spare !== undefined) closeSync(spare);
  } catch {
    // A cell, or the other thread, has closed it before.
  }
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 40 && !killAllMarked(); tries++) Atomics.wait(pause, 0, 0, 50);
  process.kill(0, "SIGKILL");
}
