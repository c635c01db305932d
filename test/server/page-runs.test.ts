import { expect, test } from "vitest";
import type { RunList, ScheduleList, ShownRun } from "../../src/page/history-state.ts";
import type { RunRecord } from "../../src/run/history/run-record.ts";
import { identifyProcess } from "../../src/store/holder.ts";
import { openRunKey } from "../../src/store/key.ts";
import { submitRun } from "../../src/work/submit-run.ts";
import { runWorker } from "../../src/work/worker.ts";
import { queuedRun, toCompleted, toRunning } from "../run/history/records.ts";
import { until } from "../work/project-processes.ts";
import { CANARY, type ServedProject, serveProject, shareProject } from "./served-project.ts";

const UNKNOWN = "01900000-0000-7000-8000-000000000000";
const at = "2026-03-04T12:00:00.000Z";

/** Carries out what waits, until all runs that are named have ended. */
async function carryOut({ runs }: ServedProject, runIds: readonly string[]): Promise<void> {
  const stop = new AbortController();
  const work = runWorker(runs, { signal: stop.signal, drainMs: 10_000, onEvent: () => undefined });
  try {
    for (const runId of runIds) {
      await until(`run ${runId} to end`, async () => {
        const record = await runs.history.read(runId);
        return record?.endedAt !== null;
      });
    }
  } finally {
    stop.abort(new Error("the test is over"));
    await work;
  }
}

/** Files a run in the logic context; gives its id. */
async function submit({ runs }: ServedProject, inputs: Readonly<Record<string, unknown>> = {}) {
  const asked = Object.entries(inputs).map(
    ([name, value]) => [name, { value, form: "json", place: `input ${name}` }] as const,
  );
  const request = { context: "logic", trigger: "page", inputs: new Map(asked) } as const;
  return (await submitRun(runs, request, { requestedBy: "ada@lab" })).runId;
}

/** Files runs one after the other, and carries them out. */
async function runAll(served: ServedProject, inputs: readonly Record<string, unknown>[]) {
  const runIds: string[] = [];
  for (const each of inputs) {
    const runId = await submit(served, each);
    runIds.push(runId);
    await carryOut(served, [runId]);
  }
  return runIds;
}

async function readJson<Body>({ call }: ServedProject, url: string, token?: string): Promise<Body> {
  const answer = await call("GET", url, { token });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

/** For what is asked of no run but its own. */
const serve = shareProject({ config: { secrets: ["CANARY"] } });

/** Three versions, which nobody adds to: of 2, of 4 and again of 2 numbers. */
const serveVersions = shareProject({}, async (served) => ({
  ...served,
  runIds: await runAll(served, [{ amount: 2 }, { amount: 4 }, { amount: 2 }]),
}));

const idsOf = ({ runs }: RunList) => runs.map(({ runId }) => runId);

test("runs are listed newest first, page by page, and by context, state, trigger and schedule", async () => {
  const served = await serveProject();
  const { history } = served.runs;
  const nowMs = Date.now();
  const occasion = { schedule: "nightly", instant: at };
  const filed = queuedRun(nowMs - 4_000, { occasion });
  const done = toCompleted(toRunning(queuedRun(nowMs - 3_000, { context: "logic" })));
  const going = toRunning(queuedRun(nowMs - 2_000, { context: "logic", trigger: "cli" }));
  const newest = queuedRun(nowMs - 1_000, { context: "app", trigger: "page" });
  await history.record(done);
  for (const record of [filed, going, newest]) await history.accept(record);
  const ids = (...records: readonly { runId: string }[]) => records.map(({ runId }) => runId);
  const list = (query: string) => readJson<RunList>(served, `/page/runs${query}`);

  expect(idsOf(await list(""))).toEqual(ids(newest, going, done, filed));
  const first = await list("?limit=3");
  expect(idsOf(first)).toEqual(ids(newest, going, done));
  expect(idsOf(await list(`?limit=3&before=${first.next}`))).toEqual(ids(filed));
  expect(idsOf(await list("?context=logic"))).toEqual(ids(going, done));
  expect(idsOf(await list("?context=logic&state=completed"))).toEqual(ids(done));
  expect(idsOf(await list("?trigger=cli"))).toEqual(ids(going));
  expect(idsOf(await list("?schedule=nightly"))).toEqual(ids(filed));
  expect((await list("?state=completed")).runs[0]).toMatchObject({
    ...{ runId: done.runId, state: "completed", version: 1, isPublisher: true, error: null },
    ...{ requestedBy: "ada@lab", occasion: null },
  });
});

test.each([
  ["?context=night", "context"],
  ["?state=COMPLETED", "state"],
  ["?limit=0", "limit"],
  ["?limit=1000", "limit"],
  ["?before=yesterday", "before"],
  ["?state=failed&state=completed", "state"],
])("a list of runs that is asked for by %s is refused in words", async (query, place) => {
  const { call } = await serve();
  const answer = await call("GET", `/page/runs${query}`);
  expect(answer.statusCode).toBe(400);
  expect(answer.json().reason).toContain(`Expected ${place} to be`);
});

test("one run tells who asked, its inputs, its attempts and when each cell began", async () => {
  const served = await serveVersions();
  const [, runId] = served.runIds;

  const run = await readJson<ShownRun>(served, `/page/runs/${runId}`);

  expect(run).toMatchObject({
    ...{ runId, context: "logic", trigger: "page", state: "completed", requestedBy: "ada@lab" },
    ...{ inputs: { amount: 4 }, version: 2, isPublisher: true, mayCancel: false },
    attempts: [{ attempt: 1 }],
    order: ["amount", "name", "numbers", "choice", "chosen", "day", "note"],
  });
  const begun = run.cells.map(({ startedAt = "" }) => Date.parse(startedAt));
  const startMs = Date.parse(run.startedAt ?? "");
  expect(begun.every((ms) => ms >= startMs && ms <= Date.parse(run.endedAt ?? ""))).toBe(true);
  expect(begun.indexOf(Math.max(...begun))).toBeGreaterThan(0);
});

test("a run that failed says why, in its list, its facts and its cell, and no secret with it", async () => {
  const served = await serveProject({ config: { secrets: ["CANARY"] } });
  const [runId] = await runAll(served, [{ amount: 9 }]);

  const run = await readJson<ShownRun>(served, `/page/runs/${runId}`);
  const [listed] = (await readJson<RunList>(served, "/page/runs?state=failed")).runs;

  expect(run.error?.message).toContain("no nine, says [SECRET]");
  expect(listed).toMatchObject({ runId, error: run.error });
  expect(run.cells.find(({ name }) => name === "numbers")).toMatchObject({
    status: "failed",
    message: expect.stringContaining("[SECRET]"),
  });
  expect(JSON.stringify([run, listed])).not.toContain(CANARY);
});

test("what is no run, or one that nobody knows, is told so", async () => {
  const { call } = await serve();
  for (const path of ["", "/log", "/events"]) {
    expect((await call("GET", `/page/runs/${UNKNOWN}${path}`)).statusCode, path).toBe(404);
  }
  expect((await call("DELETE", `/page/runs/${UNKNOWN}`)).statusCode).toBe(404);
  expect((await call("GET", "/page/runs/..%2fmanifest")).statusCode).toBe(400);
});

test("a log is told from where it is known, and as a text to keep", async () => {
  const served = await serve();
  const record = toCompleted(toRunning(queuedRun(Date.now())));
  await served.runs.history.record(record);
  const log = `/page/runs/${record.runId}/log`;
  expect(await readJson(served, log)).toEqual({ lines: [], next: "0-0" });
  const lines = [
    { at, cell: "numbers", text: "one" },
    { at, text: `<b>two</b> ${CANARY}` },
  ];
  await served.runs.history.writeLog(record.runId, lines);

  const first = await readJson<{ lines: object[]; next: string }>(served, log);
  const text = await served.call("GET", `${log}?as=text`);

  expect(first.lines).toEqual([lines[0], { at, text: "<b>two</b> [SECRET]" }]);
  expect(await readJson(served, `${log}?from=${first.next}`)).toMatchObject({ lines: [] });
  expect(text.body).toBe(
    "2026-03-04 12:00:00.000  numbers: one\n2026-03-04 12:00:00.000  <b>two</b> [SECRET]\n",
  );
  expect(text.headers).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": `attachment; filename="run-${record.runId}.log"`,
    "x-content-type-options": "nosniff",
  });
});

test("the events of a run tell it as its page shows it", async () => {
  const served = await serveVersions();
  const [runId] = served.runIds;
  const { body } = await served.call("GET", `/page/runs/${runId}/events`);
  const [, told = ""] = /event: run-ended\ndata: (.*)\n/.exec(body) ?? [];
  const { now: _, ...run } = JSON.parse(told) as ShownRun;
  expect(await readJson(served, `/page/runs/${runId}`)).toMatchObject(run);
  expect(body).toContain("event: cell-changed");
});

test("who may start runs cancels one that waits; one that is over stays as it was", async () => {
  const served = await serveProject();
  const { call, makeToken } = served;
  const runId = await submit(served);
  const [reader, runner] = [await makeToken("read"), await makeToken("run")];
  const url = `/page/runs/${runId}`;
  expect(await readJson(served, url, reader)).toMatchObject({ mayCancel: false });
  expect(await readJson(served, url, runner)).toMatchObject({ mayCancel: true });
  expect((await call("DELETE", url, { token: reader })).statusCode).toBe(403);
  expect((await call("DELETE", url, { token: runner })).statusCode).toBe(204);
  expect(await readJson(served, url, runner)).toMatchObject({
    ...{ state: "cancelled", mayCancel: false, error: { code: "HEX_CANCELLED" } },
  });
  expect((await call("DELETE", url, { token: runner })).statusCode).toBe(422);
});

test("a run that goes in a terminal is cancelled from here, also when its process is gone", async () => {
  const served = await serve();
  const { history, store } = served.runs;
  const [going, gone, old] = ["going", "gone", "old"].map(() =>
    toRunning(queuedRun(Date.now(), { isQueued: false, trigger: "cli" })),
  ) as [RunRecord, RunRecord, RunRecord];
  for (const record of [going, gone, old]) await history.accept(record);
  expect(await readJson(served, `/page/runs/${going.runId}`)).toMatchObject({ mayCancel: true });
  const cancel = ({ runId }: RunRecord) => served.call("DELETE", `/page/runs/${runId}`);

  const cancelling = cancel(going);
  await expect.poll(() => history.beat(going.runId)).toBe("cancelled");
  expect((await cancelling).statusCode).toBe(204);

  const mark = { format: 1, process: identifyProcess().replace(/[^.]*$/, "1"), beat: 5 };
  await store.write(openRunKey(gone.runId), new TextEncoder().encode(JSON.stringify(mark)));
  expect((await cancel(gone)).statusCode).toBe(204);
  expect((await history.read(gone.runId))?.state).toBe("cancelled");

  await store.write(openRunKey(old.runId), new TextEncoder().encode("not ended\n"));
  const answer = await cancel(old);
  expect(answer.statusCode).toBe(422);
  expect(answer.json().reason).toContain("older hex-runtime");
});

test("two versions are compared by inputs, frames, rows and content", async () => {
  const served = await serveVersions();
  const compare = (from: number, to: number) =>
    readJson(served, `/page/versions/compare?from=${from}&to=${to}`);

  expect(await compare(1, 2)).toMatchObject({
    from: { generation: 1, rows: 2 },
    to: { generation: 2, rows: 4 },
    isSameCode: true,
    inputs: [{ name: "amount", before: 2, after: 4 }],
    frames: [{ name: "numbers", change: "changed", before: { rows: 2 }, after: { rows: 4 } }],
  });
  expect(await compare(1, 3)).toMatchObject({
    inputs: [],
    frames: [{ name: "numbers", change: "same", columns: [] }],
  });
  for (const query of ["from=1&to=9", "from=9&to=1"]) {
    expect((await served.call("GET", `/page/versions/compare?${query}`)).statusCode).toBe(404);
  }
  for (const query of ["", "?from=1", "?from=1&to=two", "?from=1&to=2&to=3"]) {
    expect((await served.call("GET", `/page/versions/compare${query}`)).statusCode).toBe(400);
  }
});

test("an administrator goes back to a version, which is then published anew", async () => {
  const served = await serveProject();
  const { call, makeToken } = served;
  await runAll(served, [{ amount: 2 }, { amount: 4 }]);
  const [runner, admin] = [await makeToken("run"), await makeToken("admin")];
  const url = "/page/versions/1/rollback";
  expect(await readJson(served, "/page/versions", runner)).toMatchObject({ mayRollBack: false });
  expect((await call("POST", url, { token: runner })).statusCode).toBe(403);
  const origin = { origin: "http://evil.example" };
  expect((await call("POST", url, { token: admin, headers: origin })).statusCode).toBe(403);

  const answer = await call("POST", url, { token: admin });

  expect(answer.json()).toEqual({ version: 3, rollbackTo: 1 });
  const { versions } = await readJson<{ versions: object[] }>(served, "/page/versions", admin);
  expect(versions).toMatchObject([
    { generation: 3, isNewest: true, rows: 2, note: "rollback to 1", publishedBy: "admins" },
    { generation: 2, isNewest: false, rows: 4, note: null, inputs: { amount: 4 } },
    { generation: 1, isNewest: false, rows: 2 },
  ]);
  expect(JSON.stringify(versions)).not.toContain("commitId");
  expect((await call("POST", "/page/versions/9/rollback", { token: admin })).statusCode).toBe(404);
  expect((await call("POST", "/page/versions/1e0/rollback", { token: admin })).statusCode).toBe(
    400,
  );
});

test("schedules tell when they are due next, by their zone, and what they filed", async () => {
  const schedules = [
    {
      ...{ name: "nightly", cron: "30 2 * * *", timezone: "Asia/Kathmandu" },
      ...{ context: "logic", inputs: { amount: 4 } },
    },
    { name: "leap", cron: "0 0 29 2 *" },
  ];
  const nowMs = Date.parse(at);
  const served = await serveProject({ config: { schedules }, now: () => nowMs });
  const filed = queuedRun(Date.now(), { occasion: { schedule: "nightly", instant: at } });
  await served.runs.history.accept(filed);

  const told = await readJson<ScheduleList>(served, "/page/schedules");

  expect(told.schedules).toMatchObject([
    {
      ...{ name: "nightly", timezone: "Asia/Kathmandu", inputs: { amount: 4 }, overlap: "skip" },
      runs: [{ runId: filed.runId, state: "queued", occasion: { instant: at } }],
    },
    { name: "leap", timezone: "UTC", context: "scheduled", runs: [] },
  ]);
  expect(told.schedules[0]?.next).toHaveLength(5);
  expect(told.schedules[0]?.next[0]).toBe("2026-03-04T20:45:00.000Z");
  expect(told.schedules[1]?.next.slice(0, 2)).toEqual([
    "2028-02-29T00:00:00.000Z",
    "2032-02-29T00:00:00.000Z",
  ]);
});
