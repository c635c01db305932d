import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Queue as BullQueue } from "bullmq";
import { Redis } from "ioredis";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { openQueue } from "../../src/queue/open-queue.ts";
import type { Queue, QueueOptions } from "../../src/queue/queue.ts";
import { checkServer } from "../../src/queue/redis/redis-check.ts";
import { startCuttingRelay } from "../servers/cutting-relay.ts";
import { type RunningRedis, startRedis } from "../servers/redis.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";
import { claimRun, NEXT_LEASE, openHere, QUICK, SHORT_LEASE, toSpec } from "./queue-place.ts";

for (const { name, url, root } of inject("redisServers")) {
  const newPlace = () => ({ kind: "redis", url, name: randomUUID() }) as const;
  /** A server for one test alone. */
  const startOwn = async (settings: readonly string[] = []): Promise<RunningRedis> => {
    const server = await startRedis({ root: root ?? "", settings });
    onTestFinished(() => server.kill());
    return server;
  };

  describe(`a job that was altered on ${name}`, () => {
    it.each([
      ["payload", "{broken"],
      ["payload", ""],
    ])("is dead when its %s is %s, and the next one is given", async (field, value) => {
      const { queue, alter } = await openAltered();
      await alter((client, key) => client.hset(key, field, value));
      expect((await claimRun(queue)).job.id).toBe("next");
      expect(await queue.find("altered")).toMatchObject({
        state: "dead",
        cause: "What the queue keeps of the job was altered and is no job any more",
      });
    });

    it.each([
      ["priority", "high"],
      ["attempts", "many"],
      ["claims", ""],
      ["progress", "{broken"],
    ])("is given all the same when its %s is %s", async (field, value) => {
      const { queue, alter } = await openAltered();
      await alter((client, key) => client.hset(key, field, value));
      const claim = await claimRun(queue);
      expect(claim).toMatchObject({ job: { id: "altered", attempts: 1 }, number: 1 });
      expect(await claim.finish()).toBe("finished");
    });

    it.each(["queued", "claimed"])(
      "is no hindrance when it was deleted while it was %s",
      async (state) => {
        const { queue, alter } = await openAltered(SHORT_LEASE);
        if (state === "claimed") await claimRun(queue);
        await alter((client, key) => client.del(key));
        const claim = await queue.claim({ lane: "run", worker: "test@here:2", atMost: 1 });
        expect(claim.job.id).toBe("next");
        expect(await queue.find("altered")).toBeUndefined();
        expect((await queue.count()).run).toEqual({ queued: 0, claimed: 1 });
      },
    );

    it("is given again when nobody is named as its worker and its lease has run out", async () => {
      const { queue, alter } = await openAltered(SHORT_LEASE);
      await claimRun(queue);
      await alter((client, key) => client.hdel(key, "worker"));
      const jobs = [await claimRun(queue), await claimRun(queue)].map(({ job }) => job.id);
      expect(new Set(jobs)).toEqual(new Set(["altered", "next"]));
    });

    it("is cancelled all the same when its lane was deleted", async () => {
      const { queue, alter } = await openAltered();
      await alter((client, key) => client.hdel(key, "lane"));
      expect(await queue.cancel("altered")).toBe("cancelled");
      expect((await claimRun(queue)).job.id).toBe("next");
    });

    it("is no hindrance when somebody else put it there", async () => {
      const place = newPlace();
      const queue = await openHere(place);
      await queue.submit(toSpec({ id: "next" }));
      await withClient(url, (client) => client.zadd(`hex:${place.name}:queued:run`, 0, "stranger"));
      expect((await claimRun(queue)).job.id).toBe("next");
    });

    /** A queue whose first job is about to be altered, and a second one. */
    async function openAltered(options: QueueOptions = QUICK) {
      const place = newPlace();
      const queue = await openHere(place, options);
      await queue.submit(toSpec({ id: "altered", priority: 1 }));
      await queue.submit(toSpec({ id: "next" }));
      const alter = (work: (client: Redis, key: string) => Promise<unknown>) =>
        withClient(url, (client) => work(client, `hex:${place.name}:job:altered`));
      return { queue, alter };
    }
  });

  it(`tells of jobs that an older version left to BullMQ, and takes them anew, on ${name}`, async () => {
    const place = newPlace();
    const connection = { url, maxRetriesPerRequest: null };
    const older = new BullQueue("run", { connection, prefix: `hex:${place.name}` });
    await older.add("run", { submission: "s", payload: {} }, { jobId: "job-older", priority: 5 });
    await older.close();
    const queue = await openHere(place);
    const keys = `hex:${place.name}:run:* and hex:${place.name}:part:*`;
    expect(await queue.check()).toEqual([
      `The Redis server ${url} still holds jobs of an older version of hex-runtime under ${keys} (workers queue their runs again; delete these keys once no older worker runs)`,
    ]);
    // That it is unknown here has workers queue its run again.
    expect(await queue.find("older")).toBeUndefined();
    expect(await queue.submit(toSpec({ id: "older" }))).toBe("submitted");
    expect((await claimRun(queue)).job.id).toBe("older");
  });

  it(`takes jobs again after its connection broke at any place of its opening, on ${name}`, async () => {
    const openings = Array.from({ length: 16 }, async (_, pieces) => {
      const port = await startCuttingRelay(url, pieces);
      const queue = await openHere({ ...newPlace(), url: `redis://127.0.0.1:${port}` });
      const spec = toSpec();
      for (let attempt = 1; attempt <= 3; attempt++) {
        if (await submits(queue, spec.id)) return "submitted";
      }
      return `cut after ${pieces}`;
    });
    expect(new Set(await Promise.all(openings))).toEqual(new Set(["submitted"]));
  });

  describe.skipIf(root === undefined)(`the server ${name}`, () => {
    it("is told to be away by every call, and waited for by claims", async () => {
      const server = await startOwn();
      const place = { kind: "redis", url: server.url, name: "away" } as const;
      const [queue, other] = [await openHere(place), await openHere(place)];
      const waiting = claimRun(queue);
      expect(await other.check()).toEqual([]);
      await server.kill();
      for (const call of callsOf(other)) {
        await expect(call()).rejects.toMatchObject({
          code: "HEX_QUEUE_UNAVAILABLE",
          message: `Expected the Redis server ${server.url} to be reachable, got ECONNREFUSED, nothing listens there (start the server, or correct \`queue\`)`,
        });
      }
      const again = await startRedis({ root: root ?? "", port: server.port });
      onTestFinished(() => again.kill());
      const spec = toSpec();
      await expect.poll(() => submits(other, spec.id)).toBe(true);
      expect((await waiting).job.id).toBe(spec.id);
      expect((await other.count()).run).toEqual({ queued: 0, claimed: 1 });
    });

    it("may be away when the queue is opened, and is never sent what was refused", async () => {
      const server = await startOwn();
      await server.kill();
      const queue = await openHere({ kind: "redis", url: server.url, name: "later" });
      const refused = toSpec();
      await expect(queue.submit(refused)).rejects.toMatchObject({ code: "HEX_QUEUE_UNAVAILABLE" });
      const again = await startRedis({ root: root ?? "", port: server.port });
      onTestFinished(() => again.kill());
      await expect.poll(() => submits(queue, "other")).toBe(true);
      expect(await queue.find(refused.id)).toBeUndefined();
    });

    it("is told to refuse a password, which is not repeated", async () => {
      const server = await startOwn(["--requirepass", "the right secret"]);
      const place = { kind: "redis", url: server.url, name: "locked" } as const;
      const open = await openHere({ ...place, password: "the right secret" });
      expect(await open.submit(toSpec())).toBe("submitted");
      expect(open.location).toBe(server.url);
      for (const [password, got] of [
        ["a wrong secret", "WRONGPASS, the wrong password"],
        [undefined, "NOAUTH, it asks for a password"],
      ] as const) {
        const queue = await openHere({ ...place, password });
        const failure = await queue.find("one").catch((error: unknown) => error);
        expect(failure).toMatchObject({
          code: "HEX_QUEUE_UNAVAILABLE",
          message: `Expected the Redis server ${server.url} to be open to us, got ${got} (name the right secrets in \`queue.username\` and \`queue.password\`)`,
        });
        expect(tellAll(failure)).not.toContain("a wrong secret");
        // Nothing is gained by waiting for that.
        await expect(claimRun(queue)).rejects.toMatchObject({ code: "HEX_QUEUE_UNAVAILABLE" });
      }
    });

    it("is told to be full, and takes jobs again when it is not", async () => {
      const server = await startOwn(["--maxmemory", "3mb"]);
      const queue = await openHere({ kind: "redis", url: server.url, name: "full" });
      const fill = async () => {
        for (;;) await queue.submit(toSpec({ payload: "a".repeat(200_000) }));
      };
      await expect(fill()).rejects.toMatchObject({
        code: "HEX_QUEUE_UNAVAILABLE",
        message: expect.stringContaining("to be ready to keep more, got OOM, its memory is full"),
      });
      await withClient(server.url, (client) => client.config("SET", "maxmemory", "0"));
      expect(await queue.submit(toSpec())).toBe("submitted");
    });

    it("lets workers end what waits when it is full", async () => {
      const server = await startOwn();
      const queue = await openHere({ kind: "redis", url: server.url, name: "full" });
      const [first, second] = [toSpec(), toSpec()];
      await queue.submit(first);
      await queue.submit(second);
      await withClient(server.url, (client) => client.config("SET", "maxmemory", "1"));
      const claim = await claimRun(queue);
      expect(await queue.cancel(claim.job.id)).toBe("requested");
      expect(await claim.renew()).toBe("cancelled");
      expect(await claim.fail("stopped")).toBe("cancelled");
      expect(await (await claimRun(queue)).finish()).toBe("finished");
      await expect(queue.submit(toSpec())).rejects.toThrow("got OOM, its memory is full");
    });

    it("leaves jobs to their workers when it was away for longer than a lease", async () => {
      const directory = await temporaryFolder();
      const server = await startRedis({ root: root ?? "", directory });
      const place = { kind: "redis", url: server.url, name: "away" } as const;
      const [queue, other] = [await openHere(place, NEXT_LEASE), await openHere(place, NEXT_LEASE)];
      await queue.submit(toSpec());
      const claim = await claimRun(queue);
      const waiting = claimRun(other);
      await server.kill();
      await delay(NEXT_LEASE.leaseMs);
      const again = await startRedis({ root: root ?? "", directory, port: server.port });
      onTestFinished(() => again.kill());
      const next = toSpec();
      await expect.poll(() => submits(other, next.id)).toBe(true);
      expect((await waiting).job.id).toBe(next.id);
      expect(await claim.renew()).toBe("held");
      expect(await claim.finish()).toBe("finished");
    });

    it("is told to be set up so that jobs get lost", async () => {
      const server = await startOwn(["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
      const queue = await openHere({ kind: "redis", url: server.url, name: "careless" });
      const place = `The Redis server ${server.url}`;
      expect(await queue.check()).toEqual([
        `${place} throws jobs away when its memory is full (set \`maxmemory-policy noeviction\` instead of allkeys-lru)`,
        `${place} keeps jobs in memory only, so that a restart loses all that wait (set \`appendonly yes\`)`,
      ]);
    });
  });
}

describe("a server", () => {
  it("that never answers is told within seconds", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const queue = await openQueue({ kind: "redis", url: `redis://127.0.0.1:${port}`, name: "a" });
    await expect(queue.submit(toSpec())).rejects.toMatchObject({
      code: "HEX_QUEUE_UNAVAILABLE",
      message: expect.stringContaining("to be reachable, got E"),
    });
    await queue.close();
  });

  it("that is old, or saves now and then only, is told of", async () => {
    const client = {
      info: async () => "redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\naof_enabled:0\r\n",
      config: async () => ["save", "3600 1"],
    };
    expect(await checkServer(client, "redis://r:6379")).toEqual([
      "The Redis server redis://r:6379 is version 6.0.16, older than 6.2 (update it)",
      "The Redis server redis://r:6379 saves jobs now and then only, so that a crash loses the newest (set `appendonly yes`)",
    ]);
  });
});

function callsOf(queue: Queue): readonly (() => Promise<unknown>)[] {
  return [
    () => queue.submit(toSpec()),
    () => queue.find("one"),
    () => queue.cancel("one"),
    () => queue.count(),
    () => queue.check(),
  ];
}

async function submits(queue: Queue, id: string): Promise<boolean> {
  return queue.submit(toSpec({ id })).then(
    () => true,
    () => false,
  );
}

async function withClient<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** All that a failure says anywhere. */
function tellAll(failure: unknown): string {
  const { message, cause } = failure as Error;
  return `${message} ${JSON.stringify(cause)} ${(cause as Error).message} ${(cause as Error).stack}`;
}
