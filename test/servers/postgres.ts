import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { openDebianRoot, readPackageVersion } from "./debian-root.ts";
import { findFreePort } from "./free-port.ts";
import { type LifelineProcess, startOnLifeline } from "./lifeline.ts";

/** A real PostgreSQL that listens on this machine, or the one named by the environment. */
export interface PostgresServer {
  /** what test titles call it, such as `postgres-15` */
  readonly name: string;
  /** `postgres://user:password@127.0.0.1:port/postgres`, of a user who may do everything */
  readonly url: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /**
     * The server of this run; each test takes a schema of its own in it. It is started for test
     * files whose own text says `inject("postgres")`, and null only when there is none to be had.
     */
    postgres: PostgresServer | null;
  }
}

export interface PostgresOptions {
  readonly cacheDirectory: string;
  readonly log: (line: string) => void;
}

export interface RunningPostgres {
  readonly server: PostgresServer;
  /** Ends it with all it holds, and resolves when nothing is left. */
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL("postgres.sh", import.meta.url));
const startTries = 3;
const startDeadlineMs = 30_000;

/** Starts Debian's PostgreSQL on a free port, downloading it first when that was never done. */
export async function startPostgres({
  cacheDirectory,
  log,
}: PostgresOptions): Promise<RunningPostgres> {
  const suite = "bookworm";
  const root = await openDebianRoot({
    suite,
    packages: ["postgresql-15"],
    cacheDirectory,
    onInstall: () => log(`Setting up PostgreSQL of Debian ${suite} (about a minute, once) …`),
  });
  const version = await readPackageVersion(root, "postgresql-15");
  const name = `postgres-${version.split(".")[0]}`;
  for (let tried = 1; ; tried++) {
    try {
      return await startOnce(root, name, await findFreePort());
    } catch (error) {
      // A port may have been taken in between, so a fresh start is worth a try.
      if (tried === startTries) throw error;
    }
  }
}

async function startOnce(root: string, name: string, port: number): Promise<RunningPostgres> {
  const lifeline = await startOnLifeline({
    directoryPrefix: join(tmpdir(), "hex-postgres-"),
    command: (data) => ["bash", script, root, data, `${port}`],
    env: { PATH: process.env["PATH"] },
  });
  const url = `postgres://hex:hex@127.0.0.1:${port}/postgres`;
  await waitForAnswer(url, lifeline);
  return { server: { name, url }, stop: () => stop(url, lifeline) };
}

async function waitForAnswer(url: string, server: LifelineProcess): Promise<void> {
  const deadline = Date.now() + startDeadlineMs;
  while (!server.hasEnded && Date.now() < deadline) {
    const client = new pg.Client(url);
    client.on("error", () => undefined);
    const isUp = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (isUp) return;
    await delay(50);
  }
  await server.stop();
  throw new Error(`PostgreSQL did not start: ${server.lastLines()}`);
}

/** Ends what clients left going first: its processes are in groups of their own. */
async function stop(url: string, server: LifelineProcess): Promise<void> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  const others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity";
  await client
    .connect()
    .then(() =>
      client.query(`${others} WHERE pid <> pg_backend_pid() AND backend_type = $1`, [
        "client backend",
      ]),
    )
    .catch(() => undefined);
  await client.end().catch(() => undefined);
  await server.stop();
}
