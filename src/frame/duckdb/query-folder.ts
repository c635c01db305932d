/** The folder in which a query keeps what does not fit into memory. */
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/** Processes of another machine, or of another container, cannot be asked whether they are there. */
const PREFIX = `hex-query-${hostname().replace(/[^A-Za-z0-9.-]/g, "_")}-`;

let sweeping: Promise<void> | undefined;

/**
 * Gives work a folder of its own, and removes it; also those of processes that were killed. Where none can
 * be made, in a container whose disk is closed or full, the work goes on: only what needs the folder fails.
 */
export async function withQueryFolder<Result>(
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  sweeping ??= removeLeftovers();
  await sweeping;
  const start = join(tmpdir(), `${PREFIX}${process.pid}-`);
  const made = await mkdtemp(start).catch(() => undefined);
  try {
    return await work(made ?? `${start}${randomUUID()}`);
  } finally {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  }
}

/** Removes the folders of processes that are gone. @internal */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const [, pid] = (name.startsWith(PREFIX) && /^(\d+)-/.exec(name.slice(PREFIX.length))) || [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    // Another process may be removing it at the same time, or it is another user's.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
