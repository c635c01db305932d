import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { inject } from "vitest";
import { openEmbeddedQueue } from "../../src/queue/embedded/embedded-queue.ts";
import { openRedisQueue } from "../../src/queue/redis/redis-queue.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";
import { testQueueModel } from "./queue-model.ts";

const attempts = { most: 3, backoffMs: 0 };
const leaseMs = 30_000;

testQueueModel("embedded", async () => {
  let now = 0;
  const file = join(await temporaryFolder(), "queue.db");
  const queue = await openEmbeddedQueue(file, { attempts, leaseMs, now: () => now });
  const lapse = () => {
    now += leaseMs;
  };
  return { queue, lapse };
});

for (const { name, url } of inject("redisServers")) {
  testQueueModel(name, async () => ({
    queue: await openRedisQueue({ url, name: randomUUID() }, { attempts, leaseMs }),
  }));
}
