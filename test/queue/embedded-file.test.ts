import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type EmbeddedQueueOptions,
  openEmbeddedQueue,
} from "../../src/queue/embedded/embedded-queue.ts";
import { openSqlite } from "../../src/queue/embedded/sqlite.ts";
import type { Queue } from "../../src/queue/queue.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";
import { claimRun, QUICK, toSpec } from "./queue-place.ts";
import { startWorker } from "./worker-process.ts";

const canMount = process.platform === "linux" && process.getuid?.() === 0;

async function newFile(): Promise<string> {
  return join(await temporaryFolder(), "queue.db");
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args);
}

async function open(file: string, options: EmbeddedQueueOptions = QUICK): Promise<Queue> {
  const queue = await openEmbeddedQueue(file, options);
  onTestFinished(() => queue.close());
  return queue;
}

async function edit(file: string, sql: string): Promise<void> {
  const database = await openSqlite(file);
  database.execute(sql);
  database.close();
}

describe("the file of a queue", () => {
  it("is made with its folders, also by many at once", async () => {
    const file = join(await temporaryFolder(), "a/b/queue.db");
    const queues = await Promise.all(Array.from({ length: 8 }, () => open(file)));
    await queues[0]?.submit(toSpec({ id: "one" }));
    expect((await queues[7]?.find("one"))?.state).toBe("queued");
  });

  it("keeps its jobs when all processes have gone", async () => {
    const file = await newFile();
    const before = await open(file);
    await before.submit(toSpec({ id: "one" }));
    await claimRun(before);
    await before.close();
    const after = await open(file);
    expect(await after.find("one")).toMatchObject({ state: "claimed", attempts: 1 });
    expect(after.location).toBe(file);
  });

  it("gives a job again at once when the process that has it is proven to be gone", async () => {
    const file = await newFile();
    const [dying, other] = [
      await open(file, { ...QUICK, process: "gone" }),
      await open(file, { ...QUICK, process: "here", isGone: (process) => process === "gone" }),
    ];
    await dying.submit(toSpec({ id: "one" }));
    const claim = await claimRun(dying);
    const again = await claimRun(other);
    expect(again.job).toMatchObject({ id: "one", attempts: 2 });
    expect((await other.find("one"))?.cause).toMatch(
      /^The process .* is gone: it crashed or was killed$/,
    );
    expect([await claim.renew(), await claim.finish()]).toEqual(["lost", "lost"]);
    expect(await again.finish()).toBe("finished");
  });

  it("takes no claim for that of a dead process which an older build has made after it", async () => {
    const file = await newFile();
    const dying = await open(file, { ...QUICK, process: "gone" });
    await dying.submit(toSpec({ id: "one" }));
    await (await claimRun(dying)).handBack();
    await edit(file, "UPDATE jobs SET state = 'claimed', claims = claims + 1, lease_until = 9e15");
    const other = await open(file, { ...QUICK, isGone: () => true });
    const waiting = new AbortController();
    const claiming = other.claim({ lane: "run", worker: "w@here:2", signal: waiting.signal });
    await other.submit(toSpec({ id: "two" }));
    expect((await claiming).job.id).toBe("two");
    expect((await other.find("one"))?.state).toBe("claimed");
  });

  it("goes on with a file of before processes were noted", async () => {
    const file = await newFile();
    const before = await open(file);
    await before.submit(toSpec({ id: "one" }));
    await before.close();
    await edit(file, "ALTER TABLE jobs DROP COLUMN process");
    const after = await open(file);
    expect((await claimRun(after)).job.id).toBe("one");
  });

  it("is followed by all who have it open when it is removed, and their claims are lost", async () => {
    const file = await newFile();
    const [worker, other] = [await open(file), await open(file)];
    await worker.submit(toSpec({ id: "one" }));
    const claim = await claimRun(worker);
    for (const ending of ["", "-wal", "-shm"]) await rm(`${file}${ending}`, { force: true });
    expect(await other.submit(toSpec({ id: "one" }))).toBe("submitted");
    expect((await claimRun(other)).number).toBe(claim.number);
    expect([await claim.renew(), await claim.finish()]).toEqual(["lost", "lost"]);
    await other.submit(toSpec({ id: "two" }));
    expect((await claimRun(worker)).job.id).toBe("two");
  });

  it("is refused when a newer version wrote it", async () => {
    const file = await newFile();
    await (await open(file)).close();
    await edit(file, "PRAGMA user_version = 2");
    await expect(open(file)).rejects.toMatchObject({
      code: "HEX_QUEUE_UNAVAILABLE",
      message:
        `Expected the queue ${file} to be a queue of format 1, got format 2 ` +
        "(a newer version of hex-runtime wrote it: update this one, or let the queue be elsewhere)",
    });
  });

  it("is refused when it is the database of another program, and stays as it was", async () => {
    const file = await newFile();
    await edit(file, "CREATE TABLE planets (name TEXT)");
    await expect(open(file)).rejects.toMatchObject({
      code: "HEX_QUEUE_UNAVAILABLE",
      message: expect.stringContaining("to be a queue, got the database of another program"),
    });
    await edit(file, "INSERT INTO planets VALUES ('Earth')");
  });

  it.each([
    [
      "is no database",
      (file: string) => writeFile(file, "name,mass\n".repeat(500)),
      "SQLITE_NOTADB",
    ],
    ["is a folder", (file: string) => mkdir(file), "SQLITE_CANTOPEN"],
  ])("is refused when it %s", async (_, make, code) => {
    const file = await newFile();
    await make(file);
    await expect(open(file)).rejects.toMatchObject({
      code: "HEX_QUEUE_UNAVAILABLE",
      message: expect.stringMatching(
        new RegExp(`^Expected the queue ${file} .* got ${code}, .*\\)$`),
      ),
    });
  });

  it("is refused below a file", async () => {
    const folder = await newFile();
    await writeFile(folder, "");
    await expect(open(join(folder, "queue.db"))).rejects.toMatchObject({
      code: "HEX_QUEUE_UNAVAILABLE",
      message: expect.stringMatching(/to be in a folder, got (ENOTDIR|EEXIST), a file in its path/),
    });
  });

  it.skipIf(!canMount)(
    "tells that its disk is full, and goes on when that has passed (only root can make such a disk)",
    async () => {
      const disk = await temporaryFolder();
      run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk);
      try {
        const queue = await openEmbeddedQueue(join(disk, "queue.db"), QUICK);
        const submit = () => queue.submit(toSpec({ payload: "a".repeat(50_000) }));
        const fill = async () => {
          for (;;) await submit();
        };
        await expect(fill()).rejects.toMatchObject({
          code: "HEX_QUEUE_UNAVAILABLE",
          message: expect.stringMatching(/got SQLITE_(FULL, a full disk|IOERR)/),
        });
        const { queued } = (await queue.count()).run;
        run("mount", "-o", "remount,size=4m", disk);
        expect(await submit()).toBe("submitted");
        expect((await queue.count()).run.queued).toBe(queued + 1);
        await queue.close();
      } finally {
        run("umount", "-l", disk);
      }
    },
  );

  it.skipIf(!canMount)(
    "is refused on a disk that is read-only (only root can make such a disk)",
    async () => {
      const file = await newFile();
      // A process that had it open may have kept what it can write through.
      const worker = await startWorker({ kind: "embedded", file }, QUICK);
      worker.end();
      expect(await worker.exitCode).toBe(0);
      const disk = await temporaryFolder();
      run("mount", "--bind", dirname(file), disk);
      try {
        run("mount", "-o", "remount,ro,bind", disk);
        await expect(openEmbeddedQueue(join(disk, "queue.db"))).rejects.toMatchObject({
          code: "HEX_QUEUE_UNAVAILABLE",
          message: expect.stringMatching(/got SQLITE_(READONLY|CANTOPEN), .* writable/),
        });
      } finally {
        run("umount", "-l", disk);
      }
    },
  );

  it("leads to a dead job where its payload was altered, and goes on with the next", async () => {
    const file = await newFile();
    const queue = await open(file);
    await queue.submit(toSpec({ id: "altered" }));
    await queue.submit(toSpec({ id: "next" }));
    await edit(file, `UPDATE jobs SET payload = '{"broken' WHERE id = 'altered'`);
    expect((await claimRun(queue)).job.id).toBe("next");
    expect(await queue.find("altered")).toMatchObject({
      state: "dead",
      payload: undefined,
      cause: "What the queue keeps of the job was altered and is no job any more",
    });
  });

  it("forgets jobs that ended a day ago, and no others", async () => {
    const hour = 60 * 60_000;
    let now = 0;
    const queue = await open(await newFile(), { ...QUICK, now: () => now });
    for (const id of ["ended", "waits"]) await queue.submit(toSpec({ id }));
    await (await claimRun(queue)).finish();
    now = 23 * hour;
    expect(await queue.submit(toSpec({ id: "ended" }))).toBe("known");
    now = 25 * hour;
    expect(await queue.submit(toSpec({ id: "later" }))).toBe("submitted");
    expect(await queue.find("ended")).toBeUndefined();
    expect((await queue.count()).run.queued).toBe(2);
  });
});

describe("the clock of a queue", () => {
  const leaseMs = 30_000;

  /** Two processes whose machine's clock can be set, while their own clocks go on. */
  async function openTwo() {
    const time = { now: 1_000_000, monotonic: 0 };
    const file = await newFile();
    const options = { ...QUICK, leaseMs, now: () => time.now, monotonic: () => time.monotonic };
    const pass = (ms: number) => {
      time.now += ms;
      time.monotonic += ms;
    };
    return { time, pass, holder: await open(file, options), other: await open(file, options) };
  }

  it("takes no lease for lost at once when it was set forward", async () => {
    const { time, pass, holder, other } = await openTwo();
    await holder.submit(toSpec({ id: "one" }));
    const claim = await claimRun(holder);
    const waiting = claimRun(other);
    await lookOnce(other, "after the start");
    time.now += 3_600_000;
    await lookOnce(other, "after the jump");
    expect(await claim.renew()).toBe("held");
    pass(leaseMs - 1);
    await lookOnce(other, "while the renewed lease runs");
    expect(await claim.renew()).toBe("held");
    pass(leaseMs);
    expect((await waiting).job).toMatchObject({ id: "one", attempts: 2 });
    expect(await claim.finish()).toBe("lost");
  });

  it("gives a job again after one lease when it was set back by hours", async () => {
    const { time, pass, holder, other } = await openTwo();
    await holder.submit(toSpec({ id: "one" }));
    await claimRun(holder);
    const waiting = claimRun(other);
    time.now -= 7_200_000;
    pass(leaseMs);
    await lookOnce(other, "once it trusts the clock again");
    pass(leaseMs);
    expect((await waiting).job).toMatchObject({ id: "one", attempts: 2 });
  });

  it("goes on with the pause of a job that failed when it was set back by hours", async () => {
    const { time, holder } = await openTwo();
    await holder.submit(toSpec({ id: "one" }));
    await (await claimRun(holder)).fail("no luck");
    time.now -= 7_200_000;
    expect((await claimRun(holder)).job).toMatchObject({ id: "one", attempts: 2 });
  });

  /** Returns when a waiting claim of the queue has surely looked, since a claim looks at each change. */
  async function lookOnce(queue: Queue, id: string): Promise<void> {
    const name = id.replaceAll(" ", "-");
    await queue.submit(toSpec({ id: name, lane: "part" }));
    await (await queue.claim({ lane: "part", worker: "looker" })).finish();
  }
});
