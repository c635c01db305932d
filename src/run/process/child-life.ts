import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { toMessage } from "../../errors.ts";
import { settlesWithin } from "../../process/line-reader.ts";
import { readThreads } from "../../process/process-table.ts";
import { ProcessTree } from "../../process/process-tree.ts";
import { type FromProcess, MARK_NAME, type ToProcess } from "./messages.ts";
import { ProcessLines } from "./process-lines.ts";

/** Why the system would not start a process. */
interface Refusal {
  readonly message: string;
  /** what it has too little of now, as an error's code; null when another try would meet the same */
  readonly lack: string | null;
}

/** How a child came to its end. */
export interface ChildEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** why it could not even be started; null when it was */
  readonly refusal: Refusal | null;
  /** members of its tree that the system would not let die in time */
  readonly survivors: readonly number[];
}

type Exit = Omit<ChildEnd, "survivors">;

/** A child process from its start until nothing of its tree is left. */
export class ChildLife {
  /** undefined when it could not even be started */
  readonly pid: number | undefined;
  /** what it and its descendants write */
  readonly lines: ProcessLines | undefined;
  readonly tree: ProcessTree | undefined;
  /** Resolves when the tree is gone and all that it had to say has been read. */
  readonly over: Promise<ChildEnd>;
  readonly #spec: RunProcessSpec;
  readonly #child: ChildProcess | undefined;
  #killed: Promise<readonly number[]> | undefined;
  #giveUp: (exit: Exit) => void = () => undefined;

  constructor(spec: RunProcessSpec, onMessage: (message: FromProcess) => void) {
    this.#spec = spec;
    const mark = randomUUID();
    const child = trySpawn(spec, mark);
    if (child instanceof Error) {
      this.over = Promise.resolve({ ...toRefusal(child), survivors: [] });
      return;
    }
    this.#child = child.on("message", (message: FromProcess | null) => {
      // A cell that finds its way to the channel may send anything.
      if (message !== null) onMessage(message);
    });
    this.pid = child.pid;
    if (child.pid !== undefined) this.tree = new ProcessTree(child.pid, `${MARK_NAME}=${mark}`);
    const { stdout, stderr } = child;
    if (stdout && stderr) this.lines = new ProcessLines({ stdout, stderr });
    this.over = this.#end(child);
    // Its caller gets the failure; a process that nobody waits for must not end ours.
    this.over.catch(() => undefined);
  }

  /** Whether the child itself is dead; what it started may not be yet. */
  get hasExited(): boolean {
    const { exitCode = null, signalCode = null } = this.#child ?? {};
    return exitCode !== null || signalCode !== null;
  }

  /** Gives its threads, those that came since its start too, the priority of a run. */
  lowerPriority(): void {
    lowerPriority(this.pid, this.#spec);
  }

  /** Tells the child something; once it is gone, nothing happens. */
  send(message: ToProcess): void {
    // A message that cannot be sent any more has no reader; `over` tells what became of the child.
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  /** Kills the tree; gives the members that the system would not let die in time. */
  kill(): Promise<readonly number[]> {
    this.#killed ??= this.#kill();
    return this.#killed;
  }

  async #kill(): Promise<readonly number[]> {
    const survivors = (await this.tree?.kill()) ?? [];
    if (survivors.some((pid) => pid === this.pid)) {
      this.#giveUp({ exitCode: null, signal: "SIGKILL", refusal: null });
    }
    return survivors;
  }

  async #end(child: ChildProcess): Promise<ChildEnd> {
    const exit = await new Promise<Exit>((resolve) => {
      this.#giveUp = resolve;
      child.once("exit", (exitCode, signal) => resolve({ exitCode, signal, refusal: null }));
      // Heard for as long as it lives: an error that nobody hears would end this process.
      child.on("error", (error) => child.pid === undefined && resolve(toRefusal(error)));
    });
    const survivors = await this.kill();
    await Promise.all([this.lines?.close(), untilDisconnected(child)]);
    return { ...exit, survivors };
  }
}

function trySpawn(spec: RunProcessSpec, mark: string): ChildProcess | Error {
  try {
    return spawnChild(spec, mark);
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(toMessage(thrown));
  }
}

/** Open files, processes or memory: others give them back. */
const LACKS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"]);

function toRefusal({ message, code = "" }: NodeJS.ErrnoException): Exit {
  const refusal = { message, lack: LACKS.has(code) ? code : null };
  return { exitCode: null, signal: null, refusal };
}

/** Its last messages may arrive after its exit. */
async function untilDisconnected(child: ChildProcess): Promise<void> {
  if (!child.connected) return;
  const isDone = await settlesWithin(once(child, "disconnect").catch(() => undefined));
  if (!isDone && child.connected) child.disconnect();
}

/** Start options of a run's process. */
export interface RunProcessSpec {
  /** the module that the process runs; it calls `serveTask` */
  readonly program: URL;
  readonly limits: ProcessLimits;
  /** the whole environment: nothing else is handed on */
  readonly environment: Readonly<Record<string, string>>;
  /** where it runs */
  readonly directory: string;
  /** as `nice` has it: 0 is ordinary, 19 the least; unless told 10, since everybody else goes first */
  readonly priority?: number;
}

interface ProcessLimits {
  /** of the process and all it starts, together */
  readonly memoryBytes: number;
  /** how long a task that was asked to stop may take before it is killed; else `GRACE_MS` */
  readonly graceMs?: number | undefined;
}

/** How long a task that was asked to stop may take, so that all is over within five seconds. */
export const GRACE_MS = 3_000;

const PRIORITY = 10;
/** V8 is to notice first that memory runs out, since it says so; the rest is for what is not heap. */
const HEAP_SHARE = 0.9;

/**
 * Starts the process, leader of a group of its own, with pipes and a channel to it. It is told our
 * id, so that it notices when we are gone.
 */
function spawnChild(spec: RunProcessSpec, mark: string): ChildProcess {
  const heapMebibytes = Math.floor((HEAP_SHARE * spec.limits.memoryBytes) / 2 ** 20);
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${heapMebibytes}`, fileURLToPath(spec.program), `${process.pid}`],
    {
      cwd: spec.directory,
      env: { ...spec.environment, [MARK_NAME]: mark },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    },
  );
  lowerPriority(child.pid, spec);
  return child;
}

/** Lets everybody else go first. What starts a thread or a process hands its own priority on. */
function lowerPriority(
  pid: number | undefined,
  { priority = PRIORITY }: Pick<RunProcessSpec, "priority">,
): void {
  if (pid === undefined) return;
  for (const thread of readThreads(pid)) {
    try {
      setPriority(thread, priority);
    } catch {
      // Refused, or gone: a run at ordinary priority is still a run.
    }
  }
}
