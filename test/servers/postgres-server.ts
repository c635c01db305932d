import { resolve } from "node:path";
import { type PostgresServer, startPostgres } from "./postgres.ts";

export interface PostgresServerOptions {
  /**
   * - `HEX_TEST_POSTGRES` is the URL of the server to use; `off` starts none, for a quick run of
   *   all other tests
   * - `HEX_TEST_CACHE` is where downloads are kept instead of `.cache`
   * - `CI` makes it an error when there is none
   */
  readonly env: NodeJS.ProcessEnv;
  readonly projectDirectory: string;
  readonly log: (line: string) => void;
}

/** The server of a test run, if any, and the way to end it. */
export interface OpenPostgres {
  readonly server: PostgresServer | null;
  stop(): Promise<void>;
}

/** The PostgreSQL that tests read from, or one line that says why there is none. */
export async function openPostgres(options: PostgresServerOptions): Promise<OpenPostgres> {
  const { env, projectDirectory, log } = options;
  const named = env["HEX_TEST_POSTGRES"];
  if (named === "off") {
    log("Nothing was read from a real PostgreSQL: HEX_TEST_POSTGRES is off");
    return { server: null, async stop() {} };
  }
  if (named !== undefined) {
    return { server: { name: new URL(named).host, url: named }, async stop() {} };
  }
  const cache = resolve(projectDirectory, env["HEX_TEST_CACHE"] ?? ".cache");
  try {
    return await startPostgres({ cacheDirectory: resolve(cache, "postgres"), log });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const sentence = "read from a real PostgreSQL";
    if (env["CI"] === "true") throw new Error(`Nothing can be ${sentence}: ${reason}`);
    log(`Nothing was ${sentence}: ${reason.replaceAll(/\s*\n\s*/g, " | ")}`);
    return { server: null, async stop() {} };
  }
}
