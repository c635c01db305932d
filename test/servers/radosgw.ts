import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openDebianRoot, readPackageVersion } from "./debian-root.ts";
import { type LifelineProcess, startOnLifeline } from "./lifeline.ts";
import type { S3Server } from "./s3-server.ts";

/** One of the radosgw servers that tests run against. */
export interface RadosgwSpec {
  /** the Debian suite it comes from, which decides its version */
  readonly suite: string;
  readonly conditionalWrites: boolean;
}

/** A started server and the way to end it. */
export interface RunningS3Server {
  readonly server: S3Server;
  /** Kills the server with all it holds, and resolves when nothing is left. */
  stop(): Promise<void>;
}

/**
 * Two S3 servers with the widest distance between them that Debian has:
 * - forky's does all that the store may ask for, so it says what is right
 * - bookworm's is the S3-compatible server of some years ago: no chunked uploads, and a quoted
 *   `If-Match` on PutObject never matches
 */
export const radosgwSpecs: readonly RadosgwSpec[] = [
  { suite: "forky", conditionalWrites: true },
  { suite: "bookworm", conditionalWrites: false },
];

export interface RadosgwOptions {
  readonly cacheDirectory: string;
  readonly log: (line: string) => void;
}

const script = fileURLToPath(new URL("radosgw.sh", import.meta.url));
const packages = ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"];
const startTries = 3;
const startDeadlineMs = 60_000;

/** Starts a radosgw on a free port of 127.0.0.1, downloading it first when that was never done. */
export async function startRadosgw(
  spec: RadosgwSpec,
  { cacheDirectory, log }: RadosgwOptions,
): Promise<RunningS3Server> {
  const root = await openDebianRoot({
    suite: spec.suite,
    packages,
    cacheDirectory,
    onInstall: () =>
      log(`Setting up radosgw of Debian ${spec.suite} (about half a minute, once) …`),
  });
  const version = await readPackageVersion(root, "radosgw");
  const name = `radosgw-${version.split(".")[0]}`;
  for (let tried = 1; ; tried++) {
    try {
      return await startOnce(root, name, spec.conditionalWrites);
    } catch (error) {
      // A port may have been taken in between, so a fresh start is worth a try.
      if (tried === startTries) throw error;
    }
  }
}

async function startOnce(
  root: string,
  name: string,
  conditionalWrites: boolean,
): Promise<RunningS3Server> {
  const [s3Port, monitorPort] = await findFreePorts();
  const server: S3Server = {
    name,
    endpoint: `http://127.0.0.1:${s3Port}`,
    region: "us-east-1",
    accessKeyId: "HEXTESTKEY",
    secretAccessKey: "hex-test-secret",
    conditionalWrites,
  };
  const { accessKeyId, secretAccessKey } = server;
  const cluster = await startOnLifeline({
    directoryPrefix: join(tmpdir(), `hex-${name}-`),
    command: (data) =>
      ["bash", script, root, data, s3Port, monitorPort, accessKeyId, secretAccessKey].map(String),
    // Nothing of the caller's own Ceph or Python settings.
    env: { PATH: process.env["PATH"] },
  });
  await waitForAnswer(server, cluster, root);
  return { server, stop: () => cluster.stop() };
}

/** Resolves when the server answers HTTP, which it does only once its user exists. */
async function waitForAnswer(server: S3Server, cluster: LifelineProcess, root: string) {
  const deadline = Date.now() + startDeadlineMs;
  while (!cluster.hasEnded && Date.now() < deadline) {
    const answer = await fetch(server.endpoint).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer !== undefined) return;
    await delay(50);
  }
  await cluster.stop();
  throw new Error(
    `${server.name} did not start (removing ${root} installs it anew): ${cluster.lastLines()}`,
  );
}

async function findFreePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all([listen(servers[0]), listen(servers[1])]);
  for (const server of servers) server.close();
  return ports;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("Expected a port"));
      else resolve(address.port);
    });
  });
}
