import { join, resolve } from "node:path";
import { readConfig } from "../project/config.ts";
import type { ProjectPlace } from "../project/project.ts";
import { openProjectHistory, openProjectStore } from "../project/project-store.ts";
import type { Secrets } from "../project/secrets.ts";
import { configNames } from "../project/secrets.ts";
import { openQueue, type QueueToOpen } from "../queue/open-queue.ts";
import { LEASE_MS, type Queue } from "../queue/queue.ts";
import type { RunHistory } from "../run/history/run-history.ts";
import { type Redact, type Redactor, toRedactor } from "../run/redact/redactor.ts";
import type { Store } from "../store/store.ts";

/** A project's runs, wherever they wait or go: its store, queue and history, opened. No cell is read. */
export interface ProjectRuns extends ProjectPlace {
  readonly store: Store;
  readonly queue: Queue;
  readonly history: RunHistory;
  readonly redactor: Redactor;
  /** the redactor's */
  readonly redact: Redact;
  readonly environment: NodeJS.ProcessEnv;
  /** for how long others wait for a worker of which nothing is heard; milliseconds */
  readonly leaseMs: number;
  close(): Promise<void>;
}

export interface OpenProjectRunsOptions {
  readonly runtimeUrl: string;
  /** where secrets, HEX_STORE and HEX_QUEUE are looked up; defaults to the process's own */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** for how long others wait for a worker of which nothing is heard; 30 s unless told */
  readonly leaseMs?: number | undefined;
}

/**
 * Opens what a project's runs need besides its cells.
 * @throws {HexError} HEX_CONFIG_INVALID, HEX_SECRET_MISSING, HEX_STORE_UNAVAILABLE,
 * HEX_QUEUE_UNAVAILABLE
 */
export async function openProjectRuns(
  folder: string,
  { runtimeUrl, environment = process.env, leaseMs = LEASE_MS }: OpenProjectRunsOptions,
): Promise<ProjectRuns> {
  const directory = resolve(folder);
  const config = await readConfig(directory, environment);
  const { store, secrets } = await openProjectStore({ directory, config }, environment);
  try {
    const queue = await openQueue(toQueue({ directory, config }, secrets), { leaseMs });
    const history = openProjectHistory(store, config);
    const close = async () => {
      await queue.close();
      await store.close();
    };
    const redactor = toRedactor(secrets);
    redactor.spare(configNames(config));
    const { redact } = redactor;
    const place = { directory, config, runtimeUrl, environment, leaseMs };
    return { ...place, store, queue, history, redactor, redact, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The file beside the cells' cache in which runs wait when no server is named. */
const QUEUE_FILE = ".hex/queue.db";

function toQueue(
  { directory, config }: Pick<ProjectPlace, "directory" | "config">,
  secrets: Secrets,
): QueueToOpen {
  const { queue, projectId = "" } = config;
  if (queue.kind === "embedded") return { kind: "embedded", file: join(directory, QUEUE_FILE) };
  const { url, usernameSecret, passwordSecret } = queue;
  return {
    kind: "redis",
    url,
    name: projectId,
    username: usernameSecret && secrets[usernameSecret],
    password: passwordSecret && secrets[passwordSecret],
  };
}
