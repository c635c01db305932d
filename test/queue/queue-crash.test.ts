import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { expect, inject, it, onTestFinished } from "vitest";
import type { Claim, EndAnswer, Queue, QueueOptions } from "../../src/queue/queue.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { startRedis } from "../servers/redis.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";
import { type NewPlace, newFile, newNameOn, openHere, toSpec } from "./queue-place.ts";
import { buildWorker, type WorkerProcess } from "./worker-process.ts";

const KILLS = Number(process.env["HEX_TEST_KILLS"] ?? 10);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + KILLS * 5_000;
const RESTARTS = 3;
const JOBS = 100;

/** So many attempts that no job is dead for the kills alone. */
const options: QueueOptions = { leaseMs: 400, attempts: { most: KILLS + 2, backoffMs: 1 } };

testKills("embedded", newFile);
for (const { name, url, root } of inject("redisServers")) {
  testKills(name, newNameOn(url));
  if (root === undefined) it.skip("restarts of Redis: the server is not ours to kill");
  else testRestarts(name, root);
}

function testKills(name: string, newPlace: NewPlace): void {
  it(`${name}: ends every job once, while workers are killed ${KILLS} times`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    const place = await newPlace();
    const queue = await openHere(place, options);
    const start = await buildWorker(place, options);
    const ids: string[] = [];
    let isKilling = true;
    const submitting = (async () => {
      while (isKilling || ids.length < JOBS) {
        const spec = toSpec();
        await queue.submit(spec);
        ids.push(spec.id);
        // The workers are to have some work all the time, but not more.
        while ((await queue.count()).run.queued > 20) await delay(10);
      }
    })();
    const workers = await killAgainAndAgain(start, random);
    isKilling = false;
    await submitting;
    await expect
      .poll(async () => (await queue.count()).run, { timeout: TIMEOUT_MS, interval: 50 })
      .toEqual({ queued: 0, claimed: 0 });
    for (const worker of workers) worker.end();
    await Promise.all(workers.map((worker) => worker.exitCode));
    const finished = workers.flatMap((worker) => worker.told("ended", "finished"));
    expect(new Set(finished).size, `seed ${seed}`).toBe(finished.length);
    const jobs = await Promise.all(ids.map((id) => queue.find(id)));
    expect(jobs.map((job) => job?.state)).toEqual(ids.map(() => "finished"));
    const again = jobs.filter((job) => (job?.attempts ?? 0) > 1).length;
    console.log(
      `${name}, seed ${seed}: ${ids.length} jobs submitted, ${jobs.length} finished, ${finished.length} told, ${again} taken again`,
    );
    // Each kill met a worker at a moment in which it held at most one job.
    expect(finished.length).toBeGreaterThanOrEqual(ids.length - KILLS);
    expect(workers.map((worker) => worker.errors()).join("")).toBe("");
  });
}

/** Keeps three workers at work, kills one after the other, and gives all there were. */
async function killAgainAndAgain(
  start: () => WorkerProcess,
  random: () => number,
): Promise<readonly WorkerProcess[]> {
  const all = [start(), start(), start()];
  for (let kill = 0; kill < KILLS; kill++) {
    const victim = all[kill];
    await victim?.isReady;
    await delay(random() * 120);
    victim?.kill();
    all.push(start());
  }
  return all;
}

function testRestarts(name: string, root: string): void {
  it(`${name}: ends every job once, while the server is killed ${RESTARTS} times`, async () => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    const directory = await temporaryFolder();
    let server = await startRedis({ root, directory });
    onTestFinished(() => server.kill());
    const place = { kind: "redis", url: server.url, name: randomUUID() } as const;
    const queues = await Promise.all([1, 2, 3, 4].map(() => openHere(place, options)));
    const [queue, ...claimers] = queues as [Queue, ...Queue[]];
    const over = new AbortController();
    const ends: { readonly id: string; readonly answer: EndAnswer }[] = [];
    const working = claimers.map((claimer) => workUntil(over.signal, claimer, ends));
    const ids: string[] = [];
    let isKilling = true;
    const submitting = (async () => {
      while (isKilling || ids.length < JOBS) ids.push(await submitSurely(queue));
    })();
    for (let restart = 0; restart < RESTARTS; restart++) {
      await delay(300 + random() * 700);
      await server.kill();
      server = await startRedis({ root, directory, port: server.port });
    }
    isKilling = false;
    await submitting;
    await expect
      .poll(async () => (await queue.count()).run, { timeout: TIMEOUT_MS, interval: 50 })
      .toEqual({ queued: 0, claimed: 0 });
    over.abort();
    await Promise.all(working);
    const jobs = await Promise.all(ids.map((id) => queue.find(id)));
    expect(
      jobs.map((job) => job?.state),
      `seed ${seed}`,
    ).toEqual(ids.map(() => "finished"));
    const finished = ends.flatMap(({ id, answer }) => (answer === "finished" ? [id] : []));
    expect(finished.toSorted(), `seed ${seed}`).toEqual(ids.toSorted());
    const lost = ends.filter(({ answer }) => answer === "lost").length;
    console.log(
      `${name}, seed ${seed}: ${RESTARTS} kills, ${ids.length} jobs submitted, ${finished.length} finished, ${lost} lost`,
    );
  });
}

/** Submits a job again and again until it is known to be there. */
async function submitSurely(queue: Queue): Promise<string> {
  const spec = toSpec();
  await insist(() => queue.submit(spec));
  return spec.id;
}

async function workUntil(
  signal: AbortSignal,
  queue: Queue,
  ends: { readonly id: string; readonly answer: EndAnswer }[],
): Promise<void> {
  while (!signal.aborted) {
    const claim = await queue.claim({ lane: "run", worker: "here", signal }).catch(unlessAborted);
    if (claim === undefined) return;
    ends.push({ id: claim.job.id, answer: await insist(() => claim.finish()) });
  }
}

function unlessAborted(error: unknown): Claim | undefined {
  if (error instanceof Error && error.name === "AbortError") return undefined;
  throw error;
}

/** Tries until the server is there. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      expect(error).toMatchObject({ code: "HEX_QUEUE_UNAVAILABLE" });
      await delay(20);
    }
  }
}
