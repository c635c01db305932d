import { expect, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import { acquireLease, type Lease } from "../../src/store/lease/lease.ts";
import { LEASE_KEY, leaseRecords } from "../../src/store/lease/lease-terms.ts";
import { FakeTime } from "./lease-fake-time.ts";
import { MemoryStore } from "./lease-memory-store.ts";
import { type Odds, SimulatedProcess, seededRandom } from "./lease-world.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 60);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + SEEDS * 1_000;
const TTL_MS = 1_000;
const KINDS = {
  "calm machines": { stop: 0, loss: 0, delay: 0 },
  "machines that stop for up to three TTLs": { stop: 0.03, loss: 0, delay: 0 },
  "a network that loses and delays": { stop: 0, loss: 0.1, delay: 0.5 },
  "everything at once": { stop: 0.03, loss: 0.1, delay: 0.5 },
} satisfies Record<string, Odds>;

for (const [kind, odds] of Object.entries(KINDS)) {
  it(`keeps fences apart and rising: ${kind}, ${SEEDS} seeds`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const tally: Tally = { leases: 0, losses: 0, published: 0, overlaps: 0, failures: 0, kills: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) await race(seed, odds, tally);
    if (process.env["HEX_TEST_TALLY"] !== undefined) console.log(kind, tally);
    expect(tally.published).toBeGreaterThan(SEEDS * 5);
    if (odds.stop > 0) expect(tally.losses).toBeGreaterThan(0);
    if (odds.stop + odds.loss === 0) expect(tally).toMatchObject({ losses: 0, overlaps: 0 });
  });
}

interface Tally {
  leases: number;
  losses: number;
  published: number;
  /** how often somebody began to hold while another, not yet told of its loss, still did */
  overlaps: number;
  failures: number;
  kills: number;
}

interface Race {
  readonly store: MemoryStore;
  readonly tally: Tally;
  readonly fences: number[];
  readonly publishedFences: number[];
  holders: number;
}

/** Lets some processes take the lease, work and publish in turn, and checks what must always hold. */
async function race(seed: number, odds: Odds, tally: Tally): Promise<void> {
  const random = seededRandom(seed);
  const time = new FakeTime();
  const all: Race = {
    store: new MemoryStore(),
    tally,
    fences: [],
    publishedFences: [],
    holders: 0,
  };
  const contenders = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, index) =>
    contend(all, new SimulatedProcess(all.store, time, random, odds), time, random, index),
  );
  await time.until(Promise.all(contenders));
  expect(new Set(all.fences).size, `seed ${seed}: two holders with one fence`).toBe(
    all.fences.length,
  );
  const sorted = [...new Set(all.publishedFences)].sort((a, b) => a - b);
  expect(all.publishedFences, `seed ${seed}: published fences rise`).toEqual(sorted);
}

async function contend(
  all: Race,
  self: SimulatedProcess,
  time: FakeTime,
  random: () => number,
  index: number,
): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    try {
      const lease = await acquireLease(self.store, {
        holder: `p${index}`,
        ttlMs: TTL_MS,
        clock: time.clock,
        sleep: self.sleep,
        random,
        randomId: () => `${index}-${turn}-${random()}`,
      });
      all.fences.push(lease.fence);
      all.tally.leases += 1;
      if (index === 0 && turn === 2 && random() < 0.3) {
        all.tally.kills += 1;
        return self.kill();
      }
      await hold(all, self, lease, random);
      await lease.release();
    } catch (error) {
      // A network that fails three times in a row ends a run; nothing else may.
      if (!(error instanceof HexError) || error.code !== "HEX_STORE_UNAVAILABLE") throw error;
      all.tally.failures += 1;
    }
  }
}

async function hold(
  all: Race,
  self: SimulatedProcess,
  lease: Lease,
  random: () => number,
): Promise<void> {
  all.holders += 1;
  if (all.holders > 1) all.tally.overlaps += 1;
  await self.sleep(random() * 1.5 * TTL_MS, {});
  const newest = newestFence(all.store);
  const isHeld = await lease.stillHeld();
  all.holders -= 1;
  expect(isHeld && newest > lease.fence, "told as held after another took over").toBe(false);
  expect(lease.lost.aborted).toBe(!isHeld);
  if (!isHeld) all.tally.losses += 1;
  else publish(all, lease.fence);
}

/** What the swap of the manifest does: refuses a fence below the newest that was published. */
function publish({ publishedFences, tally }: Race, fence: number): void {
  if (fence < (publishedFences.at(-1) ?? 0)) return;
  publishedFences.push(fence);
  tally.published += 1;
}

function newestFence(store: MemoryStore): number {
  const object = store.objects.get(LEASE_KEY);
  return object === undefined
    ? 0
    : leaseRecords.parse(object.body, { key: LEASE_KEY, location: store.location }).generation;
}
