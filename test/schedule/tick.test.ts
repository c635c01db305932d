import { expect, it } from "vitest";
import { claimTick, listTicks, readTick, type Tick } from "../../src/schedule/tick.ts";
import { parseTickKey, tickKey } from "../../src/store/key.ts";
import { MemoryStore } from "../fakes/memory-store.ts";

const noon = Date.UTC(2026, 0, 31, 12);

function aTick(runId: string): Tick {
  const instant = new Date(noon).toISOString();
  const filing = { filedBy: "user@host:1", filedAt: instant, state: "filed" } as const;
  return { format: 1, schedule: "nightly", instant, runId, ...filing };
}

it("has a key that tells its instant", () => {
  const key = tickKey("nightly", noon);
  expect(key).toBe(".hex/ticks/nightly/20260131T120000Z.json");
  expect(parseTickKey(key)).toBe(noon);
  expect(parseTickKey(".hex/ticks/nightly/20269931T120000Z.json")).toBeUndefined();
  expect(parseTickKey(".hex/ticks/nightly/notes.txt")).toBeUndefined();
});

it("is created by one of many, and all get that one", async () => {
  const store = new MemoryStore();
  const runIds = ["a", "b", "c", "d"];
  const claims = await Promise.all(
    runIds.map((runId) => claimTick(store, aTick(runId), "required")),
  );
  expect(claims.filter(({ isOurs }) => isOurs)).toHaveLength(1);
  expect(new Set(claims.map(({ tick }) => tick.runId)).size).toBe(1);
  expect(await listTicks(store, "nightly")).toEqual([noon]);
});

it("is not replaced by a later caller where the store keeps no conditions", async () => {
  const store = new MemoryStore();
  await claimTick(store, aTick("a"), "unavailable");
  const later = await claimTick(store, aTick("b"), "unavailable");
  expect(later).toEqual({ tick: aTick("a"), isOurs: false });
});

it("is refused when something else has changed it", async () => {
  const store = new MemoryStore();
  const changed = JSON.stringify({ ...aTick("a"), runId: "../b" });
  await store.write(tickKey("nightly", noon), new TextEncoder().encode(changed));
  await expect(readTick(store, { schedule: "nightly" }, noon)).rejects.toMatchObject({
    code: "HEX_STORE_DAMAGED",
    message: expect.stringContaining("`runId` of `.hex/ticks/nightly/20260131T120000Z.json`"),
  });
});
