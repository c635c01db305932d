import { randomUUID } from "node:crypto";
import { setPriority } from "node:os";
import { expect, inject, it } from "vitest";
import { createBucket } from "../store/server-store.ts";
import { everyKill, isContainer, type KillCase, toTitle } from "./kill-cases.ts";
import { canContain, type KillServers } from "./kill-world.ts";
import { type KillRow, measureKill } from "./measure-kill.ts";

/** `npm run test:kills` sets it to `all`; words choose the rows whose titles hold each of them. */
const { HEX_TEST_KILL_TABLE: wanted } = process.env;

/** Cheap rows, so that the table cannot rot; each of another kind. */
const SAMPLE = [
  { victim: "hex run", place: "swapping", store: "directory", queue: "none" },
  { victim: "run process of hex run", place: "published", store: "directory", queue: "none" },
  { victim: "run process of hex worker", place: "staged", store: "directory", queue: "embedded" },
  { victim: "hex worker", place: "waiting", store: "directory", queue: "embedded" },
  { victim: "hex serve", place: "computing", store: "directory", queue: "embedded" },
] as const satisfies readonly KillCase[];

/** What is promised; the sample only has to see that everything comes at all. */
const PROMISED = { nextSeconds: 20, toldSeconds: 30 };
const GENEROUS = { nextSeconds: 60, toldSeconds: 60 };
const AT_ONCE = 2;

if (wanted === undefined) {
  it.each(SAMPLE.map((kill) => [toTitle(kill), kill] as const))(
    "loses, doubles and holds up nothing: %s",
    async (_, kill) => {
      const { faults } = await measureKill(kill, { s3: undefined, redisUrl: undefined }, GENEROUS);
      expect(faults).toEqual([]);
    },
  );
} else {
  it("begins the next run within 20 s, whatever is killed, wherever it stood", async () => {
    const servers = await openServers();
    const kills = everyKill().filter((kill) => isWanted(kill) && isPossible(kill, servers));
    goFirst();
    const rows = await measureAll(kills, servers);
    console.log(toTable(rows));
    expect(rows.filter(({ faults }) => faults.length > 0).map(toLine)).toEqual([]);
  }, 7_200_000);
}

/** Tests go last, but here times are measured. */
function goFirst(): void {
  try {
    setPriority(-5);
  } catch {
    // Only root may: the times are then those of a busy machine.
  }
}

async function openServers(): Promise<KillServers> {
  const server = inject("s3Servers").find(({ conditionalWrites }) => conditionalWrites);
  const bucket = `kills-${randomUUID()}`;
  if (server !== undefined) await createBucket(server, bucket);
  return { s3: server && { server, bucket }, redisUrl: inject("redisServers")[0]?.url };
}

function isWanted(kill: KillCase): boolean {
  const words = wanted === "all" ? [] : (wanted?.split(" ") ?? []);
  return words.every((word) => toTitle(kill).includes(word));
}

const mayContain = canContain();

function isPossible(kill: KillCase, { s3, redisUrl }: KillServers): boolean {
  if (kill.store === "S3" && s3 === undefined) return false;
  if (kill.queue === "Redis" && redisUrl === undefined) return false;
  return mayContain || !isContainer(kill);
}

async function measureAll(
  kills: readonly KillCase[],
  servers: KillServers,
): Promise<readonly KillRow[]> {
  const left = [...kills];
  const rows: KillRow[] = [];
  const measureSome = async () => {
    for (let kill = left.shift(); kill !== undefined; kill = left.shift()) {
      const row = await measureOne(kill, servers);
      rows.push(row);
      console.log(`${rows.length}/${kills.length} ${toLine(row)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, measureSome));
  return kills.flatMap((kill) => rows.find((row) => toTitle(row) === toTitle(kill)) ?? []);
}

/** A row that cannot even be tried is one of the table, too. */
async function measureOne(kill: KillCase, servers: KillServers): Promise<KillRow> {
  try {
    return await measureKill(kill, servers, PROMISED);
  } catch (thrown) {
    const unknown = {
      nextSeconds: undefined,
      toldSeconds: undefined,
      told: "",
      locksLeft: 0,
      load: 0,
    };
    return { ...kill, ...unknown, faults: [String(thrown)] };
  }
}

function toLine(row: KillRow): string {
  const { nextSeconds, toldSeconds, told, locksLeft, load, faults } = row;
  const seconds = (value: number | undefined) => value?.toFixed(1).padStart(5) ?? "never";
  return [
    toTitle(row),
    seconds(nextSeconds),
    seconds(toldSeconds),
    told,
    `${locksLeft}`,
    `load ${load.toFixed(1)}`,
    faults.length === 0 ? "ok" : faults.join("; "),
  ].join(" | ");
}

function toTable(rows: readonly KillRow[]): string {
  const seconds = rows.flatMap(({ nextSeconds }) => nextSeconds ?? []).sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)] ?? Number.NaN;
  const head =
    "who, where, store, queue | next run begins (s) | killed run is told (s) | as, attempts | locks left | load | verdict";
  const sum = `${rows.length} kills: the next run began after ${median.toFixed(1)} s (median), ${seconds.at(-1)?.toFixed(1)} s (longest)`;
  return [head, ...rows.map(toLine), sum].join("\n");
}
