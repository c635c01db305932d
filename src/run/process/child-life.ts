import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { settlesWithin } from "../../process/line-reader.ts";
import { setSessionPriority, setThreadPriorities } from "../../process/priority.ts";
import type { ProcessTree } from "../../process/process-tree.ts";
import { Program, type ProgramEnd } from "../../process/program.ts";
import { type FromProcess, MARK_NAME, type ToProcess } from "./messages.ts";
import { ProcessLines } from "./process-lines.ts";

/** Why the system would not start a process. */
interface Refusal {
  readonly message: string;
  /** what it has too little of now, as an error's code; null when another try would meet the same */
  readonly lack: string | null;
}

/** How a child came to its end. */
export interface ChildEnd extends Pick<ProgramEnd, "exitCode" | "signal" | "survivors"> {
  /** why it could not even be started; null when it was */
  readonly refusal: Refusal | null;
}

/** A child process from its start until nothing of its tree is left. */
export class ChildLife {
  /** what it and its descendants write */
  readonly lines: ProcessLines | undefined;
  /** Resolves when the tree is gone and all that it had to say has been read. */
  readonly over: Promise<ChildEnd>;
  readonly #spec: RunProcessSpec;
  readonly #program: Program;

  constructor(spec: RunProcessSpec, onMessage: (message: FromProcess) => void) {
    this.#spec = spec;
    this.#program = startProgram(spec);
    const { child, stdout, stderr } = this.#program;
    child?.on("message", (message: FromProcess | null) => {
      // A cell that finds its way to the channel may send anything.
      if (message !== null) onMessage(message);
    });
    if (stdout && stderr) this.lines = new ProcessLines({ stdout, stderr });
    this.over = this.#end();
    // Its caller gets the failure; a process that nobody waits for must not end ours.
    this.over.catch(() => undefined);
  }

  /** undefined when it could not even be started */
  get pid(): number | undefined {
    return this.#program.pid;
  }

  get tree(): ProcessTree | undefined {
    return this.#program.tree;
  }

  /** Whether the child itself is dead; what it started may not be yet. */
  get hasExited(): boolean {
    const { exitCode = null, signalCode = null } = this.#program.child ?? {};
    return exitCode !== null || signalCode !== null;
  }

  /**
   * Gives its threads, those that came since its start too, the priority of a run, and its session if it
   * is to be behind others from now on: until then it loads its code as fast as they do.
   */
  lowerPriority(): void {
    const { pid } = this;
    const { priority = PRIORITY, isBehindOthers = false } = this.#spec;
    if (pid === undefined) return;
    setThreadPriorities(pid, priority);
    if (isBehindOthers) setSessionPriority(pid, priority);
  }

  /** Tells the child something; once it is gone, nothing happens. */
  send(message: ToProcess): void {
    const { child } = this.#program;
    // A message that cannot be sent any more has no reader; `over` tells what became of the child.
    if (child?.connected) child.send(message, () => undefined);
  }

  /** Kills the tree; gives the members that the system would not let die in time. */
  kill(): Promise<readonly number[]> {
    return this.#program.kill();
  }

  async #end(): Promise<ChildEnd> {
    const { exitCode, signal, survivors, refusal } = await this.#program.ended;
    const { child } = this.#program;
    await Promise.all([this.lines?.close(), child && untilDisconnected(child)]);
    return { exitCode, signal, survivors, refusal: refusal ? toRefusal(refusal) : null };
  }
}

/** Open files, processes or memory: others give them back. */
const LACKS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"]);

function toRefusal({ message, code = "" }: NodeJS.ErrnoException): Refusal {
  return { message, lack: LACKS.has(code) ? code : null };
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
  /** whether its session gets that priority, too: where many share a machine, and nobody waits for it */
  readonly isBehindOthers?: boolean;
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
function startProgram(spec: RunProcessSpec): Program {
  const heapMebibytes = Math.floor((HEAP_SHARE * spec.limits.memoryBytes) / 2 ** 20);
  const heap = `--max-old-space-size=${heapMebibytes}`;
  const program = new Program({
    command: [process.execPath, heap, fileURLToPath(spec.program), `${process.pid}`],
    directory: spec.directory,
    environment: spec.environment,
    hasChannel: true,
    markName: MARK_NAME,
  });
  if (program.pid !== undefined) setThreadPriorities(program.pid, spec.priority ?? PRIORITY);
  return program;
}
