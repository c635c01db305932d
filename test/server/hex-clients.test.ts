import { expect, test } from "vitest";
import { runWorker } from "../../src/work/worker.ts";
import { until } from "../work/project-processes.ts";
import { LEGACY, PROJECT_ID, RUNS, serveProject } from "./served-project.ts";

// What published clients of Hex's API rely on, one test for each.

const LEGACY_LIST = `/api/v1/project/${PROJECT_ID}/runs`;

test("1: the singular and the plural paths are the same runs", async () => {
  const { call } = await serveProject();
  const { runId } = (await call("POST", LEGACY)).json();
  const [legacy, plural] = [
    await call("GET", `${LEGACY}/${runId}`),
    await call("GET", `${RUNS}/${runId}`),
  ];
  expect(legacy.json()).toEqual({ ...plural.json(), traceId: expect.any(String) });
  expect((await call("GET", LEGACY_LIST)).json().runs).toMatchObject([{ runId }]);
  expect((await call("DELETE", `${LEGACY}/${runId}`)).statusCode).toBe(204);
  expect((await call("GET", `${RUNS}/${runId}`)).json().status).toBe("KILLED");
});

test("2: requests without a body are taken, whatever content type they name", async () => {
  const { call } = await serveProject();
  const headers = { "content-type": "application/json" };
  const bare = await call("POST", RUNS);
  expect(bare.statusCode).toBe(201);
  expect((await call("POST", RUNS, { headers })).statusCode).toBe(201);
  expect((await call("POST", RUNS, { headers, payload: "" })).statusCode).toBe(201);
  const { runId } = bare.json();
  expect((await call("GET", `${RUNS}/${runId}`, { headers })).statusCode).toBe(200);
  expect((await call("DELETE", `${RUNS}/${runId}`, { headers })).statusCode).toBe(204);
});

test("3: the start and the elapsed time are there from the first poll", async () => {
  const { call } = await serveProject();
  const { runId } = (await call("POST", RUNS)).json();
  const run = (await call("GET", `${RUNS}/${runId}`)).json();
  expect(run).toMatchObject({ status: "PENDING", endTime: null, elapsedTime: 0 });
  expect(run.startTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("4: the elapsed time is whole milliseconds, also at the end", async () => {
  const served = await serveProject();
  const stop = new AbortController();
  const options = { signal: stop.signal, drainMs: 10_000, onEvent: () => undefined };
  const work = runWorker(served.runs, options);
  const body = { updatePublishedResults: true };
  const { runId } = (await served.call("POST", RUNS, { body })).json();
  const poll = async () => (await served.call("GET", `${RUNS}/${runId}`)).json();
  await until("the run to complete", async () => (await poll()).status === "COMPLETED");
  stop.abort(new Error("the test is over"));
  await work;
  const run = await poll();
  expect(Number.isInteger(run.elapsedTime)).toBe(true);
  expect(run.elapsedTime).toBe(Date.parse(run.endTime) - Date.parse(run.startTime));
});

test("5: addresses are absolute, and never those of a host without a dot", async () => {
  const { call } = await serveProject();
  const headers = { host: "localhost:8787" };
  const started = (await call("POST", RUNS, { headers })).json();
  await call("POST", RUNS, { headers });
  const { nextPage } = (await call("GET", `${RUNS}?limit=1`, { headers })).json();
  for (const url of [started.runStatusUrl, nextPage]) {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8787\/api\/v1\/projects\//);
  }
  expect(started.runUrl).toBe(`http://127.0.0.1:8787/runs/${started.runId}`);
  const named = await serveProject({ settings: { publicUrl: "https://hex.example.com" } });
  const token = await named.makeToken("run");
  const there = await named.call("POST", RUNS, { token, headers: { host: "hex.example.com" } });
  expect(there.json().runStatusUrl).toMatch(/^https:\/\/hex\.example\.com\/api\/v1\//);
  expect(there.json().runUrl).toMatch(/^https:\/\/hex\.example\.com\/runs\/[0-9a-f-]{36}$/);
});

test("6: what is JSON says so", async () => {
  const { call } = await serveProject();
  const answers = [
    await call("POST", RUNS),
    await call("GET", RUNS),
    await call("GET", `${RUNS}/${PROJECT_ID}`),
    await call("GET", "/api/v1/projects"),
    await call("GET", "/nothing"),
  ];
  for (const { headers } of answers) expect(headers["content-type"]).toMatch(/^application\/json/);
});

test("7: a second cancellation is answered otherwise, or it would be repeated for ever", async () => {
  const { call } = await serveProject();
  const { runId } = (await call("POST", RUNS)).json();
  const first = await call("DELETE", `${RUNS}/${runId}`);
  expect([first.statusCode, first.body]).toEqual([204, ""]);
  const second = await call("DELETE", `${RUNS}/${runId}`);
  expect(second.statusCode).toBe(422);
  expect(second.json()).toEqual({ reason: expect.any(String), traceId: expect.any(String) });
});

test("7: also while the run has not stopped yet", async () => {
  const { call, runs } = await serveProject();
  const { runId } = (await call("POST", RUNS)).json();
  const claim = await runs.queue.claim({ lane: "run", worker: "somebody@here:1" });
  expect((await call("DELETE", `${RUNS}/${runId}`)).statusCode).toBe(204);
  expect((await call("DELETE", `${RUNS}/${runId}`)).statusCode).toBe(422);
  await claim.finish();
});

test("8: a cancelled run is KILLED, which clients take for a failure", async () => {
  const { call } = await serveProject();
  const { runId } = (await call("POST", RUNS)).json();
  await call("DELETE", `${RUNS}/${runId}`);
  const run = (await call("GET", `${RUNS}/${runId}`)).json();
  expect(run).toMatchObject({ status: "KILLED", error: { code: "HEX_CANCELLED" } });
  expect(run.endTime).not.toBeNull();
});

test("9: a start that is refused and repeated four times creates one run in the end", async () => {
  const { call } = await serveProject({ limits: { runsAtOnce: 1 } });
  const { runId } = (await call("POST", RUNS)).json();
  for (let attempt = 0; attempt < 3; attempt++) {
    expect((await call("POST", RUNS)).statusCode).toBe(503);
  }
  await call("DELETE", `${RUNS}/${runId}`);
  expect((await call("POST", RUNS)).statusCode).toBe(201);
  expect((await call("GET", RUNS)).json().runs).toHaveLength(2);
});

test("10: unknown keys of queries are passed over, and lists come as repeated keys", async () => {
  const { call } = await serveProject();
  const all = "/api/v1/projects?offset=0&includeSharing=True&includeArchived=false&limit=5";
  expect((await call("GET", all)).json().values).toHaveLength(1);
  const some = "/api/v1/projects?statuses=Draft&statuses=Live";
  expect((await call("GET", some)).json()).toEqual({
    values: [],
    pagination: { after: null, before: null },
  });
  expect((await call("GET", `${RUNS}?expand=True&limit=1`)).statusCode).toBe(200);
});

test("11: errors are JSON with a reason, or with a message and a code", async () => {
  const { call, makeToken } = await serveProject();
  const token = await makeToken("read");
  const unknown = "00000000-0000-4000-8000-000000000000";
  const byReason = [
    await call("GET", RUNS),
    await call("GET", `/api/v1/projects/${unknown}/runs`, { token }),
    await call("POST", RUNS, {
      token,
      payload: "{",
      headers: { "content-type": "application/json" },
    }),
  ];
  expect(byReason.map(({ statusCode }) => statusCode)).toEqual([401, 404, 403]);
  for (const answer of byReason) {
    expect(answer.json()).toEqual({ reason: expect.any(String), traceId: expect.any(String) });
  }
  const byMessage = [
    await call("GET", `/api/v1/projects/${PROJECT_ID}`),
    await call("GET", `/api/v1/projects/${unknown}`, { token }),
    await call("GET", `/api/v1/cells/${unknown}`, { token }),
    await call("GET", "/api/v1/cells?projectId=x", { token }),
  ];
  expect(byMessage.map((answer) => answer.json().code)).toEqual([
    "UNAUTHORIZED",
    "NOT_FOUND",
    "NOT_FOUND",
    "BAD_REQUEST",
  ]);
  for (const answer of byMessage) expect(answer.json().message).toEqual(expect.any(String));
});

test("12: a start is answered with 201, a cancellation with 204, a look with 200", async () => {
  const { call } = await serveProject();
  const started = await call("POST", RUNS, { body: { updateCache: false } });
  expect(started.statusCode).toBe(201);
  expect(Object.keys(started.json()).sort()).toEqual([
    "notifications",
    "projectId",
    "projectVersion",
    "runId",
    "runStatusUrl",
    "runUrl",
    "traceId",
  ]);
  expect(Number.isInteger(started.json().projectVersion)).toBe(true);
  const { runId } = started.json();
  expect((await call("GET", `${RUNS}/${runId}`)).statusCode).toBe(200);
  expect((await call("DELETE", `${RUNS}/${runId}`)).statusCode).toBe(204);
});
