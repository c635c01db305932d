import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { MARK_NAME } from "./process-mark.ts";
import { readThreads } from "./process-table.ts";

/** What a run's process is started with. */
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
export function spawnChild(spec: RunProcessSpec, mark: string): ChildProcess {
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
export function lowerPriority(
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
