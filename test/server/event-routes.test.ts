import { expect, test } from "vitest";
import { RUNS, serveProject } from "./served-project.ts";
import { leaveShownRun } from "./shown-run.ts";

const at = "2026-03-04T12:00:00.000Z";

test("the events of a run that is over tell where it stands, its cells and its log, and end", async () => {
  const served = await serveProject();
  const runId = await leaveShownRun(served, { values: { answer: 42 } });
  await served.runs.history.writeLog(runId, [{ at, text: "well\ndone" }]);

  const { body, headers } = await served.call("GET", `${RUNS}/${runId}/events`);

  expect(headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  expect(headers["x-content-type-options"]).toBe("nosniff");
  const told = body.split("\n\n").filter((event) => event.startsWith("id: "));
  const events = told.map((event) => event.split("\n"));
  expect(events.map(([, name]) => name)).toEqual([
    "event: run-changed",
    "event: cell-changed",
    "event: line-logged",
    "event: run-ended",
  ]);
  expect(events[2]).toEqual([
    `id: ${Date.parse(at)}-1`,
    "event: line-logged",
    `data: {"at":"${at}","text":"well\\ndone"}`,
  ]);
});

test("events that are known are not told again", async () => {
  const served = await serveProject();
  const runId = await leaveShownRun(served, { values: {} });
  await served.runs.history.writeLog(runId, [{ at, text: "known" }]);

  const headers = { "last-event-id": `${Date.parse(at)}-1` };
  const { body } = await served.call("GET", `${RUNS}/${runId}/events`, { headers });

  expect(body).not.toContain("known");
  expect(body).toContain("event: run-ended");
});

test("events take a token, as all routes do, and no HEAD", async () => {
  const served = await serveProject();
  const runId = await leaveShownRun(served, { values: {} });
  expect((await served.call("HEAD", `${RUNS}/${runId}/events`)).statusCode).toBe(405);
  const token = await served.makeToken("read");
  expect((await served.call("GET", `${RUNS}/${runId}/events`, { token })).statusCode).toBe(200);
});

test("a run that nobody knows has no events", async () => {
  const { call } = await serveProject();
  const runId = "01900000-0000-7000-8000-000000000000";

  expect((await call("GET", `${RUNS}/${runId}/events`)).statusCode).toBe(404);
});
