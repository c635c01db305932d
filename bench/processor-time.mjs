import { readdirSync, readFileSync } from "node:fs";

/** Processor time of processes and of all that they have started, all threads together. */
export function readTreeMs(pids) {
  return pids.reduce((sum, pid) => sum + readOwnMs(pid) + readTreeMs(findChildren(pid)), 0);
}

function readOwnMs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce((sum, task) => sum + readThreadMs(pid, task), 0);
}

function readThreadMs(pid, task) {
  try {
    const [ns] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
    return Number(ns) / 1e6;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

function findChildren(parent) {
  const isChild = (pid) => {
    try {
      // The program's name stands in brackets and may hold anything.
      const [, ppid] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
      return Number(ppid) === Number(parent);
    } catch {
      return false;
    }
  };
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isChild(name));
}

/** Milliseconds of processor time of a process's first thread: that of a server which answers. */
export function readFirstThreadMs(pid) {
  return readThreadMs(pid, pid);
}
