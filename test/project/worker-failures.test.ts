import { expect, it } from "vitest";
import { listVersions } from "../../src/store/versions.ts";
import { workerProject } from "./worker-project.ts";

it("fails a run whose cell throws, at once and for good, with the place in its source", async () => {
  const { submit, untilEnded, workHere, runs } = await workerProject();
  workHere();
  const record = await untilEnded(await submit("throw"));
  expect(record).toMatchObject({
    state: "failed",
    version: null,
    error: { code: "HEX_CELL_FAILED" },
  });
  expect(record.error?.message).toMatch(/02-work\.ts:13:\d+\).*unlucky/);
  expect(record.attempts).toHaveLength(1);
  expect(record.cells).toMatchObject([{ name: "act" }, { name: "work", status: "failed" }]);
  await expect.poll(async () => (await runs.queue.find(record.runId))?.state).toBe("finished");
});

it.each([
  ["exit", {}, /exit code 7/],
  ["abort", {}, /SIGABRT/],
  ["fill", { memory: "256MB" }, /below 256 MiB/],
])(
  "tries a run three times whose process ends by %s, and tells each cause",
  async (act, limits, cause) => {
    const { submit, untilEnded, workHere } = await workerProject({ config: { runs: limits } });
    workHere();
    const [bad, good] = [await submit(act), await submit("publish")];
    const record = await untilEnded(bad);
    expect(record.error?.message).toMatch(/; it was tried 3 times$/);
    expect(record).toMatchObject({ state: "failed", error: { code: "HEX_RUN_CRASHED" } });
    expect(record.error?.message).toMatch(/; it was tried 3 times$/);
    expect(record.attempts.map((attempt) => attempt.cause)).toEqual([
      expect.stringMatching(cause),
      expect.stringMatching(cause),
      expect.stringMatching(cause),
    ]);
    expect(await untilEnded(good)).toMatchObject({ state: "completed", isPublisher: true });
  },
);

it("ends a run that goes on past its deadline, and does not try it again; others go on", async () => {
  const { submit, untilEnded, untilRun, workHere, runs } = await workerProject({
    config: { runs: { deadline: "4s" } },
  });
  workHere();
  const endless = await submit("spin");
  await untilRun(endless, ({ state }) => state === "running");
  // It waits for the lease that the endless one holds, and gets it once that is gone.
  const other = await submit("publish");
  const record = await untilEnded(endless);
  expect(record).toMatchObject({ state: "failed", error: { code: "HEX_RUN_TIMEOUT" } });
  expect(record.attempts).toHaveLength(1);
  expect(["completed", "failed"]).toContain((await untilEnded(other)).state);
  const next = await untilEnded(await submit("publish:2"));
  expect(next).toMatchObject({ state: "completed", isPublisher: true });
  expect((await listVersions(runs.store)).every(({ inputs }) => inputs["act"] !== "spin")).toBe(
    true,
  );
});
