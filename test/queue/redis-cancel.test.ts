import { randomUUID } from "node:crypto";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import type { Attempts } from "../../src/queue/job.ts";
import { type TakenJob, takeJob } from "../../src/queue/redis/redis-claims.ts";
import { RedisConnection, type RedisServer } from "../../src/queue/redis/redis-connection.ts";
import { claimRun, NEXT_LEASE, openHere, QUICK, SHORT_LEASE, toSpec } from "./queue-place.ts";

for (const { name, url } of inject("redisServers")) {
  describe(`a cancellation that meets a job as it is taken, on ${name}`, () => {
    const open = async (options: { readonly attempts: Attempts; readonly leaseMs: number }) => {
      const place = { kind: "redis", url, name: randomUUID() } as const;
      const queue = await openHere(place, options);
      const connection = new RedisConnection(place, SHORT_LEASE.leaseMs);
      onTestFinished(() => connection.close());
      /** Takes a job of the lane for runs; `between` happens when it is off the queue, and nobody's. */
      const take = (between: () => Promise<void>) =>
        connection.ask(async ({ client, lanes }) => {
          const flagKey = (id: string) => `${connection.prefix}:cancelled:${id}`;
          const backend = interrupted(lanes.run, between);
          const rules = { client, backend, attempts: options.attempts, flagKey };
          return takeJob(rules, { lane: "run", worker: "test@here:1", atMost: undefined });
        });
      return { queue, take };
    };

    it("takes it back, and its taker gets none", async () => {
      const { queue, take } = await open(QUICK);
      const spec = toSpec();
      await queue.submit(spec);
      const taken = await take(async () => {
        expect(await queue.cancel(spec.id)).toBe("cancelled");
        expect(await queue.find(spec.id)).toMatchObject({ state: "cancelled" });
      });
      expect(taken).toBeUndefined();
      expect(await queue.cancel(spec.id)).toBe("ended");
      expect(await queue.find(spec.id)).toMatchObject({ state: "cancelled" });
      expect((await queue.count()).run).toEqual({ queued: 0, claimed: 0 });
    });

    it("takes it back for ever when the taker is killed at that moment", async () => {
      const { queue, take } = await open(NEXT_LEASE);
      const [spec, next] = [toSpec(), toSpec()];
      await queue.submit(spec);
      const killed = new Error("killed");
      const taking = take(async () => {
        expect(await queue.cancel(spec.id)).toBe("cancelled");
        throw killed;
      });
      await expect(taking).rejects.toBe(killed);
      expect(await queue.submit(spec)).toBe("known");
      await queue.submit(next);
      // The lease of the one that was killed runs out while the other is worked on.
      const claim = await claimRun(queue);
      expect(claim.job.id).toBe(next.id);
      await claim.finish();
      const waiting = claimRun(queue);
      await expect.poll(async () => (await queue.count()).run.claimed).toBe(0);
      const last = toSpec();
      await queue.submit(last);
      expect((await waiting).job.id).toBe(last.id);
      expect(await queue.find(spec.id)).toMatchObject({ state: "cancelled" });
    });

    it("asks its worker to stop once it was given to one", async () => {
      const { queue, take } = await open(QUICK);
      const spec = toSpec();
      await queue.submit(spec);
      const taken: TakenJob | undefined = await take(async () => {});
      expect(taken?.job.id).toBe(spec.id);
      expect(await queue.cancel(spec.id)).toBe("requested");
      expect(await queue.find(spec.id)).toMatchObject({
        state: "claimed",
        isCancelRequested: true,
      });
    });
  });
}

type Lane = RedisServer["lanes"]["run"];

/** A lane, where something happens between taking a job off and all that follows. */
function interrupted(lane: Lane, between: () => Promise<void>): Lane {
  let isFirst = true;
  const moveToActive = async (token: string) => {
    const started = await lane.moveToActive(token);
    if (isFirst) await between();
    isFirst = false;
    return started;
  };
  return Object.create(lane, { moveToActive: { value: moveToActive } });
}
