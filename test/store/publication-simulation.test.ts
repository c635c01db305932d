import { expect, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import { frame } from "../../src/frame/rows.ts";
import { MANIFEST_KEY, RUNS_PREFIX } from "../../src/store/key.ts";
import type { Commit } from "../../src/store/manifest/manifest.ts";
import { readManifest } from "../../src/store/manifest/read-manifest.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { FaultyStore } from "../fakes/faulty-store.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { publication } from "./published-frames.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 200);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + SEEDS * 1_000;
const WRITERS = 3;
const PUBLICATIONS = 2;
const READERS = 2;
const READS = 3;

/** What a publication was told to be; an unknown one may or may not be there. */
type Told = "published" | "refused" | "unknown";

interface Attempt {
  readonly runId: string;
  readonly fence: number | undefined;
  readonly told: Told;
  readonly number?: number;
}

it(`keeps every promise over ${SEEDS} seeds`, { timeout: TIMEOUT_MS }, async () => {
  const totals = new Map<string, number>();
  const add = (name: string, count = 1) => totals.set(name, (totals.get(name) ?? 0) + count);
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await simulate(seed, add);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
  console.log(
    `${SEEDS} seeds: ${[...totals].map(([name, count]) => `${count} ${name}`).join(", ")}`,
  );
  for (const name of ["published", "refused", "unknown", "reads", "late", "repeated", "half"]) {
    expect(totals.get(name), name).toBeGreaterThan(0);
  }
});

type Add = (name: string, count?: number) => void;

async function simulate(seed: number, add: Add): Promise<void> {
  const random = seededRandom(seed);
  const memory = new MemoryStore(() => 0);
  const atManifest = [0, 10, 35, 70][seed % 4] ?? 0;
  const percent = (key: string) => {
    if (key === MANIFEST_KEY) return atManifest;
    // Where the names of frames are claimed, and their newest CSVs go.
    return key.endsWith(".csv") && !key.startsWith(RUNS_PREFIX) ? atManifest / 4 : 0;
  };
  const store = new FaultyStore(memory, { random, percent });
  const attempts: Attempt[] = [];
  const writers = Array.from({ length: WRITERS }, (_, writer) =>
    writeSeveral({ store, random, writer, attempts }),
  );
  const readers = Array.from({ length: READERS }, () => readSeveral(store, add));
  await Promise.all([...writers, ...readers]);
  await assertKept(memory, attempts);
  for (const { told } of attempts) add(told);
  for (const [fault, count] of store.counts) add(fault, count);
}

interface Writing {
  readonly store: FaultyStore;
  readonly random: () => number;
  readonly writer: number;
  readonly attempts: Attempt[];
}

/** Publishes both frames each time, or a third one alone, which leaves the two as they are. */
async function writeSeveral({ store, random, writer, attempts }: Writing): Promise<void> {
  for (let count = 1; count <= PUBLICATIONS; count++) {
    const runId = `w${writer}-${count}`;
    const own = frame([{ run: runId }]);
    const controller = new AbortController();
    const fence = random() < 0.3 ? Math.floor(random() * 4) : undefined;
    // Some are interrupted: at once, or in one of the pauses between their tries.
    const abortsAt = random() < 0.2 ? Math.floor(random() * 4) : Number.POSITIVE_INFINITY;
    let pauses = 0;
    const abort = () => controller.abort(new Error("aborted"));
    const sleep = async () => {
      if (++pauses === abortsAt) abort();
    };
    if (abortsAt === 0) setImmediate(abort);
    const { signal } = controller;
    const more = { runId, fence, random, sleep, signal, keepVersions: 100 };
    const frames = random() < 0.3 ? { c: own } : { a: own, b: own };
    attempts.push(await tell(publish(store, publication(frames, more)), { runId, fence }));
  }
}

async function tell(
  publishing: Promise<number>,
  facts: Pick<Attempt, "runId" | "fence">,
): Promise<Attempt> {
  try {
    return { ...facts, told: "published", number: await publishing };
  } catch (error) {
    const isUnknown = error instanceof Error && / is unknown \(/.test(error.message);
    const isExpected = error instanceof HexError || String(error).includes("aborted");
    if (!isExpected) throw error;
    return { ...facts, told: isUnknown ? "unknown" : "refused" };
  }
}

/** Reads whole versions: both frames belong to one run, unless one is announced as an earlier one. */
async function readSeveral(store: FaultyStore, add: Add): Promise<void> {
  for (let count = 0; count < READS; count++) {
    try {
      const version = await openVersion(store);
      const [a, b] = [await version.readFrame("a"), await version.readFrame("b")];
      if (a?.source !== "version" || b?.source !== "version") continue;
      expect(a.frame.rows()).toEqual(b.frame.rows());
      expect([a.frame.schema, a.generation]).toEqual([b.frame.schema, version.number]);
      add("reads");
    } catch (error) {
      if (!(error instanceof HexError)) throw error;
    }
  }
}

/** What is left is what was told. */
async function assertKept(memory: MemoryStore, attempts: readonly Attempt[]): Promise<void> {
  const { manifest, commits } = await readHistory(memory);
  // Generations rise by one, and each success has its own.
  expect(commits.map(({ generation }) => generation)).toEqual(commits.map((_, index) => index + 1));
  for (const { runId, told, number } of attempts) {
    const found = commits.filter((commit) => commit.runId === runId);
    if (told === "published") expect([runId, found[0]?.generation]).toEqual([runId, number]);
    if (told === "refused") expect([runId, found.length]).toEqual([runId, 0]);
    expect(found.length).toBeLessThanOrEqual(1);
  }
  // No fence is lower than one that was published before.
  const fences = commits.flatMap(
    ({ runId }) => attempts.find((one) => one.runId === runId)?.fence ?? [],
  );
  expect(fences).toEqual(fences.toSorted((one, other) => one - other));
  expect(manifest?.fence ?? 0).toBe(fences.at(-1) ?? 0);
  await assertReadable(memory, commits);
}

/** Every frame of every version is there, and is the newest that was published up to it. */
async function assertReadable(memory: MemoryStore, commits: readonly Commit[]): Promise<void> {
  const read = new Map<string, unknown>();
  const newest = new Map<string, string>();
  for (const { generation, frames, runId } of commits) {
    for (const [name, { csv }] of Object.entries(frames)) {
      if (csv.key.includes(`/${runId}-1/`)) newest.set(name, runId);
      if (!read.has(csv.key)) {
        const found = await (await openVersion(memory, { generation })).readFrame(name);
        expect(found?.source).toBe("version");
        read.set(csv.key, found?.frame.at("run", 0));
      }
      expect(read.get(csv.key)).toBe(newest.get(name));
    }
    expect(Object.keys(frames).sort()).toEqual([...newest.keys()].sort());
  }
}

async function readHistory(memory: MemoryStore) {
  const manifest = (await readManifest(memory))?.manifest;
  return { manifest, commits: (manifest?.commits ?? []).toReversed() };
}
