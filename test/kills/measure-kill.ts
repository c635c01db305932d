import { readdir } from "node:fs/promises";
import { loadavg } from "node:os";
import { basename, join } from "node:path";
import { isFinal, type RunRecord } from "../../src/run/history/run-record.ts";
import { acquireLease } from "../../src/store/lease/lease.ts";
import { listVersions, type VersionSummary } from "../../src/store/versions.ts";
import { hasPublished, isQueued, isRunProcess, type KillCase } from "./kill-cases.ts";
import { type KillServers, KillWorld, killVictim } from "./kill-world.ts";
import { isAlive } from "./process-family.ts";

/** What became of one row. */
export interface KillRow extends KillCase {
  /** from the kill until a cell of the next run begins; undefined: it did not */
  readonly nextSeconds: number | undefined;
  /** from the kill until it is told how the run ended that was killed */
  readonly toldSeconds: number | undefined;
  readonly told: string;
  /** locks of nobody that lie about; they keep nobody out */
  readonly locksLeft: number;
  /** how busy the machine was */
  readonly load: number;
  /** all that went wrong */
  readonly faults: readonly string[];
}

export interface KillBounds {
  readonly nextSeconds: number;
  readonly toldSeconds: number;
}

/** How long it is waited for what should have come long ago: how late it comes is of interest too. */
const PATIENCE_MS = 120_000;
/** A directory's lock may be waited for, and the machine be busy. */
const FREE_MS = 10_000;

/** Kills what a row says, where it says, and looks at all that follows. */
export async function measureKill(
  kill: KillCase,
  servers: KillServers,
  bounds: KillBounds,
): Promise<KillRow> {
  const world = await KillWorld.open(kill, servers);
  const faults: string[] = [];
  try {
    const lease = kill.place === "waiting" ? await world.hold() : undefined;
    const child = await world.startVictim();
    if (isQueued(kill)) {
      // Its runs end when they like.
      await world.letNextEnd();
      if (!isRunProcess(kill)) await world.startSurvivor();
    }
    const family = await killVictim(world, kill, child);
    const killedMs = performance.now();
    const releasing = lease?.release();
    const next = await world.startNext();
    const untilMs = killedMs + PATIENCE_MS;
    const sinceKill = () => (performance.now() - killedMs) / 1_000;
    const timeOf = async (isTrue: () => boolean | Promise<boolean>) =>
      (await world.comesTrue(isTrue, untilMs)) ? sinceKill() : undefined;
    const [nextSeconds, toldSeconds] = await Promise.all([
      timeOf(() => world.hasBegun("next")),
      timeOf(() => world.isTold("victim")),
      releasing,
    ]);
    await world.letNextEnd();
    if (nextSeconds !== undefined) await next.ended;
    await world.comesTrue(() => world.isTold("next"), performance.now() + PATIENCE_MS);
    faults.push(...toLate({ nextSeconds, toldSeconds }, bounds));
    if (family.some(isAlive)) faults.push("processes of the victim are left");
    const victim = await world.record("victim");
    faults.push(...(await findFaults(world, kill, victim)), ...(await findBlocks(world)));
    const locksLeft = await countLocks(kill, world);
    const told = `${victim?.state} after ${victim?.attempts.length}`;
    const [load = 0] = loadavg();
    return { ...kill, nextSeconds, toldSeconds, told, locksLeft, load, faults };
  } finally {
    const left = await world.close();
    if (left.length > 0) faults.push(`${left.length} processes outlive all that started them`);
    if (faults.length > 0) console.log(`${faults.join("; ")}\n${world.printed}`);
  }
}

function toLate(
  { nextSeconds, toldSeconds }: Pick<KillRow, "nextSeconds" | "toldSeconds">,
  bounds: KillBounds,
): readonly string[] {
  const late = (what: string, seconds: number | undefined, bound: number) => {
    if (seconds === undefined) return [`${what} never comes`];
    return seconds > bound ? [`${what} comes after ${seconds.toFixed(1)} s`] : [];
  };
  return [
    ...late("the next run", nextSeconds, bounds.nextSeconds),
    ...late("the end of the killed run", toldSeconds, bounds.toldSeconds),
  ];
}

/** What is lost, doubled or stuck. */
async function findFaults(
  { runs }: KillWorld,
  kill: KillCase,
  victim: RunRecord | undefined,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const versions = await listVersions(runs.store);
  const { runs: records } = await runs.history.list({ limit: 100 });
  if (records.length !== 2) faults.push(`there are ${records.length} records of 2 runs`);
  const endless = records.filter(({ state }) => !isFinal(state));
  faults.push(...endless.map(({ runId, state }) => `run ${runId} is ${state} for ever`));
  for await (const runId of runs.history.unfinished()) faults.push(`the mark of ${runId} is left`);
  const isPublished = versions.some(({ runId }) => runId === victim?.runId);
  const expected = isQueued(kill) || isPublished ? ["completed"] : ["failed", "cancelled"];
  if (victim === undefined || !expected.includes(victim.state)) {
    const what = isPublished ? "has published" : "has published nothing";
    faults.push(`the killed run ${what} and is told as ${victim?.state}`);
  }
  if (hasPublished(kill) && !isPublished) faults.push("what was published is gone");
  return [...faults, ...findDoubled(records, versions)];
}

function findDoubled(
  records: readonly RunRecord[],
  versions: readonly VersionSummary[],
): readonly string[] {
  const faults: string[] = [];
  const numbers = versions.map(({ generation }) => generation);
  const wanted = numbers.map((_, index) => numbers.length - index);
  if (numbers.join() !== wanted.join()) faults.push(`the versions are ${numbers.join()}`);
  for (const { runId, state, version, isPublisher } of records) {
    const own = versions.filter((each) => each.runId === runId).map((each) => each.generation);
    const expected = state === "completed" ? 1 : 0;
    if (own.length !== expected) faults.push(`a ${state} run has ${own.length} versions`);
    if (expected === 1 && (version !== own[0] || !isPublisher)) {
      faults.push(`a completed run is told to have version ${version}, and has ${own[0]}`);
    }
  }
  return faults;
}

/** What of the killed process still keeps others from publishing. */
async function findBlocks({ runs }: KillWorld): Promise<readonly string[]> {
  const { store } = runs;
  const signal = AbortSignal.timeout(FREE_MS);
  try {
    const lease = await acquireLease(store, { holder: "tess", signal });
    await lease.release();
    const key = ".hex/manifest.json";
    const found = await store.read(key, { signal });
    if (found === undefined) return ["there is no manifest"];
    const condition = { ifMatch: found.etag };
    const { status } = await store.write(key, found.body, { condition, signal });
    return status === "written" ? [] : ["somebody still writes the manifest"];
  } catch (error) {
    return [`the store is kept busy: ${error}`];
  }
}

async function countLocks({ store }: KillCase, { directory }: KillWorld): Promise<number> {
  if (store !== "directory") return 0;
  const names = await readdir(join(directory, ".hex/store"), { recursive: true });
  return names.filter((name) => basename(name).startsWith(".hex-tmp-lock-")).length;
}
