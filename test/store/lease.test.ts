import { describe, expect, it } from "vitest";
import { acquireLease, type LeaseOptions, tryAcquireLease } from "../../src/store/lease/lease.ts";
import { LEASE_KEY, type LeaseRecord, leaseRecords } from "../../src/store/lease/lease-terms.ts";
import { FakeTime } from "./lease-fake-time.ts";
import { ScriptedStore, unavailable as unavailableError } from "./lease-scripted-store.ts";

const superseded = { code: "HEX_RUN_SUPERSEDED" };
const unavailable = { code: "HEX_STORE_UNAVAILABLE" };

describe("taking a lease", () => {
  it("takes a free one at once, with the first fence", async () => {
    const { ask, record } = setting();
    const lease = await ask("a@one:1");
    expect([lease.fence, lease.lost.aborted]).toEqual([1, false]);
    expect(record()).toMatchObject({
      format: 1,
      state: "held",
      generation: 1,
      holder: "a@one:1",
      ttlMs: 10_000,
      process: "this process",
    });
  });

  it("raises the fence with each holder, and keeps it over a release", async () => {
    const { ask, record } = setting();
    for (const fence of [1, 2, 3]) {
      const lease = await ask("a@one:1");
      expect(lease.fence).toBe(fence);
      await lease.release();
      expect(record()).toMatchObject({ state: "released", generation: fence });
    }
  });

  it("begins above a fence that was published, even if the object was removed", async () => {
    const { ask } = setting();
    expect((await ask("a@one:1", { afterFence: 41 })).fence).toBe(42);
  });

  it("never writes the same content twice", async () => {
    const { store, ask, time } = setting();
    for (let count = 0; count < 3; count++) {
      const lease = await ask("a@one:1");
      await time.advance(35_000);
      await lease.release();
    }
    expect(store.bodies).toHaveLength(57);
    expect(new Set(store.bodies).size).toBe(57);
  });

  it("waits for a live holder, tells who it is, and goes on once it lets go", async () => {
    const { ask, time } = setting();
    const holders: string[] = [];
    const first = await ask("a@one:1");
    const second = ask("b@two:2", { onWaiting: (holder) => holders.push(holder) });
    await time.advance(600_000);
    await first.release();
    const lease = await time.until(second);
    expect([lease.fence, holders]).toEqual([2, ["a@one:1"]]);
    expect(time.now).toBeLessThan(602_000);
  });

  it("goes to one that waits in the same process as soon as it is released there", async () => {
    const { ask, time } = setting();
    const first = await ask("a@one:1");
    const second = ask("a@one:1");
    await time.advance(600_000);
    await first.release();
    expect((await second).fence).toBe(2);
    expect(time.now).toBe(600_000);
  });

  it("takes over from a dead holder after the TTL that the holder told, not sooner", async () => {
    const { ask, time, put } = setting();
    await put({ state: "held", generation: 7, ttlMs: 90_000 });
    const lease = await time.until(ask("b@two:2"));
    expect(lease.fence).toBe(8);
    expect(time.now).toBeGreaterThanOrEqual(90_000);
    expect(time.now).toBeLessThan(92_000);
  });

  it("begins to count anew with each sign of life", async () => {
    const { ask, time, put } = setting();
    await put({ state: "held" });
    const second = ask("b@two:2");
    await time.advance(25_000);
    await put({ state: "held", write: 2 });
    await time.advance(25_000);
    await put({ state: "held", write: 3 });
    await time.until(second);
    expect(time.now).toBeGreaterThanOrEqual(80_000);
  });

  it("does not count as silence of the holder what was an outage of the store", async () => {
    const { store, ask, time, put } = setting();
    await put({ state: "held" });
    const second = ask("b@two:2");
    await time.advance(29_000);
    store.isDown = true;
    await time.advance(1_100);
    store.isDown = false;
    await time.advance(25_000);
    await put({ state: "held", write: 2 });
    await time.until(second);
    expect(time.now).toBeGreaterThanOrEqual(85_000);
  });

  it("goes at once past a holder whose process is proven to be gone", async () => {
    const { ask, time, put } = setting();
    await put({ state: "held", generation: 7, process: "gone" });
    const lease = await ask("b@two:2", { isGone: (process) => process === "gone" });
    expect([lease.fence, time.now]).toEqual([8, 0]);
  });

  it("goes at once past an earlier attempt at the same run, and past no other", async () => {
    const { ask, time, put } = setting();
    await put({ state: "held", generation: 7, run: { id: "one", attempt: 1 } });
    const lease = await ask("b@two:2", { run: { id: "one", attempt: 2 } });
    expect([lease.fence, time.now]).toEqual([8, 0]);
    for (const run of [
      { id: "one", attempt: 2 },
      { id: "two", attempt: 9 },
    ]) {
      await put({ state: "held", generation: 7, run });
      const before = time.now;
      await time.until(ask("b@two:2", { run: { id: "one", attempt: 2 } }));
      expect(time.now - before).toBeGreaterThanOrEqual(30_000);
    }
  });

  it("seals what is published below its fence when it goes past a holder, and only then", async () => {
    const { ask, put, sealed } = setting();
    const first = await ask("a@one:1");
    await first.release();
    expect(sealed).toEqual([]);
    await put({ state: "held", generation: 7, process: "gone" });
    await ask("b@two:2", { isGone: () => true });
    expect(sealed).toEqual([8]);
  });

  it("gives the lease back when what is published cannot be sealed", async () => {
    const { ask, put, record } = setting();
    await put({ state: "held", generation: 7, process: "gone" });
    const seal = async () => {
      throw unavailableError();
    };
    const asking = ask("b@two:2", { isGone: () => true, seal });
    await expect(asking).rejects.toMatchObject(unavailable);
    expect(record()).toMatchObject({ state: "released", generation: 8 });
  });

  it("gives a free lease to exactly one of 16 at a time", async () => {
    const { ask, time } = setting();
    let holders = 0;
    const fences: number[] = [];
    const turn = async (_: unknown, index: number) => {
      const lease = await ask(`a@one:${index}`);
      expect(++holders).toBe(1);
      fences.push(lease.fence);
      await time.sleep(3_000, {});
      holders -= 1;
      await lease.release();
    };
    await time.until(Promise.all(Array.from({ length: 16 }, turn)));
    expect(fences).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });

  it("tells at once who holds it, when asked not to wait", async () => {
    const { store, options, ask } = setting();
    const first = await ask("a@one:1");
    const busy = await tryAcquireLease(store, options("b@two:2"));
    expect(busy).toEqual({ status: "held", holder: "a@one:1" });
    await first.release();
    const free = await tryAcquireLease(store, options("b@two:2"));
    expect(free).toMatchObject({ status: "acquired", lease: { fence: 2 } });
  });
});

describe("waiting for a lease", () => {
  it("ends with the signal's reason, and takes nothing", async () => {
    const { ask, time, record } = setting();
    await ask("a@one:1");
    const controller = new AbortController();
    const second = ask("b@two:2", { signal: controller.signal });
    await time.advance(5_000);
    controller.abort(new Error("enough"));
    await expect(time.until(second)).rejects.toThrow("enough");
    expect(record()).toMatchObject({ holder: "a@one:1" });
  });

  it("gives back what it took while the signal was aborted", async () => {
    const { store, ask, record } = setting();
    const controller = new AbortController();
    const write = store.write.bind(store);
    store.write = (...given) => {
      controller.abort(new Error("enough"));
      return write(...given);
    };
    await expect(ask("a@one:1", { signal: controller.signal })).rejects.toThrow("enough");
    expect(record()).toMatchObject({ state: "released" });
  });

  it("outlives a store that fails twice, but not one that goes on failing", async () => {
    const { store, ask, time } = setting();
    const first = await ask("a@one:1");
    const second = ask("b@two:2");
    await time.advance(5_100);
    store.isDown = true;
    await time.advance(2_000);
    store.isDown = false;
    await time.advance(60_000);
    store.isDown = true;
    await expect(time.until(second)).rejects.toMatchObject(unavailable);
    store.isDown = false;
    expect(await time.until(first.stillHeld())).toBe(true);
  });

  it("fails at once when the store never answered", async () => {
    const { store, ask, time } = setting();
    store.isDown = true;
    await expect(ask("a@one:1")).rejects.toMatchObject(unavailable);
    expect(time.now).toBe(0);
  });

  it.each([["reply-lost"], ["request-lost"]] as const)(
    "takes the lease once although its write ended with %s",
    async (fault) => {
      const { store, ask, time } = setting();
      store.faults = [fault, "none"];
      const lease = await time.until(ask("a@one:1"));
      expect(lease.fence).toBe(1);
      expect(await lease.stillHeld()).toBe(true);
    },
  );

  it("refuses a store that never takes a condition which holds", async () => {
    const { store, ask, time } = setting();
    store.write = async () => ({ status: "conflict" });
    await expect(time.until(ask("a@one:1"))).rejects.toMatchObject({
      ...unavailable,
      message:
        "Expected the store memory:test to be ready to write under a condition that holds, got a " +
        "refusal (use a store that keeps If-Match and If-None-Match)",
    });
  });
});

describe("holding a lease", () => {
  it("renews every two seconds until it is released", async () => {
    const { store, ask, time } = setting();
    const lease = await ask("a@one:1");
    await time.advance(95_000);
    expect(store.bodies).toHaveLength(1 + 47);
    await lease.release();
    await time.advance(95_000);
    expect(store.bodies).toHaveLength(1 + 47 + 1);
    expect([await lease.stillHeld(), lease.lost.aborted]).toEqual([false, false]);
  });

  it("is held by a late renewal when nobody has taken over", async () => {
    const { ask, time } = setting();
    const lease = await ask("a@one:1");
    time.now += 300_000;
    expect(await lease.stillHeld()).toBe(true);
    await time.advance(60_000);
    expect(lease.lost.aborted).toBe(false);
  });

  it("learns by its next renewal that another took over, and by whom", async () => {
    const { ask, time, put } = setting();
    const lease = await ask("a@one:1");
    await put({ state: "held", generation: 2, holder: "b@two:2" });
    await time.advance(2_000);
    expect(lease.lost.reason).toMatchObject({
      ...superseded,
      message:
        "Expected the lease `.hex/lease.json` in memory:test to be held until this run had " +
        "published, got taken over by b@two:2 (start it again, or use what the other run publishes)",
    });
    expect(await lease.stillHeld()).toBe(false);
  });

  it("learns it when asked, before any renewal is due, and leaves the other's lease alone", async () => {
    const { ask, put, record } = setting();
    const lease = await ask("a@one:1");
    await put({ state: "held", generation: 2, holder: "b@two:2" });
    expect(await lease.stillHeld()).toBe(false);
    expect(lease.lost.reason).toMatchObject(superseded);
    await lease.release();
    expect(record()).toMatchObject({ state: "held", generation: 2, holder: "b@two:2" });
  });

  it("is lost when the object is removed", async () => {
    const { store, ask } = setting();
    const lease = await ask("a@one:1");
    store.remove(LEASE_KEY);
    expect(await lease.stillHeld()).toBe(false);
    expect(lease.lost.reason).toMatchObject({ message: expect.stringContaining("got removed") });
  });

  it.each([["reply-lost"], ["request-lost"], ["silence"]] as const)(
    "outlives renewals that end with %s",
    async (fault) => {
      const { store, ask, time } = setting();
      const lease = await ask("a@one:1");
      store.faults = [fault, fault, "none"];
      await time.advance(60_000);
      expect(lease.lost.aborted).toBe(false);
      expect(await lease.stillHeld()).toBe(true);
    },
  );

  it.each([["request-lost"], ["silence"]] as const)(
    "is lost when every renewal ends with %s for three TTLs, not sooner",
    async (fault) => {
      const { store, ask, time } = setting();
      const lease = await ask("a@one:1");
      store.faults = [fault];
      await time.advance(29_999);
      expect(lease.lost.aborted).toBe(false);
      await time.advance(8_000);
      expect(lease.lost.reason).toMatchObject(superseded);
      expect(await lease.stillHeld()).toBe(false);
    },
  );

  it("outlives a store that is down for less than three TTLs since the last renewal", async () => {
    const { store, ask, time } = setting();
    const lease = await ask("a@one:1");
    await time.advance(95_000);
    store.isDown = true;
    await time.advance(24_000);
    expect(lease.lost.aborted).toBe(false);
    store.isDown = false;
    expect(await time.until(lease.stillHeld())).toBe(true);
  });

  it("lets the next one in at once after it was lost to a silent store", async () => {
    const { store, ask, time, record } = setting();
    const lease = await ask("a@one:1");
    store.isDown = true;
    await time.advance(40_000);
    expect(lease.lost.aborted).toBe(true);
    store.isDown = false;
    await lease.release();
    expect(record()).toMatchObject({ state: "released", generation: 1 });
  });

  it("asks three times after a long stop, before it gives up", async () => {
    const { store, ask, time } = setting();
    const lease = await ask("a@one:1");
    time.now += 300_000;
    store.faults = ["request-lost", "request-lost", "none"];
    expect(await time.until(lease.stillHeld())).toBe(true);
  });

  it.each([["reply-lost"], ["request-lost"], ["silence"]] as const)(
    "is released although the first attempt ended with %s",
    async (fault) => {
      const { store, ask, time, record } = setting();
      const lease = await ask("a@one:1");
      store.faults = [fault, "none"];
      await time.until(lease.release());
      expect(record()).toMatchObject({ state: "released", generation: 1 });
      expect(lease.lost.aborted).toBe(false);
    },
  );

  it("does not fail when it cannot be released, and then runs out", async () => {
    const { store, ask, time, record } = setting();
    const lease = await ask("a@one:1");
    store.isDown = true;
    await time.until(lease.release());
    store.isDown = false;
    expect(record()).toMatchObject({ state: "held" });
    const before = time.now;
    expect((await time.until(ask("b@two:2"))).fence).toBe(2);
    expect(time.now - before).toBeLessThan(32_000);
  });

  it("is released while a renewal is on its way", async () => {
    const { store, ask, time, record } = setting();
    const lease = await ask("a@one:1");
    store.faults = ["silence", "none"];
    await time.advance(11_000);
    await time.until(lease.release());
    expect(time.now).toBe(11_000);
    expect(record()).toMatchObject({ state: "released" });
  });
});

describe("a lease's object that is none", () => {
  it.each([
    ["no JSON", "{", "Expected `.hex/lease.json` in memory:test to be JSON in UTF-8"],
    ["a newer format", '{"format":2}', "to be of format 1 or older, got format 2"],
    ["a list", "[]", "Expected `format` of `.hex/lease.json` in memory:test to be"],
    ["no fence", '{"format":1,"state":"held"}', "Expected `generation` of"],
  ])("is told and left alone: %s", async (_, text, message) => {
    const { store, ask } = setting();
    await store.write(LEASE_KEY, new TextEncoder().encode(text));
    const failure = { code: "HEX_STORE_DAMAGED", message: expect.stringContaining(message) };
    await expect(ask("a@one:1")).rejects.toMatchObject(failure);
    expect(store.bodies.at(-1)).toBe(text);
  });

  it("does not let a holder's name write on the terminal", async () => {
    const { store, options, put } = setting();
    await put({ state: "held", holder: `\u001b[2Jroot\n${"x".repeat(1_000)}` });
    const answer = await tryAcquireLease(store, options("b@two:2"));
    expect(answer).toMatchObject({ status: "held", holder: `?[2Jroot?${"x".repeat(91)}` });
  });
});

/** A store, a time and callers who use both. */
function setting() {
  const store = new ScriptedStore();
  const time = new FakeTime();
  const sealed: number[] = [];
  let ids = 0;
  const options = (holder: string, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
    holder,
    clock: time.clock,
    sleep: time.sleep,
    random: () => 0.5,
    randomId: () => `id-${++ids}`,
    process: "this process",
    isGone: () => false,
    seal: async (_, fence) => {
      sealed.push(fence);
    },
    ...more,
  });
  const ask = (holder: string, more?: Partial<LeaseOptions>) =>
    acquireLease(store, options(holder, more));
  const record = (): unknown =>
    JSON.parse(new TextDecoder().decode(store.objects.get(LEASE_KEY)?.body));
  const put = (part: Partial<LeaseRecord>) =>
    store.write(
      LEASE_KEY,
      leaseRecords.toBytes({
        format: 1,
        state: "held",
        generation: 1,
        holder: "z@nine:9",
        leaseId: "foreign",
        write: 1,
        ttlMs: 30_000,
        ...part,
      }),
    );
  return { store, time, options, ask, record, put, sealed };
}
