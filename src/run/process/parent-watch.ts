import { openSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { MARK_NAME } from "./process-mark.ts";

const STEP_MS = 500;

/**
 * Ends this process, and whatever it has started, soon after its parent is gone. That takes a thread:
 * a cell that never pauses keeps the main one from noticing anything.
 */
export function startParentWatch(): void {
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
