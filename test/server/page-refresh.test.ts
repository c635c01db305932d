import { expect, onTestFinished, test } from "vitest";
import { openServer } from "../../src/server/server.ts";
import { openProjectRuns } from "../../src/work/project-runs.ts";
import { hex } from "../cli/hex.ts";
import { queuedRun, toRunning } from "../run/history/records.ts";
import { serveProject } from "./served-project.ts";

test("viewers of two servers on one store who refresh at the same moment get one run", async () => {
  const one = await serveProject();
  const { directory, runs } = one;
  const runtimeUrl = new URL("../../dist/index.js", import.meta.url).href;
  const environment = { ...process.env, CANARY: "another" };
  const others = await openProjectRuns(directory, { runtimeUrl, environment });
  onTestFinished(() => others.close());
  const other = await openServer({ runs: others, writeLog: () => undefined });
  onTestFinished(() => other.close());
  const headers = { host: "127.0.0.1:8787" };
  const refresh = async (index: number): Promise<string> => {
    const { app } = index % 2 === 0 ? one : other;
    const asked = { method: "POST", url: "/page/refresh", headers } as const;
    return (await app.inject(asked)).json().runId;
  };
  const seen = new Set<string>();
  // A cancelled run does not stand in the way of the next one.
  for (let round = 0; round < 3; round++) {
    const ids = new Set(await Promise.all([0, 1, 2, 3].map(refresh)));
    expect(ids.size).toBe(1);
    const [runId = ""] = ids;
    expect(seen.has(runId)).toBe(false);
    seen.add(runId);
    const { statusCode } = await one.call("DELETE", `/page/refresh/${runId}`);
    expect(statusCode).toBe(204);
  }
  const { runs: listed } = await runs.history.list({ limit: 10 });
  expect(listed.map(({ runId }) => runId).sort()).toEqual([...seen].sort());
});

test("a viewer who refreshes does not wait for a run of a machine that may be gone, but for one that goes", async () => {
  const { call, runs } = await serveProject();
  const run = toRunning(
    queuedRun(Date.now(), { isQueued: false, context: "logic", trigger: "cli" }),
  );
  const { runId } = run;
  await runs.history.accept(run);
  const refresh = async () => (await call("POST", "/page/refresh")).json().runId;
  const filed = await refresh();
  expect(filed).not.toBe(runId);
  await call("DELETE", `/page/refresh/${filed}`);
  await runs.history.beat(runId);
  expect(await refresh()).toBe(runId);
});

test("a schedule's run that is filed by hand is among those of its schedule", async () => {
  const schedules = [{ name: "nightly", cron: "30 2 * * *" }];
  const { call, directory } = await serveProject({ config: { schedules } });
  const { stdout } = await hex(["schedule", "run", "nightly", "--project", directory]);
  const { schedules: told } = (await call("GET", "/page/schedules")).json();
  expect(told).toMatchObject([{ name: "nightly", runs: [{ runId: stdout.trim() }] }]);
});
