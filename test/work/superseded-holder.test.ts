import { randomUUID } from "node:crypto";
import { renameSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import type { RunResult } from "../../src/run/run-event.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { RUNS_PREFIX } from "../../src/store/key.ts";
import type { Store } from "../../src/store/store.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions } from "../../src/store/versions.ts";
import { startHoldingProxy } from "../servers/holding-proxy.ts";
import type { S3Server } from "../servers/s3-server.ts";
import { createBucket, openServer } from "../store/server-store.ts";
import {
  type GatedProject,
  gatedProject,
  type ProjectProcess,
  type StartOptions,
  until,
} from "./project-processes.ts";

/**
 * Long enough for a busy machine to renew in time, short enough for the next one to wait for. No
 * request that renews may take a sixth of it: one to a server takes longer than one to the disk.
 */
const DIRECTORY_TTL_MS = 3_000;
const S3_TTL_MS = 9_000;

/** A project that publishes to a store, and the means to look at it and to get in its way. */
interface Setting {
  readonly project: GatedProject;
  readonly store: Store;
  readonly env: Readonly<Record<string, string>>;
  /** for how long the next one waits for a holder that no longer renews */
  readonly ttlMs: number;
  /** Keeps who starts with these variables from replacing the manifest until it is let go. */
  holdManifest(): Promise<HeldManifest>;
  /** Stops a process where it keeps nobody else from going on. */
  stop(holder: ProjectProcess): Promise<void>;
}

interface HeldManifest {
  readonly env: Readonly<Record<string, string>>;
  /** once the holder has staged everything and has only the manifest left to write */
  isReached(): Promise<void>;
  /** to be called before others publish */
  letOthersPass(): Promise<void>;
  /** to be called once they have */
  letHolderPass(): void;
}

describe("a holder that lost its lease, on a directory", () => testHolder(directorySetting));

for (const server of inject("s3Servers")) {
  const title = `a holder that lost its lease, on ${server.name}`;
  if (server.conditionalWrites) describe(title, () => testHolder(() => s3Setting(server)));
  else it.skip(`${title}: this server does not keep the conditions of writes`);
}

function testHolder(open: () => Promise<Setting>): void {
  it("cannot publish after it was stopped in the middle of a cell", async () => {
    const setting = await openWithVersion(open);
    const { holder, openGate } = await startGated(setting, {});
    await setting.stop(holder);
    const next = await publishNext(setting);
    await openGate();
    holder.send("SIGCONT");
    await expectRefused(setting, holder, next);
  });

  it("cannot publish after it was stopped with everything staged", async () => {
    const setting = await openWithVersion(open);
    const manifest = await setting.holdManifest();
    const env = { ...setting.env, ...manifest.env };
    const holder = setting.project.start({ ttlMs: setting.ttlMs, env });
    await manifest.isReached();
    expect(await stagedRuns(setting.store)).toHaveLength(2);
    await setting.stop(holder);
    await manifest.letOthersPass();
    const next = await publishNext(setting);
    manifest.letHolderPass();
    holder.send("SIGCONT");
    const { runId } = await expectRefused(setting, holder, next);
    expect(await stagedRuns(setting.store)).not.toContain(`${runId}-1`);
  });

  it("cannot publish after a cell kept its process from renewing", async () => {
    const setting = await openWithVersion(open);
    const { holder, openGate } = await startGated(setting, { GATE_BLOCKS: "yes" });
    const next = await publishNext(setting);
    await openGate();
    await expectRefused(setting, holder, next);
  });
}

async function openWithVersion(open: () => Promise<Setting>): Promise<Setting> {
  const setting = await open();
  const [first] = await setting.project.start({ env: setting.env }).end();
  expect(first).toMatchObject({ status: "completed", version: 1 });
  return setting;
}

/** Starts a run that stays in the middle of its cell until the gate is opened. */
async function startGated(
  { project, env, ttlMs }: Setting,
  more: NonNullable<StartOptions["env"]>,
): Promise<{ readonly holder: ProjectProcess; openGate(): Promise<void> }> {
  const GATE = join(project.directory, "gate");
  const holder = project.start({ ttlMs, env: { ...env, ...more, GATE } });
  await until("the holder computes", async () => (await project.computes()).includes(holder.pid));
  return { holder, openGate: () => writeFile(GATE, "") };
}

/** Publishes as the one who waits for the holder's lease to run out. */
async function publishNext({ project, env }: Setting): Promise<ProjectProcess> {
  const next = project.start({ env });
  expect(await next.end()).toMatchObject([{ status: "completed", version: 2 }]);
  return next;
}

/** The holder is told who took its place, and the store shows nothing of it. */
async function expectRefused(
  setting: Setting,
  holder: ProjectProcess,
  next: ProjectProcess,
): Promise<RunResult> {
  const [result] = await holder.end();
  if (result === undefined) throw new Error("the holder has not ended");
  expect(result).toMatchObject({ status: "failed", version: null });
  expect(result.error?.code).toBe("HEX_RUN_SUPERSEDED");
  expect(result.error?.message).toMatch(
    new RegExp(`by .+:${next.pid} |taken over by .+:${next.pid} `),
  );
  const { project, store, env } = setting;
  expect(await pidsOf(store)).toEqual([next.pid]);
  const copy = await store.read("computed.csv");
  expect(new TextDecoder().decode(copy?.body)).toContain(`${next.pid}`);
  const kept = await listVersions(store);
  expect(kept.map(({ generation }) => generation)).toEqual([2, 1]);
  expect(kept.map(({ runId }) => runId)).not.toContain(result.runId);
  // The way is free for the next one.
  const [after] = await project.start({ env }).end();
  expect(after).toMatchObject({ status: "completed", version: 3 });
  return result;
}

async function pidsOf(store: Store): Promise<readonly unknown[] | undefined> {
  const read = await (await openVersion(store)).readFrame("computed");
  expect(read?.source).toBe("version");
  return read?.frame.distinct("pid");
}

/** The folders below which runs have staged something. */
async function stagedRuns(store: Store): Promise<readonly string[]> {
  const folders = new Set<string>();
  for await (const { key } of store.list(RUNS_PREFIX)) {
    folders.add(key.slice(RUNS_PREFIX.length).split("/")[0] ?? "");
  }
  return [...folders];
}

async function directorySetting(): Promise<Setting> {
  const project = await gatedProject();
  const root = join(project.directory, ".hex/store");
  const store = new DirectoryStore(root);
  return {
    project,
    store,
    env: {},
    ttlMs: DIRECTORY_TTL_MS,
    holdManifest: () => lockManifest(root, store),
    stop: (holder) => stopOutsideOfLocks(holder, join(root, ".hex/.hex-tmp-lock-lease.json")),
  };
}

/** Holds the lock of the manifest, as slow writers do that have it one after the other. */
async function lockManifest(root: string, store: Store): Promise<HeldManifest> {
  const before = await countOutputs(store);
  const lock = join(root, ".hex/.hex-tmp-lock-manifest.json");
  let turn = 0;
  const owner = () => join(lock, `another.writer.1.1.id.${turn}.write`);
  await mkdir(lock);
  await writeFile(owner(), "");
  // Nobody goes past owners that change.
  const turning = setInterval(() => {
    const last = owner();
    turn++;
    renameSync(last, owner());
  }, 500);
  onTestFinished(() => clearInterval(turning));
  return {
    env: {},
    // The outputs are what is staged last.
    isReached: () => until("all is staged", async () => (await countOutputs(store)) > before),
    letOthersPass: async () => {
      clearInterval(turning);
      await rm(lock, { recursive: true });
    },
    letHolderPass: () => {},
  };
}

async function countOutputs(store: Store): Promise<number> {
  let count = 0;
  for await (const { key } of store.list(RUNS_PREFIX))
    count += Number(key.endsWith("/outputs.json"));
  return count;
}

/** A stopped process that has just locked the lease's file to renew it would keep everybody out. */
async function stopOutsideOfLocks(holder: ProjectProcess, lock: string): Promise<void> {
  await until("the holder is stopped outside of a lock", async () => {
    await stopProcess(holder);
    const owners = await readdir(lock).catch(() => []);
    if (!owners.some((owner) => owner.includes(`.${holder.pid}.`))) return true;
    holder.send("SIGCONT");
    return false;
  });
}

async function stopProcess({ pid, send }: ProjectProcess): Promise<void> {
  send("SIGSTOP");
  await until("the process is stopped", async () => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")")).startsWith(") T");
  });
}

async function s3Setting(server: S3Server): Promise<Setting> {
  const bucket = `superseded-${randomUUID()}`;
  await createBucket(server, bucket);
  const toLocation = (endpoint: string) => ({
    url: `s3://${bucket}/app`,
    endpoint,
    region: server.region,
    forcePathStyle: true,
    accessKeyIdSecret: "STORE_KEY_ID",
    secretAccessKeySecret: "STORE_SECRET_KEY",
  });
  const config = { store: toLocation(server.endpoint) };
  const project = await gatedProject({ ...config, secrets: ["STORE_KEY_ID", "STORE_SECRET_KEY"] });
  const store = openServer(server, { bucket, prefix: "app" });
  onTestFinished(() => store.close());
  return {
    project,
    store,
    env: { STORE_KEY_ID: server.accessKeyId, STORE_SECRET_KEY: server.secretAccessKey },
    ttlMs: S3_TTL_MS,
    holdManifest: async () => {
      const held = { method: "PUT", pathEnd: "/manifest.json" };
      const { endpoint, isHolding, letGo } = await startHoldingProxy(server.endpoint, held);
      return {
        env: { HEX_STORE: JSON.stringify(toLocation(endpoint)) },
        isReached: () => isHolding,
        letOthersPass: async () => {},
        // The write that was on its way arrives after that of the next one.
        letHolderPass: letGo,
      };
    },
    stop: stopProcess,
  };
}
