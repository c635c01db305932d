import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { acquireLease, type LeaseOptions, tryAcquireLease } from "../../src/store/lease/lease.ts";
import { LEASE_KEY, leaseRecords } from "../../src/store/lease/lease-terms.ts";
import type { Store } from "../../src/store/store.ts";
import type { S3Server } from "../servers/s3-server.ts";
import { createBucket, openServer } from "./server-store.ts";

for (const server of inject("s3Servers")) {
  if (server.conditionalWrites) describe(`a lease on ${server.name}`, () => testLease(server));
  else it.skip(`a lease on ${server.name}: this server does not keep the conditions of writes`);
}

function testLease(server: S3Server): void {
  const bucket = `lease-${randomUUID()}`;
  beforeAll(() => createBucket(server, bucket));

  it("is taken, renewed, released and taken again", async () => {
    const prefix = `app/${randomUUID()}`;
    const ask = asker(prefix);
    const first = await ask({ renewMs: 100 });
    const store = open(prefix);
    await expect.poll(() => countWrites(store)).toBeGreaterThan(2);
    expect(await first.stillHeld()).toBe(true);
    await first.release();
    const second = await ask();
    expect(second.fence).toBe(2);
    await second.release();
  });

  it("is held by one of 4 at a time", async () => {
    const ask = asker(`app/${randomUUID()}`);
    let holders = 0;
    const fences: number[] = [];
    const turns = Array.from({ length: 4 }, async () => {
      for (let count = 0; count < 3; count++) {
        const lease = await ask({ ttlMs: 5_000 });
        expect(++holders).toBe(1);
        fences.push(lease.fence);
        await wait(10);
        holders -= 1;
        await lease.release();
      }
    });
    await Promise.all(turns);
    expect(fences).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it("goes from a silent holder to the next, and the silent one learns it", async () => {
    const prefix = `app/${randomUUID()}`;
    const ask = asker(prefix);
    const silent = await ask({ ttlMs: 500, sleep: () => new Promise(() => {}) });
    const told = await tryAcquireLease(open(prefix), { holder: "test:two" });
    expect(told).toEqual({ status: "held", holder: "test:one" });
    const next = await ask();
    expect([silent.fence, next.fence]).toEqual([1, 2]);
    expect(await silent.stillHeld()).toBe(false);
    expect(silent.lost.reason).toMatchObject({ code: "HEX_RUN_SUPERSEDED" });
    await next.release();
  });

  function open(prefix: string) {
    const store = openServer(server, { bucket, prefix });
    onTestFinished(() => store.close());
    return store;
  }

  /** Each caller has a client of its own, as each machine has. */
  function asker(prefix: string) {
    return (options: Partial<LeaseOptions> = {}) =>
      acquireLease(open(prefix), { holder: "test:one", ...options });
  }
}

/** How often the lease was written since it was taken. */
async function countWrites(store: Store): Promise<number> {
  const object = await store.read(LEASE_KEY);
  return object === undefined
    ? 0
    : leaseRecords.parse(object.body, { key: LEASE_KEY, location: store.location }).write;
}
