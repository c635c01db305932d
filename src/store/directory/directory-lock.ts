import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { expectation } from "../../errors.ts";
import { TEMPORARY_PREFIX } from "../key.ts";
import { diskErrorCode, unless } from "./directory-failure.ts";
import type { Folder } from "./directory-folder.ts";

/*
 * The lock of a key is a folder beside it: locked while a file lies in it, free while it is empty or
 * missing. The file's name says who holds the lock.
 *
 *   take    a prepared folder with one's own file is renamed to the lock's name, which succeeds only
 *           over an empty or missing folder
 *   release one's own file is removed, then the folder if it is still empty
 *   mend    the file of a holder that has died is removed by its own name, so that nobody removes
 *           the lock of the next one by mistake
 *
 * A holder that is slow or stopped is never robbed: a lock goes by proof of death, not by age.
 */

export interface LockRequest {
  readonly folder: Folder;
  /** the file that is locked, by its name in the folder */
  readonly name: string;
  /** the store as messages name it */
  readonly location: string;
  readonly signal?: AbortSignal | undefined;
}

const TAKEN = ["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"];
const WAIT_LIMIT_MS = 10_000;
const WAIT_STEP_MS = 10;

/**
 * Does something while nobody else on this machine does it with the same file.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE when the lock is not free within ten seconds
 */
export async function withFileLock<T>(request: LockRequest, action: () => Promise<T>): Promise<T> {
  const { folder, name } = request;
  const owner = toOwnerName();
  const lock = `${folder.path}/${TEMPORARY_PREFIX}lock-${name}`;
  const prepared = `${folder.path}/${TEMPORARY_PREFIX}${randomUUID()}`;
  try {
    await mkdir(prepared);
    await writeFile(`${prepared}/${owner}`, "");
    await take(prepared, lock, request);
  } catch (error) {
    await rm(prepared, { recursive: true, force: true });
    throw error;
  }
  try {
    return await action();
  } finally {
    await unless(["ENOENT"], unlink(`${lock}/${owner}`));
    await unless(["ENOENT", ...TAKEN], rmdir(lock));
  }
}

async function take(prepared: string, lock: string, request: LockRequest): Promise<void> {
  const { location, name, signal } = request;
  for (let waitedMs = 0; waitedMs <= WAIT_LIMIT_MS; ) {
    signal?.throwIfAborted();
    if (await isRenamed(prepared, lock)) return;
    const owners = (await unless(["ENOENT"], readdir(lock))) ?? [];
    for (const owner of owners.filter(isDead)) await unless(["ENOENT"], unlink(`${lock}/${owner}`));
    const pauseMs = WAIT_STEP_MS * (0.5 + Math.random());
    await wait(pauseMs, undefined, { signal });
    waitedMs += pauseMs;
  }
  throw expectation("HEX_STORE_UNAVAILABLE", {
    place: `\`${name}\` in the store ${location}`,
    expected: `free to be written within ${WAIT_LIMIT_MS / 1000} s`,
    got: "another writer that does not finish",
    hint: `if no hex process is running, remove the folder ${TEMPORARY_PREFIX}lock-${name} beside it`,
  });
}

async function isRenamed(prepared: string, lock: string): Promise<boolean> {
  try {
    await rename(prepared, lock);
    return true;
  } catch (error) {
    if (TAKEN.includes(diskErrorCode(error) ?? "")) return false;
    throw error;
  }
}

/** Machine, boot, process and its start: enough to prove later that the holder is gone. */
function toOwnerName(): string {
  const { machine, boot } = identity();
  return [machine, boot, process.pid, processStart(process.pid) ?? 0, randomUUID()].join(".");
}

/** Whether the holder has died for certain; of another machine or container nothing is certain. */
function isDead(owner: string): boolean {
  const [machine, boot, pid, start] = owner.split(".");
  const here = identity();
  if (machine !== here.machine) return false;
  if (boot !== here.boot) return true;
  if (!isRunning(Number(pid))) return true;
  return (processStart(Number(pid)) ?? "0") !== start;
}

let known: { readonly machine: string; readonly boot: string } | undefined;

function identity() {
  known ??= {
    // Containers may share a host name but not a table of processes.
    machine: digest(hostname() + (readOrNone(() => readlinkSync("/proc/self/ns/pid")) ?? "")),
    boot: digest(
      readOrNone(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")) ?? "unknown",
    ),
  };
  return known;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return diskErrorCode(error) !== "ESRCH";
  }
}

/** When a process began, in ticks since boot; none where the system does not say, or for a zombie. */
function processStart(pid: number): string | undefined {
  const stat = readOrNone(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The name in brackets may hold anything; the fields after it are fixed.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

function readOrNone(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    // Not Linux, or no such process: the caller knows what to do without.
    return undefined;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
