import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/*
 * Who holds something (a lock, a lease, a run, a job) may be killed before it lets go. Others go past
 * it in one of two ways, and nobody else judges who lives:
 *
 *   gone    it is proven, at once: the process of this identity is no more
 *   silent  nothing was heard of it for a bounded time, as seen on the observer's own steady clock
 *
 * Both may be wrong about a process that was only stopped, or cloned with its machine. So whoever
 * goes past a holder fences it first: what it writes afterwards is refused.
 */

/** How long others hear nothing of a holder before they go past it; milliseconds. */
export const SILENCE_MS = 10_000;

/** How often a holder lets others hear of it; milliseconds. */
export const BEAT_MS = 2_000;

let own: string | undefined;

/**
 * This process, as others can prove it gone: boot, namespaces, id and start, in one word.
 *
 * @example "4f0c1b2a9d3e.8a1c5f7e2b90.4711.123456"
 */
export function identifyProcess(): string {
  own ??= [...toSurroundings(), process.pid, processStart("self") ?? ""].join(".");
  return own;
}

/**
 * Whether the process of this identity is certain to be no more. False also where that cannot be
 * known: it ran on another machine, in another container, or the system does not tell.
 */
export function isProcessGone(identity: string): boolean {
  const [boot, space, pid, start] = identity.split(".");
  const [ownBoot, ownSpace] = toSurroundings();
  const isHere = boot === ownBoot && space === ownSpace;
  if (!isHere || !/^\d+$/.test(pid ?? "")) return false;
  if (!isThere(Number(pid))) return true;
  const found = start === "" ? undefined : processStart(pid ?? "");
  return found !== undefined && found !== start;
}

let surroundings: readonly [boot: string, space: string] | undefined;

/** Where ids of processes mean the same: one boot of one kernel, one table of processes. */
function toSurroundings(): readonly [boot: string, space: string] {
  if (surroundings !== undefined) return surroundings;
  // A namespace's number is given again only when the namespace is gone, with all its processes.
  const spaces = ["pid", "time"].map((name) =>
    readOrNone(() => readlinkSync(`/proc/self/ns/${name}`)),
  );
  const bootId = readOrNone(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  surroundings = [
    // A host's name may change while it runs: only where there is nothing better.
    toDigest(bootId ?? `${process.platform} ${hostname()}`),
    toDigest(spaces.join(" ")),
  ];
  return surroundings;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** When a process began, in ticks since boot; `dead` for one that is not cleared away yet. */
function processStart(pid: string): string | undefined {
  const stat = readOrNone(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The name in brackets may hold anything; the fields after it are fixed.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" || fields?.[0] === "X" ? "dead" : fields?.[19];
}

function readOrNone(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    // Not Linux, no such process, or no descriptor left: nothing is proven then.
    return undefined;
  }
}

function toDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
