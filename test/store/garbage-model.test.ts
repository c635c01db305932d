import { expect, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { collectGarbage } from "../../src/store/collect-garbage.ts";
import { planGarbage } from "../../src/store/plan-garbage.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion, type Version } from "../../src/store/version.ts";
import { listVersions, rollback } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { publication } from "./published-frames.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 40);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + SEEDS * 1_000;
const STEPS = 30;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RETENTION = { keepVersions: 3, keepMs: DAY_MS };

/** A reader that has pinned a version, and until when it may count on it. */
interface Pin {
  readonly version: Version;
  readonly text: unknown;
  readonly until: number;
}

it(`keeps all that is needed over ${SEEDS} seeds of writers, readers, rollbacks and collections`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const counts = {
    published: 0,
    superseded: 0,
    rollbacks: 0,
    removed: 0,
    pinned: 0,
    read: 0,
    shown: 0,
  };
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await live(new World(seed), counts);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
  console.log(`${SEEDS} seeds of collection: ${JSON.stringify(counts)}`);
  for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(0);
});

type Counts = Record<
  "published" | "superseded" | "rollbacks" | "removed" | "pinned" | "read" | "shown",
  number
>;

/** One store and its clock, which runs on while writers are paused. */
class World {
  readonly random: () => number;
  readonly store: MemoryStore;
  readonly pins: Pin[] = [];
  readonly paused: Promise<void>[] = [];
  readonly #wakers: (() => void)[] = [];
  now = Date.UTC(2026, 0, 1);
  runs = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.store = new MemoryStore(() => this.now);
  }

  get text(): string {
    return new Date(this.now).toISOString();
  }

  pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakers.push(resolve);
    });
  }

  async wake(): Promise<void> {
    for (const wake of this.#wakers.splice(0)) wake();
    await Promise.all(this.paused.splice(0));
  }
}

async function live(world: World, counts: Counts): Promise<void> {
  const { random } = world;
  await write(world, counts, false);
  for (let step = 0; step < STEPS; step++) {
    world.now += random() * 8 * HOUR_MS;
    const choice = random();
    if (choice < 0.35) await write(world, counts, false);
    else if (choice < 0.5) world.paused.push(write(world, counts, true));
    else if (choice < 0.6) await world.wake();
    else if (choice < 0.7) await goBack(world, counts);
    else if (choice < 0.85) await pin(world, counts);
    else await collect(world, counts);
    await settle();
  }
  await world.wake();
  await collect(world, counts);
  await readAll(world, counts);
}

/** Publishes; a paused writer sleeps before it has staged its frames, or after. */
async function write(world: World, counts: Counts, pauses: boolean): Promise<void> {
  const runId = `r${++world.runs}`;
  const startedAt = world.now;
  const store = pauses ? pausing(world) : world.store;
  const startStopwatch = () => () => world.now - startedAt;
  const more = { runId, now: () => world.now, startStopwatch, ...RETENTION };
  const own = frame([{ text: runId }]);
  // Others take over what the version before shows.
  const shown = { shown: new Map([["cell", { frame: own }]]), outputs: () => new Uint8Array(2) };
  const isShown = world.random() < 0.7;
  const name = world.random() < 0.7 ? "planets" : "stars";
  try {
    await publish(store, publication({ [name]: own }, { ...more, ...(isShown && shown) }));
    counts.published++;
  } catch (error) {
    expect(error).toMatchObject({ code: "HEX_RUN_SUPERSEDED" });
    counts.superseded++;
  }
}

/** The store as a writer sees it that sleeps before it first or finally looks at the manifest. */
function pausing(world: World): MemoryStore {
  const { store } = world;
  let calls = 0;
  const pausesAt = 1 + Math.floor(world.random() * 2);
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "read" && name !== "write") return value.bind(store);
      return async (key: string, ...rest: unknown[]) => {
        if (key === ".hex/manifest.json" && ++calls === pausesAt) await world.pause();
        return value.call(store, key, ...rest);
      };
    },
  });
}

async function goBack(world: World, counts: Counts): Promise<void> {
  const { store, random } = world;
  const versions = await listVersions(store);
  const target = versions[Math.floor(random() * versions.length)];
  if (target === undefined) return;
  await rollback(store, target.generation, { now: () => world.now, ...RETENTION });
  counts.rollbacks++;
}

async function pin(world: World, counts: Counts): Promise<void> {
  const version = await openVersion(world.store);
  const read = await version.readFrame("planets");
  world.pins.push({ version, text: read?.frame.at("text", 0), until: world.now + DAY_MS });
  counts.pinned++;
}

/** Collects, and looks whether every reader that may still read can. */
async function collect(world: World, counts: Counts): Promise<void> {
  const { store, now, pins } = world;
  const plan = await planGarbage(store, { now, ...RETENTION });
  const { objects } = await collectGarbage(store, plan, { collectedAt: world.text });
  counts.removed += objects;
  for (const { version, text, until } of pins) {
    if (until < now) continue;
    const read = await version.readFrame("planets");
    expect([read?.source, read?.frame.at("text", 0)]).toEqual([read && "version", text]);
  }
}

/** Every version that is listed can be read, and gone back to. */
async function readAll({ store }: World, counts: Counts): Promise<void> {
  for (const { generation } of await listVersions(store)) {
    const version = await openVersion(store, { generation });
    for (const name of version.frames().keys()) {
      expect((await version.readFrame(name))?.source).toBe("version");
      counts.read++;
    }
    if (version.commit?.shown !== undefined) {
      expect(await version.readShown("cell")).toBeDefined();
      expect(await version.readOutputs()).toBeDefined();
      counts.shown++;
    }
    await rollback(store, generation, { keepVersions: 100 });
  }
}

/** Lets paused writers come as far as they can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
