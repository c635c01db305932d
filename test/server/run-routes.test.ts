import { expect, test } from "vitest";
import { runWorker } from "../../src/work/worker.ts";
import { until } from "../work/project-processes.ts";
import {
  PROJECT_ID,
  RUNS,
  type ServedProject,
  serveProject,
  shareProject,
} from "./served-project.ts";

/** For what is asked of no run but its own. */
const serve = shareProject();

/** Carries out the runs of a served project until the test ends it. */
async function withWorker(served: ServedProject, act: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const work = runWorker(served.runs, {
    signal: stop.signal,
    drainMs: 10_000,
    onEvent: () => undefined,
  });
  try {
    await act();
  } finally {
    stop.abort(new Error("the test is over"));
    await work;
  }
}

async function endOf({ call }: ServedProject, runId: string) {
  let run = (await call("GET", `${RUNS}/${runId}`)).json();
  await until(`run ${runId} to end`, async () => {
    run = (await call("GET", `${RUNS}/${runId}`)).json();
    return run.status !== "PENDING" && run.status !== "RUNNING";
  });
  return run;
}

test("a run that updates what was published computes, and later runs read that", async () => {
  const served = await serveProject();
  await withWorker(served, async () => {
    const started = await served.call("POST", RUNS, { body: { updatePublishedResults: true } });
    expect(started.statusCode).toBe(201);
    const computed = await endOf(served, started.json().runId);
    expect(computed).toMatchObject({ status: "COMPLETED", runTrigger: "API", projectVersion: 1 });
    const { runId } = (await served.call("POST", RUNS, { body: {} })).json();
    expect(await endOf(served, runId)).toMatchObject({ status: "COMPLETED", projectVersion: 1 });
    const record = await served.runs.history.read(runId);
    expect(record).toMatchObject({ context: "api-triggered", trigger: "api" });
    expect(record?.cells.find(({ name }) => name === "numbers")?.status).toBe("read");
  });
});

test("a failed run tells why and in which cell, without secrets", async () => {
  const served = await serveProject({ config: { secrets: ["CANARY"] } });
  await withWorker(served, async () => {
    const body = { updatePublishedResults: true, inputParams: { amount: 9 } };
    const { runId } = (await served.call("POST", RUNS, { body })).json();
    const run = await endOf(served, runId);
    expect(run).toMatchObject({
      status: "ERRORED",
      error: { code: "HEX_CELL_FAILED", cell: "numbers" },
    });
    expect(run.error.message).toContain("no nine, says [SECRET]");
  });
});

test("a run that was never published fails with the code that says so", async () => {
  const served = await serveProject();
  await withWorker(served, async () => {
    const { runId } = (await served.call("POST", RUNS)).json();
    expect(await endOf(served, runId)).toMatchObject({ error: { code: "HEX_NOT_COMPUTED" } });
  });
});

test("an input whose options come from data is checked against what was published", async () => {
  const served = await serveProject();
  const choose = (inputParams: object) => served.call("POST", RUNS, { body: { inputParams } });
  await withWorker(served, async () => {
    expect((await choose({ choice: 7 })).statusCode).toBe(201);
    const body = { updatePublishedResults: true };
    await endOf(served, (await served.call("POST", RUNS, { body })).json().runId);
    await until("the newest version to be seen", async () => {
      return (await choose({ choice: 7 })).statusCode === 422;
    });
    expect((await choose({ choice: 7 })).json()).toMatchObject({
      invalid: [{ paramName: "choice", paramValue: "7", inputCellType: "DROPDOWN" }],
      notFound: [],
    });
    expect((await choose({ choice: 2 })).statusCode).toBe(201);
    // Another amount may allow it.
    expect((await choose({ choice: 7, amount: 8 })).statusCode).toBe(201);
  });
});

test("a run that updates what was published goes where the project computes", async () => {
  const served = await serveProject({ config: { computeIn: ["scheduled"] } });
  const { runId } = (
    await served.call("POST", RUNS, { body: { updatePublishedResults: "true" } })
  ).json();
  expect((await served.runs.history.read(runId))?.context).toBe("scheduled");
});

test("updateCache, the older name, counts only without parameters", async () => {
  const served = await serve();
  const contextOf = async (body: object) => {
    const { runId } = (await served.call("POST", RUNS, { body })).json();
    return (await served.runs.history.read(runId))?.context;
  };
  expect(await contextOf({ updateCache: true })).toBe("logic");
  expect(await contextOf({ updateCache: true, inputParams: { amount: 1 } })).toBe("api-triggered");
});

test("a dry run checks everything and starts nothing", async () => {
  const { call, runs } = await serve();
  const dry = await call("POST", RUNS, { body: { dryRun: true, inputParams: { amount: 1 } } });
  expect(dry.statusCode).toBe(201);
  expect(dry.json()).toMatchObject({ projectId: PROJECT_ID, projectVersion: 1 });
  expect(await runs.history.read(dry.json().runId)).toBeUndefined();
  const wrong = await call("POST", RUNS, { body: { dryRun: true, inputParams: { amount: 11 } } });
  expect(wrong.statusCode).toBe(422);
});

test("wrong and unknown parameters are told together, in the shape of Hex", async () => {
  const { call } = await serve();
  const inputParams = { amount: 11, nothing: 1, chosen: "x" };
  const answer = await call("POST", RUNS, { body: { inputParams } });
  expect(answer.statusCode).toBe(422);
  expect(answer.json()).toEqual({
    reason: expect.stringContaining("a number from 0 to 10"),
    traceId: answer.headers["x-request-id"],
    invalid: [
      { paramName: "amount", paramValue: "11", dataType: "NUMBER", inputCellType: "SLIDER" },
    ],
    notFound: ["nothing", "chosen"],
  });
});

test("views and notifications, which are not kept or sent, are refused and not dropped", async () => {
  const { call } = await serve();
  const view = await call("POST", RUNS, { body: { viewId: "v", inputParams: {} } });
  expect(view.statusCode).toBe(422);
  expect(view.json()).toMatchObject({ invalid: [], notFound: [] });
  const notifications = [{ type: "ALL", includeSuccessScreenshot: false }];
  expect((await call("POST", RUNS, { body: { notifications } })).statusCode).toBe(422);
  expect((await call("POST", RUNS, { body: { notifications: [] } })).statusCode).toBe(201);
});

test("runs are listed by pages, newest first, and by status and trigger", async () => {
  const { call } = await serveProject();
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) ids.unshift((await call("POST", RUNS)).json().runId);
  await call("DELETE", `${RUNS}/${ids[0]}`);
  const first = (await call("GET", `${RUNS}?limit=2`)).json();
  expect(first.runs.map(({ runId }: { runId: string }) => runId)).toEqual(ids.slice(0, 2));
  expect(first.previousPage).toBeNull();
  const second = (
    await call("GET", new URL(first.nextPage).pathname + new URL(first.nextPage).search)
  ).json();
  expect(second.runs.map(({ runId }: { runId: string }) => runId)).toEqual(ids.slice(2, 4));
  expect(second.previousPage).toBe(`http://127.0.0.1:8787${RUNS}?limit=2&offset=0`);
  const last = (await call("GET", `${RUNS}?limit=2&offset=4`)).json();
  expect(last).toMatchObject({ runs: [{ runId: ids[4] }], nextPage: null });
  const killed = (await call("GET", `${RUNS}?statusFilter=KILLED&runTriggerFilter=API`)).json();
  expect(killed.runs).toMatchObject([{ runId: ids[0], status: "KILLED" }]);
  expect((await call("GET", `${RUNS}?runTriggerFilter=SCHEDULED`)).json().runs).toEqual([]);
});

test("one idempotency key is one run: the same again, another body is refused", async () => {
  const { call, makeToken } = await serveProject();
  const [token, other] = [await makeToken("run"), await makeToken("run")];
  const headers = { "idempotency-key": "nightly-1" };
  const start = (inputParams: object, by = token) =>
    call("POST", RUNS, { token: by, headers, body: { inputParams } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => start({ amount: 1 })));
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
  expect(new Set(answers.map((answer) => answer.json().runId)).size).toBe(1);
  expect((await start({ amount: 2 })).statusCode).toBe(422);
  expect((await start({ amount: 2 }, other)).statusCode).toBe(201);
});

test("a run too many is refused with 503, and not created", async () => {
  const { call } = await serveProject({ limits: { runsAtOnce: 2 } });
  await call("POST", RUNS);
  await call("POST", RUNS);
  const refused = await call("POST", RUNS);
  expect(refused.statusCode).toBe(503);
  expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
  expect((await call("GET", RUNS)).json().runs).toHaveLength(2);
});

test("each token may start so many runs in a minute and in an hour", async () => {
  let now = Date.now();
  const served = await serveProject({
    limits: { runsPerMinute: 2, runsPerHour: 3 },
    now: () => now,
  });
  const start = async () => (await served.call("POST", RUNS)).statusCode;
  expect([await start(), await start(), await start()]).toEqual([201, 201, 429]);
  now += 60_000;
  expect([await start(), await start()]).toEqual([201, 429]);
  const refused = await served.call("POST", RUNS);
  expect(Number(refused.headers["retry-after"])).toBe(3_540);
  now += 3_540_000;
  expect(await start()).toBe(201);
});
