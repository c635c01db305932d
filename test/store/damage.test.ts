import { beforeAll, describe, expect, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import { frame } from "../../src/frame/rows.ts";
import type { PublishedFrame } from "../../src/store/manifest/manifest.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { publication } from "./published-frames.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 500);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + SEEDS * 1_000;
const VERSIONS = 4;

const contentOf = (version: number) =>
  frame(
    Array.from({ length: 20 }, (_, row) => ({ name: `v${version} row ${row}`, value: row / 7 })),
  );

type Harm = (store: MemoryStore, key: string, random: () => number) => Promise<unknown>;

const HARMS: Readonly<Record<string, Harm>> = {
  "a flipped bit": (store, key, random) =>
    change(store, key, (body) => {
      const index = Math.floor(random() * body.length);
      body[index] = (body[index] ?? 0) ^ (1 << Math.floor(random() * 8));
      return body;
    }),
  "a cut end": (store, key, random) =>
    change(store, key, (body) => body.slice(0, Math.floor(random() * body.length))),
  "two bytes swapped": (store, key, random) =>
    change(store, key, (body) => swapBytes(body, random)),
  "more bytes": (store, key) => change(store, key, (body) => Buffer.concat([body, body])),
  "the file of another version": (store, key) =>
    store.copy(
      key.replace(/v(\d)/, (_, n) => `v${(Number(n) % VERSIONS) + 1}`),
      key,
    ),
  "no file": (store, key) => store.delete(key),
};

let pristine: MemoryStore;
beforeAll(async () => {
  pristine = new MemoryStore();
  for (let version = 1; version <= VERSIONS; version++) {
    await publish(pristine, publication({ planets: contentOf(version) }, { runId: `v${version}` }));
  }
});

describe("a damaged store", () => {
  it(`never gives what was not published, over ${SEEDS} seeds`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const counts = { version: 0, "earlier-version": 0, "other-tool": 0, refused: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const store = copyOf(pristine);
      const harmed = await harmStore(store, seed);
      counts[await readDamaged(store, harmed, `seed ${seed}: ${harmed.join(", ")}`)]++;
    }
    console.log(`${SEEDS} seeds of damage: ${JSON.stringify(counts)}`);
    expect(counts["other-tool"]).toBe(0);
    expect(Math.min(counts.version, counts["earlier-version"], counts.refused)).toBeGreaterThan(0);
  });

  it("takes neither file when the columns are not those that were published", async () => {
    const store = copyOf(pristine);
    await changeEntry(store, (entry) => ({ ...entry, columns: [...entry.columns].reverse() }));
    expect(await sourceOf(store)).toBe("earlier-version");
  });

  it("takes neither file when the rows are not as many as were published", async () => {
    const store = copyOf(pristine);
    await changeEntry(store, (entry) => ({ ...entry, rows: 19 }));
    expect(await sourceOf(store)).toBe("earlier-version");
  });

  it("tells that a version is no longer kept", async () => {
    const store = copyOf(pristine);
    const pinned = await openVersion(store, { generation: 1 });
    await publish(store, publication({ planets: contentOf(5) }, { keepVersions: 1, keepMs: 0 }));
    await store.delete(".hex/runs/v1-1/planets.arrow");
    await store.delete(".hex/runs/v1-1/planets.csv");
    await expect(pinned.readFrame("planets")).rejects.toMatchObject({
      code: "HEX_STORE_DAMAGED",
      message:
        "Expected version 1 in memory:test to be kept for as long as it is read, got only newer ones " +
        "(open the newest version, or keep versions for longer)",
    });
  });
});

/** Reads the newest version: what comes is what was published, by the version that is told. */
async function readDamaged(store: MemoryStore, harmed: readonly string[], told: string) {
  const warned: string[] = [];
  try {
    const onWarning = (text: string) => warned.push(text);
    const read = await (await openVersion(store)).readFrame("planets", { onWarning });
    const { generation, source } = read ?? { generation: 0, source: "other-tool" as const };
    expect(read?.frame.rows(), told).toEqual(contentOf(generation ?? 0).rows());
    expect(generation === VERSIONS, told).toBe(source === "version");
    if (source !== "version") expect(warned.at(-1), told).toContain(`version ${generation} (`);
    return source;
  } catch (error) {
    if (!(error instanceof HexError)) throw error;
    expect([error.code, harmed.length], told).toEqual(["HEX_STORE_DAMAGED", 2 * VERSIONS]);
    return "refused";
  }
}

/** Damages both files of the newest versions, or only the faster one of the newest. */
async function harmStore(store: MemoryStore, seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const harmed: string[] = [];
  const harm = async (key: string) => {
    const names = Object.keys(HARMS);
    const name = names[Math.floor(random() * names.length)] ?? "";
    await HARMS[name]?.(store, key, random);
    harmed.push(`${name} in ${key}`);
  };
  if (random() < 0.05) await harm(`.hex/runs/v${VERSIONS}-1/planets.arrow`);
  else {
    const down = Math.floor(random() * VERSIONS);
    for (let version = VERSIONS; version >= VERSIONS - down; version--) {
      await harm(`.hex/runs/v${version}-1/planets.arrow`);
      await harm(`.hex/runs/v${version}-1/planets.csv`);
    }
  }
  return harmed;
}

function copyOf(store: MemoryStore): MemoryStore {
  const copy = new MemoryStore();
  for (const [key, object] of store.objects) copy.objects.set(key, object);
  return copy;
}

async function change(store: MemoryStore, key: string, harm: (body: Uint8Array) => Uint8Array) {
  const object = await store.read(key);
  await store.write(key, harm(new Uint8Array(object?.body ?? [])));
}

function swapBytes(body: Uint8Array, random: () => number): Uint8Array {
  const first = Math.floor(random() * body.length);
  const second = body.findIndex((byte) => byte !== body[first]);
  [body[first], body[second]] = [body[second] ?? 0, body[first] ?? 0];
  return body;
}

/** Changes what the manifest tells of the newest frame. */
async function changeEntry(store: MemoryStore, edit: (entry: PublishedFrame) => PublishedFrame) {
  const object = await store.read(".hex/manifest.json");
  const manifest = JSON.parse(new TextDecoder().decode(object?.body));
  const { frames } = manifest.commits[0];
  frames.planets = edit(frames.planets);
  const body = new TextEncoder().encode(JSON.stringify(manifest));
  await store.write(".hex/manifest.json", body);
}

async function sourceOf(store: MemoryStore): Promise<string | undefined> {
  return (await (await openVersion(store)).readFrame("planets"))?.source;
}
