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
  process.on("disconnect", () => killTree(mark));
  const code = `
    const killTree = ${killTree};
    setInterval(() => {
      if (process.ppid !== ${Number(parent)}) killTree(${JSON.stringify(mark)});
    }, ${STEP_MS});`;
  new Worker(code, {
    eval: true,
    env: {},
    execArgv: [],
    // Without it the thread's heap could grow as large as the run's.
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  }).unref();
}

/**
 * Kills whoever carries the mark, then this process with its group. The thread has nothing but the
 * text of this function: it may use nothing else of this file.
 */
function killTree(mark: string): void {
  const { existsSync, readdirSync, readFileSync } = process.getBuiltinModule("node:fs");
  const killMarked = (pid: number) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (environment.split("\0").includes(mark)) process.kill(pid, "SIGKILL");
    } catch {
      // Gone, or somebody else's.
    }
  };
  const pids = existsSync("/proc") ? readdirSync("/proc").map(Number) : [];
  for (const pid of pids) if (pid > 0 && pid !== process.pid) killMarked(pid);
  process.kill(0, "SIGKILL");
}
