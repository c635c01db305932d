import { writeFile } from "node:fs/promises";
import { fastify, type LightMyRequestResponse } from "fastify";
import { expect, test } from "vitest";
import { revokeToken } from "../../src/project/tokens.ts";
import { requireDeclaredAuth } from "../../src/server/caller.ts";
import { openServer } from "../../src/server/server.ts";
import { openProjectRuns } from "../../src/work/project-runs.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { until } from "../work/project-processes.ts";
import { toAddresses } from "./router-addresses.ts";
import { LEGACY, PROJECT_ID, RUNS, serveProject, shareProject } from "./served-project.ts";

const SOME = "01a1fd0e-f17b-76f3-a399-55b5e2d9627a";

/** Every route there is, and who may call it: a route that is added has to be added here. */
const ROUTES: readonly (readonly [method: string, pattern: string, auth: string])[] = [
  ["GET", "/healthz", "none"],
  ["GET", "/readyz", "read"],
  ["GET", "/metrics", "read"],
  ["POST", "/api/v1/projects/:projectId/runs", "run"],
  ["GET", "/api/v1/projects/:projectId/runs", "read"],
  ["GET", "/api/v1/projects/:projectId/runs/:runId", "read"],
  ["DELETE", "/api/v1/projects/:projectId/runs/:runId", "run"],
  ["POST", "/api/v1/project/:projectId/run", "run"],
  ["GET", "/api/v1/project/:projectId/runs", "read"],
  ["GET", "/api/v1/project/:projectId/run/:runId", "read"],
  ["DELETE", "/api/v1/project/:projectId/run/:runId", "run"],
  ["GET", "/api/v1/projects/:projectId/runs/:runId/cells/:name/output", "read"],
  ["GET", "/api/v1/projects/:projectId/runs/:runId/events", "read"],
  ["GET", "/api/v1/projects", "read"],
  ["GET", "/api/v1/projects/:projectId", "read"],
  ["GET", "/api/v1/cells", "read"],
  ["GET", "/api/v1/cells/:cellId", "read"],
  ["GET", "/api/v1/users/me", "read"],
  ["GET", "/api/v1/openapi.json", "read"],
  ["GET", "/", "none"],
  ["GET", "/runs", "none"],
  ["GET", "/runs/:runId", "none"],
  ["GET", "/versions", "none"],
  ["GET", "/schedules", "none"],
  ["GET", "/assets/:file", "none"],
  ["POST", "/page/sign-in", "none"],
  ["DELETE", "/page/sign-in", "none"],
  ["GET", "/page/state", "view"],
  ["POST", "/page/run", "view"],
  ["POST", "/page/rows", "view"],
  ["GET", "/page/csv", "view"],
  ["GET", "/page/events", "view"],
  ["POST", "/page/refresh", "run"],
  ["DELETE", "/page/refresh/:runId", "run"],
  ["GET", "/page/runs", "read"],
  ["GET", "/page/runs/:runId", "read"],
  ["GET", "/page/runs/:runId/log", "read"],
  ["GET", "/page/runs/:runId/events", "read"],
  ["DELETE", "/page/runs/:runId", "run"],
  ["GET", "/page/versions", "read"],
  ["GET", "/page/versions/compare", "read"],
  ["POST", "/page/versions/:version/rollback", "admin"],
  ["GET", "/page/schedules", "read"],
];

/** What answers as long as somebody listens. */
const ENDLESS = ["/page/events"];

function toAddress(pattern: string): string {
  return pattern
    .replace(":projectId", PROJECT_ID)
    .replace(/:(runId|cellId)/, SOME)
    .replace(":version", "1")
    .replace(":name", "numbers");
}

/** A server that has tokens: whoever calls without one is nobody. */
const serveGuarded = shareProject({}, async (served) => ({
  ...served,
  reader: await served.makeToken("read"),
  runner: await served.makeToken("run"),
}));

test("every route of the router is known here, with what it asks of its caller", async () => {
  const { app } = await serveGuarded();
  const addresses = toAddresses(app.printRoutes({ commonPrefix: false }));
  expect([...addresses].sort()).toEqual([...new Set(ROUTES.map(([, url]) => url))].sort());
  for (const [method, url] of ROUTES) {
    expect(app.hasRoute({ method: method as "GET", url }), url).toBe(true);
  }
});

/** The least that the token of each scope gets from a route of each kind. */
const REFUSALS: Readonly<Record<string, readonly (number | undefined)[]>> = {
  none: [undefined, undefined, undefined],
  view: [401, 401, undefined],
  read: [401, 401, undefined],
  run: [401, 401, 403],
  admin: [401, 401, 403],
};

test.each(ROUTES)("%s %s, for %s, lets in nobody else", async (method, pattern, auth) => {
  const { call, reader } = await serveGuarded();
  const url = toAddress(pattern);
  const callers = [undefined, `hxtw_${"0".repeat(96)}`, ...(ENDLESS.includes(url) ? [] : [reader])];
  const answers: LightMyRequestResponse[] = [];
  for (const each of callers) answers.push(await call(method, url, { token: each }));
  const refused = answers.map(({ statusCode }) =>
    statusCode === 401 || statusCode === 403 ? statusCode : undefined,
  );
  expect(refused).toEqual(REFUSALS[auth]?.slice(0, refused.length));
});

test("addresses without a route, and methods that no route has, ask for a token as well", async () => {
  const { call } = await serveGuarded();
  expect((await call("GET", "/no/such/route")).statusCode).toBe(401);
  for (const method of ["PUT", "TRACE", "HEAD", "OPTIONS"]) {
    expect((await call(method, RUNS)).statusCode, method).toBe(401);
  }
});

test("a route that does not say who may call it keeps the server from starting", async () => {
  const bare = fastify();
  requireDeclaredAuth(bare);
  expect(() => bare.get("/open", async () => "open")).toThrow("declares no `config.auth`");
  await bare.close();
});

test("a refusal is the same whatever is asked for", async () => {
  const { call, runner } = await serveGuarded();
  const bodyOf = async (url: string) => {
    const { traceId: _, ...body } = (await call("GET", url)).json();
    return body;
  };
  const { runId } = (await call("POST", RUNS, { token: runner })).json();
  expect(runId).toMatch(/^[0-9a-f-]{36}$/);
  expect(await bodyOf(`${RUNS}/${runId}`)).toEqual(await bodyOf(`${RUNS}/${SOME}`));
  expect(await bodyOf(`${LEGACY}/${SOME}`)).toEqual(await bodyOf("/nothing"));
});

test("tokens that expired or were revoked are refused within seconds, and never open the server", async () => {
  let now = Date.now();
  const served = await serveProject({ now: () => now });
  const { call, makeToken, runs } = served;
  const brief = await makeToken("read", now + 3_600_000);
  const other = await makeToken("read");
  const asked = async (token?: string) => (await call("GET", RUNS, { token })).statusCode;
  now += 5_000;
  expect([await asked(brief), await asked(other), await asked()]).toEqual([200, 200, 401]);
  now += 3_600_000;
  expect([await asked(brief), await asked(other)]).toEqual([401, 200]);
  const { id } = (await call("GET", "/api/v1/users/me", { token: other })).json();
  await revokeToken(runs.store, id);
  now += 5_000;
  expect([await asked(other), await asked()]).toEqual([401, 401]);
});

test("without any token it answers this machine alone", async () => {
  const { call, app } = await serveProject();
  expect((await call("GET", RUNS)).statusCode).toBe(200);
  const proxied = await call("GET", RUNS, { headers: { "x-forwarded-for": "192.0.2.1" } });
  expect(proxied.statusCode).toBe(401);
  const far = await app.inject({
    url: RUNS,
    headers: { host: "127.0.0.1" },
    remoteAddress: "192.0.2.1",
  });
  expect(far.statusCode).toBe(401);
  const named = await call("GET", RUNS, { headers: { host: "192.0.2.7:8787" } });
  expect(named.statusCode).toBe(401);
});

test("an address that others reach is refused as long as there is no token", async () => {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Far", projectId: PROJECT_ID }),
    "cells/note.md": "# Note\n",
  });
  const runtimeUrl = new URL("../../dist/index.js", import.meta.url).href;
  const runs = await openProjectRuns(directory, { runtimeUrl });
  const settings = { ...runs.config.server, host: "0.0.0.0" };
  await expect(openServer({ runs, settings })).rejects.toThrow(
    "Expected the host to be 127.0.0.1 as long as the project has no tokens, got 0.0.0.0",
  );
  await runs.close();
});

test("a project without an id is refused, with one to paste", async () => {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Nameless" }),
    "cells/note.md": "# Note\n",
  });
  const runtimeUrl = new URL("../../dist/index.js", import.meta.url).href;
  const runs = await openProjectRuns(directory, { runtimeUrl });
  await expect(openServer({ runs })).rejects.toThrow(/\(add "projectId": "[0-9a-f-]{36}"\)$/);
  await runs.close();
});

test("who the caller is, and what the project and its cells are, is told in Hex's shapes", async () => {
  const { call, makeToken } = await serveProject({
    config: {
      schedules: [{ name: "nightly", cron: "30 2 * * *", timezone: "Asia/Kathmandu" }],
    },
  });
  const token = await makeToken("run", Date.UTC(2099, 0, 1));
  expect((await call("GET", "/api/v1/users/me", { token })).json()).toMatchObject({
    name: "runs",
    role: "EDITOR",
    org: { id: PROJECT_ID },
    token: { exp: "2099-01-01T00:00:00.000Z" },
  });
  const project = (await call("GET", `/api/v1/projects/${PROJECT_ID}`, { token })).json();
  expect(project).toMatchObject({ id: PROJECT_ID, title: "Served", lastPublishedAt: null });
  expect(project.schedules).toMatchObject([
    { cadence: "CUSTOM", custom: { timezone: "+05:45", cron: "30 2 * * *" }, daily: null },
  ]);
  const cells = `/api/v1/cells?projectId=${PROJECT_ID}`;
  const first = (await call("GET", `${cells}&limit=5`, { token })).json();
  const rest = (await call("GET", `${cells}&after=${first.pagination.after}`, { token })).json();
  const all = [...first.values, ...rest.values];
  expect(all.map(({ cellType }) => cellType)).toEqual([
    ...["INPUT", "INPUT", "CODE", "INPUT", "CODE", "INPUT", "MARKDOWN"],
  ]);
  expect(all.map(({ label }) => label)).toContain("The choice");
  expect(rest.pagination).toEqual({ after: null, before: rest.values[0].id });
  const note = (await call("GET", `/api/v1/cells/${all.at(-1).id}`, { token })).json();
  expect(note.contents).toEqual({
    codeCell: null,
    sqlCell: null,
    markdownCell: { source: "# A note\n" },
  });
});

test("cells that change while it serves are told as they are now", async () => {
  const { call, directory, lines } = await serveProject();
  await writeFile(`${directory}/cells/08-more.md`, "# More\n");
  const names = async () => {
    const { values } = (await call("GET", `/api/v1/cells?projectId=${PROJECT_ID}`)).json();
    return values.map(({ label }: { label: string }) => label);
  };
  await until("the new cell to be told", async () => (await names()).includes("more"));
  await writeFile(`${directory}/cells/09-broken.ts`, "export default (((");
  await until("the broken cell to be told of", async () => {
    expect(await names()).toContain("more");
    return lines.some((line) => line.includes("project-unread"));
  });
});

test("looking changes nothing in the store", async () => {
  const { call, runs } = await serveProject();
  const { runId } = (await call("POST", RUNS)).json();
  // A run that is over: the stream of its events ends, too.
  await call("DELETE", `${RUNS}/${runId}`);
  const contents = async () => {
    const found: string[] = [];
    for await (const { key } of runs.store.list("")) {
      found.push(`${key} ${(await runs.store.read(key))?.etag}`);
    }
    return found.sort();
  };
  const before = await contents();
  for (const [method, pattern] of ROUTES) {
    if (method === "GET" && !ENDLESS.includes(pattern))
      await call("GET", toAddress(pattern).replace(SOME, runId));
  }
  expect(await contents()).toEqual(before);
});
