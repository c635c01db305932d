import { Worker } from "node:worker_threads";
import { MARK_NAME } from "./process-mark.ts";

/**
 * Ends this process, and whatever it has started, soon after its parent is gone. That takes a thread:
 * a cell that never pauses keeps the main one from noticing anything.
 */
export function startParentWatch(): void {
  const [, , parent] = process.argv;
  const mark = `${MARK_NAME}=${process.env[MARK_NAME]}`;
  const code = `(${watch})(${Number(parent)}, ${JSON.stringify(mark)})`;
  new Worker(code, {
    eval: true,
    // Without it the thread's heap could grow as large as the run's.
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  }).unref();
}

/** Runs in the thread, from its text alone: it may use nothing of this file. */
function watch(parent: number, mark: string): void {
  const { readdirSync, readFileSync } = process.getBuiltinModule("node:fs");
  const killMarked = (pid: number) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (environment.split("\0").includes(mark)) process.kill(pid, "SIGKILL");
    } catch {
      // Gone, or somebody else's.
    }
  };
  const killAll = () => {
    try {
      const pids = readdirSync("/proc").map(Number);
      for (const pid of pids) if (pid > 0 && pid !== process.pid) killMarked(pid);
    } catch {
      // Without /proc only the group is known.
    }
    process.kill(0, "SIGKILL");
  };
  setInterval(() => {
    if (process.ppid !== parent) killAll();
  }, 500);
}
