import { resolve } from "node:path";
import { type RunningS3Server, radosgwSpecs, startRadosgw } from "./radosgw.ts";
import type { S3Server } from "./s3-server.ts";

export interface S3ServersOptions {
  /**
   * - `HEX_TEST_S3=off` starts no server: for a quick run of all other tests
   * - `HEX_TEST_CACHE` is where downloads are kept instead of `.cache`
   * - `HEX_TEST_S3_ENDPOINT` and `HEX_TEST_S3_ACCESS_KEY_ID`, `…_SECRET_ACCESS_KEY`, `…_REGION`
   *   name a server to be used where radosgw cannot be had; `…_CONDITIONAL_WRITES=no` says that
   *   it ignores or refuses them
   * - `CI` makes it an error when a server cannot be had
   */
  readonly env: NodeJS.ProcessEnv;
  readonly projectDirectory: string;
  readonly log: (line: string) => void;
}

/** The servers of a test run and the way to end them all. */
export interface S3Servers {
  readonly servers: readonly S3Server[];
  stop(): Promise<void>;
}

/** Starts all S3 servers that tests run against, and says in one line when that cannot be done. */
export async function startS3Servers(options: S3ServersOptions): Promise<S3Servers> {
  const { env, projectDirectory, log } = options;
  if (env["HEX_TEST_S3"] === "off") {
    log("S3 was not tested against a real server: HEX_TEST_S3 is off");
    return toS3Servers([]);
  }
  const cache = resolve(projectDirectory, env["HEX_TEST_CACHE"] ?? ".cache");
  const cacheDirectory = resolve(cache, "s3-servers");
  const starts = await Promise.allSettled(
    radosgwSpecs.map((spec) => startRadosgw(spec, { cacheDirectory, log })),
  );
  const running = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const reasons = starts.flatMap((start) => (start.status === "rejected" ? [start.reason] : []));
  if (reasons.length === 0) return toS3Servers(running);
  return fillUp(running, describeReasons(reasons), options);
}

/** What to do when some radosgw is missing. */
async function fillUp(
  running: readonly RunningS3Server[],
  reason: string,
  { env, log }: S3ServersOptions,
): Promise<S3Servers> {
  const named = readNamedServer(env);
  if (named !== undefined) return toS3Servers([...running, { server: named, async stop() {} }]);
  if (env["CI"] === "true") {
    await toS3Servers(running).stop();
    throw new Error(`S3 cannot be tested against a real server: ${reason}`);
  }
  const [first] = running;
  log(
    first === undefined
      ? `S3 was not tested against a real server: ${reason}`
      : `S3 was tested against ${first.server.name} only: ${reason}`,
  );
  return toS3Servers(running);
}

function toS3Servers(running: readonly RunningS3Server[]): S3Servers {
  return {
    servers: running.map(({ server }) => server),
    async stop() {
      await Promise.all(running.map((one) => one.stop()));
    },
  };
}

function readNamedServer(env: NodeJS.ProcessEnv): S3Server | undefined {
  const endpoint = env["HEX_TEST_S3_ENDPOINT"];
  if (endpoint === undefined) return undefined;
  return {
    name: new URL(endpoint).host,
    endpoint,
    region: env["HEX_TEST_S3_REGION"] ?? "us-east-1",
    accessKeyId: env["HEX_TEST_S3_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: env["HEX_TEST_S3_SECRET_ACCESS_KEY"] ?? "",
    conditionalWrites: env["HEX_TEST_S3_CONDITIONAL_WRITES"] !== "no",
  };
}

/** All different reasons on one line. */
function describeReasons(reasons: readonly unknown[]): string {
  const messages = reasons.map((reason) => (reason instanceof Error ? reason.message : reason));
  return [...new Set(messages)].join("; ").replaceAll(/\s*\n\s*/g, " | ");
}
