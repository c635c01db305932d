import { expect, it } from "vitest";
import { HexError } from "../../../src/errors.ts";
import type { RunQuery } from "../../../src/run/history/list-runs.ts";
import { openRunHistory, type RunHistory } from "../../../src/run/history/run-history.ts";
import type { RunRecord } from "../../../src/run/history/run-record.ts";
import { HISTORY_INDEX_PREFIX, HISTORY_PREFIX } from "../../../src/store/key.ts";
import type { Store } from "../../../src/store/store.ts";
import { FaultyStore } from "../../fakes/faulty-store.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { seededRandom } from "../../fakes/seeded-random.ts";
import { DAY_MS, NOON, queuedRun, toCompleted, toRunning } from "./records.ts";

/**
 * A store in memory that counts what is read and listed of the history itself. As in a directory, a
 * folder that was there once stays when it becomes empty.
 */
class CountingStore extends MemoryStore {
  asked = 0;
  readonly #folders = new Map<string, Set<string>>();

  override async read(...[key, options]: Parameters<MemoryStore["read"]>) {
    if (key.startsWith(HISTORY_PREFIX)) this.asked++;
    return super.read(key, options);
  }

  override async *listFolders(...[prefix, options]: Parameters<MemoryStore["listFolders"]>) {
    if (prefix.length > HISTORY_PREFIX.length) this.asked++;
    const names = this.#folders.get(prefix) ?? new Set();
    this.#folders.set(prefix, names);
    for await (const { name } of super.listFolders(prefix, options)) names.add(name);
    for (const name of names) yield { name };
  }
}

/** Runs of five days that have ended, forty a day, one of twenty failed. */
async function openPast() {
  const store = new CountingStore();
  const runs = Array.from({ length: 200 }, (_, n) => {
    const run = queuedRun(NOON - Math.floor(n / 40) * DAY_MS - (n % 40) * 1_000);
    const failed = n % 20 === 19 ? ({ state: "failed", version: null } as const) : {};
    return { ...toCompleted(run), ...failed };
  });
  const history = openRunHistory(store, { now: () => NOON });
  for (const run of runs) await history.record(run);
  const failed = runs.filter(({ state }) => state === "failed");
  const ask = async (query: Partial<RunQuery>) => {
    store.asked = 0;
    const { runs: found } = await history.find({ limit: 5, ...query });
    return { found, asked: store.asked };
  };
  return { store, history, runs, failed, ask };
}

it("reads each record once, and then those alone that are asked for", async () => {
  const { ask, runs, failed } = await openPast();
  expect((await ask({ state: "cancelled" })).asked).toBeGreaterThan(200);
  // The names of today's runs, and in the first twelve hours of yesterday's, are listed, too.
  expect(await ask({ state: "failed" })).toEqual({ found: failed.slice(0, 5), asked: 1 + 5 });
  expect(await ask({ state: "cancelled" })).toEqual({ found: [], asked: 1 });
  expect(await ask({ offset: 180 })).toEqual({ found: runs.slice(180, 185), asked: 1 + 5 });
  const before = failed[7]?.runId;
  expect(await ask({ state: "failed", before })).toEqual({ found: failed.slice(8), asked: 2 });
});

it("derives again what is lost or damaged", async () => {
  const { ask, store, failed } = await openPast();
  const derived = () =>
    [...store.objects.keys()].filter((key) => key.startsWith(HISTORY_INDEX_PREFIX));
  await ask({ state: "failed" });
  await ask({ state: "cancelled" });
  const keys = derived();
  expect(keys).toHaveLength(6);
  for (const damage of [(text: string) => text.replace("failed", "queued"), () => "{"]) {
    for (const key of keys) {
      const text = new TextDecoder().decode(store.objects.get(key)?.body);
      await store.write(key, new TextEncoder().encode(damage(text)));
      expect((await ask({ state: "failed", limit: 99 })).found).toEqual(failed);
      store.objects.delete(key);
      expect((await ask({ state: "failed", limit: 99 })).found).toEqual(failed);
    }
  }
  expect(derived()).toEqual(expect.arrayContaining(keys));
});

it("finds what was asked for also where it may write nothing", async () => {
  const { history, store, failed } = await openPast();
  store.write = async () => {
    throw new HexError("HEX_STORE_UNAVAILABLE", "the store may only be read");
  };
  expect((await history.find({ limit: 99, state: "failed" })).runs).toEqual(failed);
});

it("counts no run any more that has been cleared away", async () => {
  const { ask, history, runs } = await openPast();
  const waiting = queuedRun(NOON - 5 * DAY_MS);
  await history.accept(waiting);
  await ask({ state: "cancelled" });
  await history.prune(await history.planPrune({ keepMs: 3 * DAY_MS + 20_000 }));
  const kept = [...runs.slice(0, 141), waiting];
  expect((await ask({ offset: 135, limit: 9 })).found).toEqual(kept.slice(135));
  for (const offset of [140, 141, 142]) {
    expect((await ask({ offset })).found).toEqual(kept.slice(offset));
  }
  const unfinished: string[] = [];
  for await (const runId of history.unfinished()) unfinished.push(runId);
  expect(unfinished).toEqual([waiting.runId]);
});

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 4);

it(`tells in ${SEEDS} random histories of every run that has a record, and of no other`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await liveHistory(seed);
}, 600_000);

/** Days of a history in which writers, readers and collectors meet, of whom some are killed or refused. */
async function liveHistory(seed: number): Promise<void> {
  const random = seededRandom(seed);
  let nowMs = NOON;
  const now = () => nowMs;
  const disk = new MemoryStore(now);
  const quiet = openRunHistory(disk, { now });
  for (let day = 0; day < 8; day++) {
    const faulty = new FaultyStore(disk, { random, percent: () => 6 });
    const acts = Array.from({ length: 8 }, () => {
      const mortal = mortalStore(faulty, random() < 0.2 ? Math.floor(random() * 8) : 1e9);
      const history = openRunHistory(mortal.store, { now, sleep: async () => {}, tries: 3 });
      return Promise.race([mortal.killed, act(history, { random, nowMs })]).catch(unlessRefused);
    });
    await Promise.all(acts);
    if (random() < 0.3) damageOne(disk, random);
    if (random() < 0.3) await endLeft(quiet);
    for (const query of QUERIES.toSorted(() => random() - 0.5)) {
      const page = await quiet.find({ limit: 7, ...query });
      expect([seed, day, query, page.runs]).toEqual([seed, day, query, toExpected(disk, query)]);
    }
    nowMs += Math.floor(random() * 3 * DAY_MS);
  }
}

const QUERIES: readonly Partial<RunQuery>[] = [
  {},
  { state: "failed" },
  { state: "running" },
  { context: "app", offset: 2 },
  { triggers: ["cli", "api"], offset: 5 },
  { schedule: "hourly", state: "completed" },
  { offset: 9 },
];

type Around = { readonly random: () => number; readonly nowMs: number };

/** What one process does. */
async function act(history: RunHistory, { random, nowMs }: Around): Promise<void> {
  const choose = random();
  if (choose < 0.1) return history.prune(await history.planPrune({ keepMs: 6 * DAY_MS }));
  if (choose < 0.5) {
    await history.find({ limit: 4, ...QUERIES[Math.floor(random() * QUERIES.length)] });
    return;
  }
  const ageMs = random() < 0.5 ? 1_000 : random() * 8 * DAY_MS;
  for (let count = 0; count < 4; count++) await liveRun(history, random, nowMs - ageMs + count);
}

async function liveRun(history: RunHistory, random: () => number, acceptedMs: number) {
  const occasion = { schedule: "hourly", instant: new Date(acceptedMs).toISOString() };
  const run = queuedRun(acceptedMs, {
    context: random() < 0.5 ? "app" : "logic",
    ...(random() < 0.5 ? { occasion } : { trigger: "cli" }),
  });
  const isFailed = random() < 0.5;
  const toEnd = (begun: RunRecord): RunRecord => {
    return { ...toCompleted(begun), ...(isFailed && { state: "failed", version: null }) };
  };
  if (random() < 0.5) return history.record(toEnd(run));
  await history.accept(run);
  await history.change(run.runId, (current) => toRunning(current));
  if (random() < 0.98) await history.change(run.runId, toEnd);
}

/** Ends what killed writers have left, as workers do. */
async function endLeft(history: RunHistory): Promise<void> {
  for await (const runId of history.unfinished()) {
    await history.change(runId, (current) => toCompleted(toRunning(current)));
  }
}

/** A store whose user is killed after so many calls: they never come to an end. */
function mortalStore(store: Store, calls: number) {
  let kill = () => {};
  const killed = new Promise<void>((resolve) => {
    kill = resolve;
  });
  let left = calls;
  const proxy = new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (left-- > 0) return value.apply(target, args);
        kill();
        return name.toString().startsWith("list") ? never() : new Promise(() => {});
      };
    },
  });
  return { store: proxy, killed };
}

async function* never(): AsyncIterable<never> {
  await new Promise(() => {});
}

function unlessRefused(error: unknown): void {
  // What breaks off on its way looks damaged.
  const isExpected =
    error instanceof HexError && /^HEX_STORE_(UNAVAILABLE|DAMAGED)$/.test(error.code);
  if (!isExpected) throw error;
}

/** Changes a letter of something that was derived, or takes it away. */
function damageOne(disk: MemoryStore, random: () => number): void {
  const keys = [...disk.objects.keys()].filter((key) => key.startsWith(HISTORY_INDEX_PREFIX));
  const key = keys[Math.floor(random() * keys.length)];
  const object = key === undefined ? undefined : disk.objects.get(key);
  if (key === undefined || object === undefined) return;
  if (random() < 0.5) {
    disk.objects.delete(key);
    return;
  }
  const body = object.body.slice();
  body[Math.floor(random() * body.length)] = 0x37;
  disk.objects.set(key, { ...object, body });
}

/** What all records, read one by one, say. */
function toExpected(disk: MemoryStore, query: Partial<RunQuery>): readonly RunRecord[] {
  const { state, context, triggers, schedule, offset = 0 } = query;
  const records = [...disk.objects]
    .filter(([key]) => key.startsWith(HISTORY_PREFIX) && key.endsWith("/record.json"))
    .map(([, { body }]) => JSON.parse(new TextDecoder().decode(body)) as RunRecord)
    .map((record) =>
      Object.fromEntries(Object.entries(record).filter(([name]) => name !== "writes")),
    )
    .map((record) => record as unknown as RunRecord)
    .filter(
      (record) =>
        (state === undefined || record.state === state) &&
        (context === undefined || record.context === context) &&
        (triggers === undefined || triggers.includes(record.trigger)) &&
        (schedule === undefined || record.occasion?.schedule === schedule),
    );
  return records.sort((one, other) => (one.runId < other.runId ? 1 : -1)).slice(offset, offset + 7);
}
