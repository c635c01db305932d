import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { readThreads } from "./process-table.ts";

/** Gives all threads of a process a priority, as `nice` has it. What starts a thread hands its own on. */
export function setThreadPriorities(pid: number, priority: number): void {
  for (const thread of readThreads(pid)) {
    try {
      setPriority(thread, priority);
    } catch {
      // Refused, or gone: a run at ordinary priority is still a run.
    }
  }
}

/**
 * Gives the session of a process a priority, if it is one of its own. Linux shares the processor out among
 * sessions first ("autogroups"), and heeds the priority of a thread only within its session.
 */
export function setSessionPriority(pid: number, priority: number, tries = TRIES): void {
  const session = readSession(pid);
  // One that shares our session must not slow us down.
  const isOwn = session !== undefined && session.name !== readSession("self")?.name;
  if (!isOwn || session.priority === priority) return;
  try {
    writeFileSync(`/proc/${pid}/autogroup`, `${priority}`);
  } catch (thrown) {
    const isBusy = thrown instanceof Error && "code" in thrown && thrown.code === "EAGAIN";
    if (!isBusy || tries === 0) return;
    setTimeout(() => setSessionPriority(pid, priority, tries - 1), PAUSE_MS).unref();
  }
}

/** Gives a process that we have started in a session of its own the priority that ours has. */
export function handSessionPriorityOn(pid: number): void {
  const own = readSession("self");
  if (own !== undefined && own.priority !== 0) setSessionPriority(pid, own.priority);
}

/** The system takes one such wish in 100 ms from all who are not root. */
const TRIES = 20;
const PAUSE_MS = 120;

interface Session {
  readonly name: string;
  readonly priority: number;
}

/** Undefined where there are no autogroups, or no such process. */
function readSession(pid: number | "self"): Session | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/autogroup`, "utf8");
    const [, name = "", priority] = /^(\S+) nice (-?\d+)/.exec(text) ?? [];
    return { name, priority: Number(priority) };
  } catch {
    return undefined;
  }
}
