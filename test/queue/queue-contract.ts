import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Claim, Queue } from "../../src/queue/queue.ts";
import {
  claimRun,
  NEXT_LEASE,
  type NewPlace,
  openHere,
  QUICK,
  RENEWED_LEASE,
  SHORT_LEASE,
  toSpec,
} from "./queue-place.ts";
import { startWorker } from "./worker-process.ts";

/** The behaviour that every queue shares; `newPlace` gives an empty one. */
export function testQueue(name: string, newPlace: NewPlace): void {
  describe(`queue contract: ${name}`, () => {
    testSubmit(newPlace);
    testTurns(newPlace);
    testLeases(newPlace);
    testEnds(newPlace);
    testCancel(newPlace);
    testWaits(newPlace);
    testProcesses(newPlace);
  });
}

function testSubmit(newPlace: NewPlace): void {
  it("shows a job to everybody once it is submitted, also when the submitter has gone", async () => {
    const place = await newPlace();
    const spec = toSpec({ payload: { text: "ü \u0000 \ud800", list: [1, null, { a: true }] } });
    const submitter = await openHere(place);
    expect(await submitter.submit(spec)).toBe("submitted");
    await submitter.close();
    expect(await (await openHere(place)).find(spec.id)).toEqual({
      ...spec,
      state: "queued",
      attempts: 0,
      worker: undefined,
      isCancelRequested: false,
      progress: undefined,
      cause: undefined,
    });
  });

  it("keeps the first job of an id, whatever state it is in", async () => {
    const queue = await openHere(await newPlace());
    const first = toSpec({ payload: "first" });
    const again = () => queue.submit({ ...first, payload: "second", priority: 1 });
    await queue.submit(first);
    expect(await again()).toBe("known");
    expect(await queue.submit({ ...first, lane: "part" })).toBe("known");
    const claim = await claimRun(queue);
    expect(await again()).toBe("known");
    await claim.finish();
    expect(await again()).toBe("known");
    expect(await queue.find(first.id)).toMatchObject({ payload: "first", state: "finished" });
  });

  it("says to one of many who submit the same id at once that it was the first", async () => {
    const place = await newPlace();
    const queues = await Promise.all([openHere(place), openHere(place)]);
    const id = "the-same";
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        queues[index % 2]?.submit(toSpec({ id, payload: index })),
      ),
    );
    expect(answers.filter((answer) => answer === "submitted")).toHaveLength(1);
    const answered = answers.indexOf("submitted");
    expect((await queues[0]?.find(id))?.payload).toBe(answered);
  });

  it("takes ids that a server may use for itself", async () => {
    const queue = await openHere(await newPlace());
    for (const id of ["wait", "active", "meta", "id", "7", "constructor", "__proto__"]) {
      expect(await queue.submit(toSpec({ id }))).toBe("submitted");
      expect((await queue.find(id))?.id).toBe(id);
    }
    expect((await queue.count()).run).toEqual({ queued: 7, claimed: 0 });
  });

  it.each([
    ["an empty id", { id: "" }, "the id of a job"],
    ["an id with a slash", { id: "a/b" }, "the id of a job"],
    ["an id of 65 letters", { id: "a".repeat(65) }, "the id of a job"],
    ["a lane of its own", { lane: "fast" as "run" }, "one of run, part"],
    ["priority 0", { priority: 0 }, "a whole number from 1 to 10"],
    ["priority 1.5", { priority: 1.5 }, "a whole number from 1 to 10"],
    [
      "a payload above 256 KiB",
      { payload: "ü".repeat(131_072) },
      "at most 256 KiB of JSON, got 257",
    ],
    ["a date in the payload", { payload: { at: new Date(0) } }, "got an object of class Date"],
    ["NaN in the payload", { payload: [Number.NaN] }, "plain JSON, got NaN"],
    ["a function as payload", { payload: () => 1 }, "plain JSON, got a function"],
    ["no payload", { payload: undefined }, "plain JSON, got undefined"],
  ])("refuses %s", async (_, wrong, message) => {
    const queue = await openHere(await newPlace());
    await expect(queue.submit(toSpec(wrong))).rejects.toMatchObject({
      code: "HEX_JOB_INVALID",
      message: expect.stringContaining(message),
    });
    expect((await queue.count()).run.queued).toBe(0);
  });

  it("carries a payload of 256 KiB", async () => {
    const queue = await openHere(await newPlace());
    const payload = "ü".repeat(131_071);
    await queue.submit(toSpec({ payload }));
    expect((await claimRun(queue)).job.payload).toBe(payload);
  });
}

function testTurns(newPlace: NewPlace): void {
  it("gives jobs by priority, and equal ones in the order of their submission", async () => {
    const queue = await openHere(await newPlace());
    for (const [id, priority] of Object.entries({ c: 5, e: 10, d: 5, a: 1, b: 2 })) {
      await queue.submit(toSpec({ id, priority }));
    }
    const taken: string[] = [];
    while (taken.length < 5) taken.push((await claimRun(queue)).job.id);
    expect(taken).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("gives each of many claimers another job", async () => {
    const place = await newPlace();
    const queues = await Promise.all([openHere(place), openHere(place), openHere(place)]);
    const claims = queues.flatMap((queue) => Array.from({ length: 7 }, () => claimRun(queue)));
    const specs = claims.map(() => toSpec());
    for (const spec of specs) await queues[0]?.submit(spec);
    const ids = (await Promise.all(claims)).map(({ job }) => job.id);
    expect(ids.toSorted()).toEqual(specs.map(({ id }) => id).toSorted());
    expect((await queues[0]?.count())?.run).toEqual({ queued: 0, claimed: 21 });
  });

  it("lets a lane go on while another one is full", async () => {
    const queue = await openHere(await newPlace());
    for (const id of ["run-1", "run-2"]) await queue.submit(toSpec({ id }));
    await queue.submit(toSpec({ id: "part-1", lane: "part" }));
    await queue.claim({ lane: "run", worker: "a", atMost: 1 });
    const part = await queue.claim({ lane: "part", worker: "a", atMost: 1 });
    expect(part.job).toMatchObject({ id: "part-1", lane: "part", worker: "a", attempts: 1 });
    expect(await queue.count()).toEqual({
      run: { queued: 1, claimed: 1 },
      part: { queued: 0, claimed: 1 },
    });
  });

  it("never lets more jobs be claimed than told, by all handles together", async () => {
    const place = await newPlace();
    const queues = await Promise.all([openHere(place), openHere(place)]);
    for (let job = 0; job < 12; job++) await queues[0]?.submit(toSpec());
    let [held, mostHeld] = [0, 0];
    const work = async (queue: Queue) => {
      for (let done = 0; done < 3; done++) {
        const claim = await queue.claim({ lane: "run", worker: "a", atMost: 2 });
        held += 1;
        mostHeld = Math.max(mostHeld, held);
        // Long enough for the others to have tried.
        await delay(5);
        held -= 1;
        await claim.finish();
      }
    };
    await Promise.all([...queues, ...queues].map(work));
    expect(mostHeld).toBeLessThanOrEqual(2);
    expect((await queues[0]?.count())?.run).toEqual({ queued: 0, claimed: 0 });
  });
}

function testLeases(newPlace: NewPlace): void {
  it("leaves a job to the worker that renews its lease", async () => {
    const place = await newPlace();
    const [queue, other] = [
      await openHere(place, RENEWED_LEASE),
      await openHere(place, RENEWED_LEASE),
    ];
    await queue.submit(toSpec());
    const claim = await claimRun(queue);
    const renewing = setInterval(() => void claim.renew(), RENEWED_LEASE.leaseMs / 12);
    const signal = AbortSignal.timeout(RENEWED_LEASE.leaseMs * 2);
    const waiting = other.claim({ lane: "run", worker: "b", signal });
    await expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });
    clearInterval(renewing);
    expect(await claim.renew()).toBe("held");
    expect(await claim.finish()).toBe("finished");
  });

  it("gives a job again when its lease has run out, and nothing of its first worker counts", async () => {
    const place = await newPlace();
    const [queue, other] = [await openHere(place, SHORT_LEASE), await openHere(place, NEXT_LEASE)];
    const spec = toSpec();
    await queue.submit(spec);
    const lost = await claimRun(queue, "dead@here:1");
    const next = await claimRun(other, "next@here:2");
    expect(next.job).toMatchObject({ id: spec.id, attempts: 2, worker: "next@here:2" });
    expect(next.number).toBeGreaterThan(lost.number);
    await next.progress("next");
    await lost.progress("lost");
    expect(await lost.renew()).toBe("lost");
    expect(await lost.fail("too late")).toBe("lost");
    expect(await lost.handBack()).toBe("lost");
    expect(await lost.finish()).toBe("lost");
    expect(await queue.find(spec.id)).toMatchObject({ state: "claimed", progress: "next" });
    expect(await next.finish()).toBe("finished");
  });

  it("takes a job for dead when the lease of its last attempt has run out", async () => {
    const place = await newPlace();
    const queue = await openHere(place, { ...SHORT_LEASE, attempts: { most: 2, backoffMs: 1 } });
    const spec = toSpec();
    await queue.submit(spec);
    await claimRun(queue, "one@here:1");
    await claimRun(queue, "two@here:2");
    const end = new AbortController();
    const waiting = queue.claim({ lane: "run", worker: "three@here:3", signal: end.signal });
    await expect.poll(() => stateOf(queue, spec.id)).toBe("dead");
    end.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    expect(await queue.find(spec.id)).toMatchObject({
      attempts: 2,
      worker: "two@here:2",
      cause: "The lease of two@here:2 ran out: it ended, hung or lost its connection",
    });
  });
}

function testEnds(newPlace: NewPlace): void {
  it("repeats a job that failed after a pause, and takes it for dead after the third time", async () => {
    const queue = await openHere(await newPlace(), {
      ...QUICK,
      attempts: { most: 3, backoffMs: 100 },
    });
    const spec = toSpec();
    await queue.submit(spec);
    const pauses: number[] = [];
    for (const attempts of [1, 2]) {
      const claim = await claimRun(queue);
      expect(claim.job.attempts).toBe(attempts);
      const failedAt = performance.now();
      expect(await claim.fail(`cause ${attempts}`)).toBe("queued");
      expect(await queue.find(spec.id)).toMatchObject({
        state: "queued",
        attempts,
        cause: `cause ${attempts}`,
      });
      await (await claimRun(queue)).handBack();
      pauses.push(performance.now() - failedAt);
    }
    expect(await (await claimRun(queue)).fail("cause 3")).toBe("dead");
    expect(await queue.find(spec.id)).toMatchObject({
      state: "dead",
      attempts: 3,
      cause: "cause 3",
    });
    // Timers may be early by a millisecond.
    expect(pauses[0]).toBeGreaterThanOrEqual(98);
    expect(pauses[1]).toBeGreaterThanOrEqual(198);
  });

  it("counts no attempt for a job that is handed back, and numbers the next claim anew", async () => {
    const queue = await openHere(await newPlace());
    const spec = toSpec();
    await queue.submit(spec);
    const numbers: number[] = [];
    for (let times = 0; times < 5; times++) {
      const claim = await claimRun(queue);
      numbers.push(claim.number);
      expect(claim.job.attempts).toBe(1);
      expect(await claim.handBack()).toBe("queued");
      expect(await queue.find(spec.id)).toMatchObject({ state: "queued", attempts: 0 });
    }
    expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
  });

  it("shows what the attempt that goes told last", async () => {
    const queue = await openHere(await newPlace());
    const spec = toSpec();
    await queue.submit(spec);
    const claim = await claimRun(queue);
    await claim.progress({ part: 0.1 });
    await claim.progress({ part: 0.5, text: "half" });
    expect((await queue.find(spec.id))?.progress).toEqual({ part: 0.5, text: "half" });
    await claim.fail("no luck");
    expect((await claimRun(queue)).job.progress).toBeUndefined();
    expect((await queue.find(spec.id))?.progress).toBeUndefined();
  });

  it("refuses more than 64 KiB of progress, and keeps the claim", async () => {
    const queue = await openHere(await newPlace());
    await queue.submit(toSpec());
    const claim = await claimRun(queue);
    await expect(claim.progress("a".repeat(65_536))).rejects.toMatchObject({
      code: "HEX_JOB_INVALID",
    });
    await claim.progress("a".repeat(65_534));
    expect(await claim.finish()).toBe("finished");
  });

  it("answers lost to a claim that has ended", async () => {
    const queue = await openHere(await newPlace());
    const ends: readonly ((claim: Claim) => Promise<unknown>)[] = [
      (claim) => claim.finish(),
      (claim) => claim.fail("no luck"),
      (claim) => claim.handBack(),
    ];
    for (const end of ends) {
      await queue.submit(toSpec());
      const claim = await claimRun(queue);
      await end(claim);
      expect(await claim.renew()).toBe("lost");
      expect(await claim.finish()).toBe("lost");
      expect(await claim.fail("again")).toBe("lost");
    }
  });
}

function testCancel(newPlace: NewPlace): void {
  it("takes back a job that waits, for ever", async () => {
    const queue = await openHere(await newPlace());
    const [cancelled, next] = [toSpec({ priority: 1 }), toSpec()];
    await queue.submit(cancelled);
    await queue.submit(next);
    expect(await queue.cancel(cancelled.id)).toBe("cancelled");
    expect(await queue.cancel(cancelled.id)).toBe("ended");
    expect(await queue.submit(cancelled)).toBe("known");
    expect((await queue.count()).run.queued).toBe(1);
    expect((await claimRun(queue)).job.id).toBe(next.id);
    expect(await queue.find(cancelled.id)).toMatchObject({
      ...cancelled,
      state: "cancelled",
      attempts: 0,
      isCancelRequested: true,
    });
  });

  it.each([
    ["finished", (claim: Claim) => claim.finish()],
    ["failed", (claim: Claim) => claim.fail("stopped")],
    ["been handed back", (claim: Claim) => claim.handBack()],
  ])("tells a worker to stop, whose job is cancelled once it has %s", async (_, end) => {
    const place = await newPlace();
    const [queue, other] = [await openHere(place), await openHere(place)];
    const spec = toSpec();
    await queue.submit(spec);
    const claim = await claimRun(queue);
    const asked = new Promise((resolve) => claim.asked.addEventListener("abort", resolve));
    expect(await other.cancel(spec.id)).toBe("requested");
    // Without looking: its worker hears of it.
    await asked;
    expect(await other.cancel(spec.id)).toBe("requested");
    expect(await claim.renew()).toBe("cancelled");
    expect(await other.find(spec.id)).toMatchObject({ state: "claimed", isCancelRequested: true });
    expect(await end(claim)).toBe("cancelled");
    expect(await other.find(spec.id)).toMatchObject({ state: "cancelled" });
    expect(await other.cancel(spec.id)).toBe("ended");
    expect(await other.submit(spec)).toBe("known");
  });

  it("never gives a cancelled job again when its worker has gone", async () => {
    const queue = await openHere(await newPlace(), SHORT_LEASE);
    const [gone, next] = [toSpec(), toSpec()];
    await queue.submit(gone);
    await claimRun(queue);
    expect(await queue.cancel(gone.id)).toBe("requested");
    const waiting = claimRun(queue);
    await expect.poll(() => stateOf(queue, gone.id)).toBe("cancelled");
    await queue.submit(next);
    expect((await waiting).job.id).toBe(next.id);
  });

  it("never gives a job to a worker once it said that it was taken back", async () => {
    const place = await newPlace();
    const [queue, other] = [await openHere(place), await openHere(place)];
    const answers: string[] = [];
    for (let round = 0; round < 48; round++) {
      answers.push(await cancelWhileClaimed(queue, other, round % 8));
    }
    const times = (answer: string) => answers.filter((one) => one === answer).length;
    console.log(`taken back ${times("cancelled")}, requested ${times("requested")}`);
    expect(times("cancelled") + times("requested")).toBe(48);
  });

  it("tells of a job that has ended, and of none", async () => {
    const queue = await openHere(await newPlace());
    const spec = toSpec();
    await queue.submit(spec);
    await (await claimRun(queue)).finish();
    expect(await queue.cancel(spec.id)).toBe("ended");
    expect(await queue.find(spec.id)).toMatchObject({
      state: "finished",
      isCancelRequested: false,
    });
    expect(await queue.cancel("never-was")).toBe("unknown");
    expect(await queue.find("never-was")).toBeUndefined();
  });
}

function testWaits(newPlace: NewPlace): void {
  it("ends a wait by its signal, with the signal's reason", async () => {
    const queue = await openHere(await newPlace());
    const reason = new Error("enough");
    const end = new AbortController();
    const waiting = queue.claim({ lane: "run", worker: "a", signal: end.signal });
    end.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const signal = AbortSignal.abort(reason);
    await expect(queue.claim({ lane: "run", worker: "a", signal })).rejects.toBe(reason);
    await expect(queue.submit(toSpec(), { signal })).rejects.toBe(reason);
    expect((await queue.count()).run).toEqual({ queued: 0, claimed: 0 });
  });

  it("ends all waits when it is closed, and every call after", async () => {
    const queue = await openHere(await newPlace());
    const spec = toSpec();
    await queue.submit(spec);
    const claim = await claimRun(queue);
    const waiting = claimRun(queue);
    await Promise.all([queue.close(), expectClosed(waiting)]);
    await queue.close();
    await expectClosed(queue.submit(spec));
    await expectClosed(claimRun(queue));
    await expectClosed(queue.find(spec.id));
    await expectClosed(claim.renew());
  });

  it("finds nothing to tell of a server or file that is set up well", async () => {
    expect(await (await openHere(await newPlace())).check()).toEqual([]);
  });
}

function testProcesses(newPlace: NewPlace): void {
  it("gives 120 jobs to 3 processes, each to one of them, and lets them end", async () => {
    const place = await newPlace();
    const queue = await openHere(place);
    const workers = await Promise.all([1, 2, 3].map(() => startWorker(place, QUICK)));
    await Promise.all(workers.map((worker) => worker.isReady));
    const specs = Array.from({ length: 120 }, () => toSpec());
    for (const spec of specs) await queue.submit(spec);
    await expect
      .poll(async () => (await queue.count()).run, { timeout: 120_000, interval: 50 })
      .toEqual({ queued: 0, claimed: 0 });
    for (const worker of workers) worker.end();
    const codes = await Promise.all(workers.map((worker) => worker.exitCode));
    expect(codes, workers.map((worker) => worker.errors()).join("")).toEqual([0, 0, 0]);
    const taken = workers.flatMap((worker) => worker.told("took"));
    expect(taken.toSorted()).toEqual(specs.map(({ id }) => id).toSorted());
    console.log(`3 processes: ${workers.map((worker) => worker.told("took").length).join(" + ")}`);
  });
}

/** Lets a claim and a cancellation meet, one of them a few turns later. */
async function cancelWhileClaimed(queue: Queue, other: Queue, round: number): Promise<string> {
  const spec = toSpec();
  const over = new AbortController();
  const claim = () => queue.claim({ lane: "run", worker: "a", signal: over.signal });
  await queue.submit(spec);
  const early = round % 2 === 0 ? claim() : undefined;
  const cancelling = other.cancel(spec.id);
  for (let turn = 0; turn < Math.floor(round / 2); turn++) await queue.count();
  const claiming = (early ?? claim()).catch(() => undefined);
  const answer = await cancelling;
  // What was not taken back is given out, and so ends the wait.
  if (answer === "cancelled") over.abort();
  const claimed = await claiming;
  expect(claimed?.job.id).toBe(answer === "cancelled" ? undefined : spec.id);
  await claimed?.finish();
  expect(await stateOf(queue, spec.id)).toBe("cancelled");
  return answer;
}

async function expectClosed(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toMatchObject({
    code: "HEX_QUEUE_UNAVAILABLE",
    message: expect.stringContaining("got one that this process has closed"),
  });
}

async function stateOf(queue: Queue, id: string): Promise<string | undefined> {
  return (await queue.find(id))?.state;
}
