import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { openDebianRoot, readPackageVersion } from "./debian-root.ts";
import { findFreePort } from "./free-port.ts";
import { type LifelineProcess, startOnLifeline } from "./lifeline.ts";

export interface RedisRootOptions {
  readonly cacheDirectory: string;
  readonly log: (line: string) => void;
}

export interface RedisOptions {
  /** a folder of unpacked packages */
  readonly root: string;
  /** where it keeps its data, for one that is to go on after it was killed; else a new folder */
  readonly directory?: string | undefined;
  /** else a free one */
  readonly port?: number | undefined;
  /** settings other than those of a server that loses nothing, such as `["--appendonly", "no"]` */
  readonly settings?: readonly string[] | undefined;
}

export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  /** Kills it by SIGKILL, and resolves when nothing is left. */
  kill(): Promise<void>;
}

const startTries = 3;
const startDeadlineMs = 20_000;

/** The folder of Debian's Redis, downloaded when that was never done, and what tests call it. */
export async function openRedisRoot({
  cacheDirectory,
  log,
}: RedisRootOptions): Promise<{ readonly root: string; readonly name: string }> {
  const suite = "bookworm";
  const root = await openDebianRoot({
    suite,
    packages: ["redis-server"],
    cacheDirectory,
    onInstall: () => log(`Setting up Redis of Debian ${suite} (about half a minute, once) …`),
  });
  const version = await readPackageVersion(root, "redis-server");
  return { root, name: `redis-${version.split(".").slice(0, 2).join(".")}` };
}

/** Starts a server that keeps all it is told, also when it is killed. */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  for (let tried = 1; ; tried++) {
    try {
      return await startOnce(options, options.port ?? (await findFreePort()));
    } catch (error) {
      // A port may have been taken in between, so a fresh start is worth a try.
      if (tried === startTries || options.port !== undefined) throw error;
    }
  }
}

async function startOnce(
  { root, directory, settings = [] }: RedisOptions,
  port: number,
): Promise<RunningRedis> {
  const [loader, ...libraries] = findLibraries(root);
  const lifeline = await startOnLifeline({
    directoryPrefix: join(tmpdir(), "hex-redis-"),
    command: (own) => [
      ...[loader ?? "", "--library-path", libraries.join(":"), `${root}/usr/bin/redis-server`],
      ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", directory ?? own],
      ...["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction", ...settings],
    ],
    env: { PATH: process.env["PATH"] },
  });
  const url = `redis://127.0.0.1:${port}`;
  await waitForAnswer(url, lifeline);
  return { url, port, kill: () => lifeline.stop() };
}

/** The dynamic loader of the folder, and where its libraries are. */
function findLibraries(root: string): readonly string[] {
  const triplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const loader = process.arch === "arm64" ? "ld-linux-aarch64.so.1" : "ld-linux-x86-64.so.2";
  const folders = [`${root}/lib/${triplet}`, `${root}/usr/lib/${triplet}`];
  // Debian of before the merged /usr keeps some libraries in /lib.
  const found = folders.map((folder) => `${folder}/${loader}`).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`Expected ${root} to hold ${loader}`);
  return [found, ...folders];
}

async function waitForAnswer(url: string, server: LifelineProcess): Promise<void> {
  const deadline = Date.now() + startDeadlineMs;
  while (!server.hasEnded && Date.now() < deadline) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => {});
    // A password is as good an answer as any, and one that still reads its data gives none yet.
    const answer = await client.ping().catch((error: Error) => error.message);
    client.disconnect();
    if (/^(PONG|NOAUTH)/.test(answer)) return;
    await delay(20);
  }
  await server.stop();
  throw new Error(`Redis did not start: ${server.lastLines()}`);
}
