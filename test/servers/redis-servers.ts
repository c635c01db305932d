import { resolve } from "node:path";
import { openRedisRoot, startRedis } from "./redis.ts";
import type { RedisServer } from "./redis-server.ts";

export interface RedisServersOptions {
  /**
   * - `HEX_TEST_REDIS=off` starts no server: for a quick run of all other tests
   * - `HEX_TEST_CACHE` is where downloads are kept instead of `.cache`
   * - `HEX_TEST_REDIS_URL` names a server to be used where none can be started
   * - `CI` makes it an error when a server cannot be had
   */
  readonly env: NodeJS.ProcessEnv;
  readonly projectDirectory: string;
  readonly log: (line: string) => void;
}

/** The servers of a test run and the way to end them all. */
export interface RedisServers {
  readonly servers: readonly RedisServer[];
  stop(): Promise<void>;
}

/** Starts the Redis that tests run against, or says in one line why that cannot be done. */
export async function startRedisServers(options: RedisServersOptions): Promise<RedisServers> {
  const { env, projectDirectory, log } = options;
  if (env["HEX_TEST_REDIS"] === "off") {
    log("The queue was not tested against a real Redis: HEX_TEST_REDIS is off");
    return { servers: [], async stop() {} };
  }
  const cache = resolve(projectDirectory, env["HEX_TEST_CACHE"] ?? ".cache");
  try {
    const { root, name } = await openRedisRoot({ cacheDirectory: resolve(cache, "redis"), log });
    const running = await startRedis({ root });
    return { servers: [{ name, url: running.url, root }], stop: () => running.kill() };
  } catch (error) {
    return withoutOwnServer(error instanceof Error ? error.message : String(error), options);
  }
}

function withoutOwnServer(reason: string, { env, log }: RedisServersOptions): RedisServers {
  const url = env["HEX_TEST_REDIS_URL"];
  if (url !== undefined) {
    const server = { name: new URL(url).host, url, root: undefined };
    return { servers: [server], async stop() {} };
  }
  const sentence = "tested against a real Redis";
  if (env["CI"] === "true") throw new Error(`The queue cannot be ${sentence}: ${reason}`);
  log(`The queue was not ${sentence}: ${reason.replaceAll(/\s*\n\s*/g, " | ")}`);
  return { servers: [], async stop() {} };
}
