import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { toSha256 } from "../sha256.ts";

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
 * This process, as others can prove it gone: boot, namespaces, id and start, in one word. It stays
 * the same for as long as the process lives.
 *
 * @example "4f0c1b2a9d3e.8a1c5f7e2b90.4711.123456"
 */
export function identifyProcess(): string {
  own ??= [...toSurroundings(), process.pid, processStart("self") ?? ""].join(".");
  return own;
}

/**
 * Whether the process of this identity is certain to be no more; further words after a dot are
 * passed over. False also where that cannot be known: it ran on another machine, before the machine
 * was started anew, in another container, or the system does not tell.
 */
export function isProcessGone(identity: string): boolean {
  const [boot, space, pid = "", start = ""] = identity.split(".");
  const [ownBoot, ownSpace] = toSurroundings();
  if (boot !== ownBoot || space !== ownSpace || !/^[1-9]\d*$/.test(pid)) return false;
  if (!isThere(Number(pid))) return true;
  // The id may have been given to another process, which began at another time.
  const found = /^\d+$/.test(start) && isOwnTable() ? processStart(pid) : undefined;
  return found !== undefined && found !== start;
}

type Surroundings = readonly [boot: string, space: string];

let known: Surroundings | undefined;

/** Where ids of processes mean the same: one boot of one kernel, one table of processes. */
function toSurroundings(): Surroundings {
  if (known !== undefined) return known;
  const read = process.platform === "linux" ? readKernel() : readMachine();
  if (read !== undefined) known = [toDigest(read[0]), toDigest(read[1])];
  // Like nobody else's, so that nothing is proven; the next look may find a free descriptor.
  return known ?? [toDigest(randomUUID()), toDigest("")];
}

function readKernel(): Surroundings | undefined {
  const boot = readOrNone(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  // A namespace's number is given again only when the namespace is gone, with all its processes.
  const pids = readOrNone(() => readlinkSync("/proc/self/ns/pid"));
  // By this one the kernel counts when a process began; older kernels have none.
  const times = readOrNone(() => readlinkSync("/proc/self/ns/time"));
  return boot === undefined || pids === undefined ? undefined : [boot, `${pids} ${times}`];
}

/** Other systems tell no boot. Names of machines repeat, so their network cards have to differ too. */
function readMachine(): Surroundings | undefined {
  const cards = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter(({ internal }) => !internal).map(({ mac }) => mac),
  );
  const found = [...new Set(cards)].sort();
  return found.length === 0 ? undefined : [`${process.platform} ${hostname()} ${found}`, ""];
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/**
 * Whether `/proc` shows the same table of processes as signals reach. A process in a namespace of
 * its own may be shown that of its host, where its ids mean others; it has one more id there.
 */
function isOwnTable(): boolean {
  const status = readOrNone(() => readFileSync("/proc/self/status", "utf8"));
  return /^NSpid:\t\d+$/m.test(status ?? "");
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
  return toSha256(text).slice(0, 12);
}
