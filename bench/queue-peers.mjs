import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Queue } from "bullmq";
import { readMark } from "./queued-project.mjs";
import { summarise } from "./summarise.mjs";
import { startWorkerProcess } from "./worker-process.mjs";

const REST_MS = 100;

/** From adding a job until the first statement of what carries it out, for others on the same Redis. */
export async function timeQueuePeers({ root, python, url, rounds }) {
  const peers = {
    "BullMQ, in the worker's own thread": () => addToBullMq(root, url, "thread"),
    "BullMQ, sandboxed processor": () => addToBullMq(root, url, "sandbox"),
    ...(python && { "Celery, prefork": () => addToCelery(root, python, url) }),
  };
  const figures = new Map();
  for (const [name, open] of Object.entries(peers)) {
    figures.set(name, await timePeer(await open(), rounds));
  }
  return figures;
}

/** The first two rounds do not count: they start processes and load code. */
async function timePeer({ add, close }, rounds) {
  const marks = await mkdtemp(join(tmpdir(), "hex-bench-"));
  try {
    const times = [];
    for (let round = -2; round < rounds; round++) {
      await wait(REST_MS);
      const askedNs = await add(join(marks, `${round}`));
      const beganNs = BigInt(await readMark(marks, `${round}`));
      if (round >= 0) times.push(Number(beganNs - askedNs) / 1e6);
    }
    return summarise(times);
  } finally {
    await close();
    await rm(marks, { recursive: true });
  }
}

/** From adding so many jobs at once until the last one has begun, in BullMQ's sandboxes. */
export async function timePeerBursts({ root, url, rounds, size }) {
  const { add, close } = await addToBullMq(root, url, "sandbox");
  const marks = await mkdtemp(join(tmpdir(), "hex-bench-"));
  try {
    const times = [];
    for (let round = -2; round < rounds; round++) {
      await wait(REST_MS);
      const beganMs = performance.now();
      const names = Array.from({ length: size }, (_, at) => `${round}-${at}`);
      await Promise.all(names.map((name) => add(join(marks, name))));
      for (const name of names) await readMark(marks, name);
      if (round >= 0) times.push(performance.now() - beganMs);
    }
    return summarise(times);
  } finally {
    await close();
    await rm(marks, { recursive: true });
  }
}

async function addToBullMq(root, url, kind) {
  const name = `bench-${kind}-${randomUUID()}`;
  const program = `${root}bench/peers/bullmq-worker.mjs`;
  const worker = await startWorkerProcess(["node", program, url, name, kind], {
    readyLine: /^ready/,
  });
  const queue = new Queue(name, { connection: { url } });
  await queue.waitUntilReady();
  const add = async (path) => {
    const askedNs = process.hrtime.bigint();
    await queue.add("job", { path });
    return askedNs;
  };
  const close = async () => {
    await worker.stop();
    await queue.close();
  };
  return { add, close };
}

/** Its client is Python, too, and runs all the time: it adds a job for each line that it is told. */
async function addToCelery(root, python, url) {
  const env = { CELERY_URL: url, PYTHONPATH: `${root}bench/peers`, PYTHONDONTWRITEBYTECODE: "1" };
  const flags = ["-A", "celery_app", "worker", "--concurrency=2", "--loglevel=INFO"];
  const worker = await startWorkerProcess(
    [python, "-m", "celery", ...flags, "--without-gossip", "--without-mingle"],
    { readyLine: /celery@.* ready/, env },
  );
  const client = await startWorkerProcess([python, `${root}bench/peers/celery_client.py`], {
    readyLine: /^ready/,
    env,
  });
  const add = async (path) => BigInt(await client.ask(path));
  const close = async () => {
    await client.stop();
    await worker.stop();
  };
  return { add, close };
}
