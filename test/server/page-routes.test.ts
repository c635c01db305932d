import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { HexError } from "../../src/errors.ts";
import type {
  CsvRequest,
  EvaluateRequest,
  Evaluation,
  RowsRequest,
  Viewers,
} from "../../src/kernel/evaluation.ts";
import type { PageState } from "../../src/page/page-state.ts";
import { listTokens, revokeToken } from "../../src/project/tokens.ts";
import { openVersion } from "../../src/store/version.ts";
import { until } from "../work/project-processes.ts";
import { carryOut } from "./carry-out.ts";
import {
  RUNS,
  type ServedProject,
  type ServeOptions,
  serveProject,
  shareProject,
} from "./served-project.ts";

const SCRIPT = "</script><img src=x onerror=alert(1)>";

const CELLS = {
  "cells/01-note.md": `# A note ${SCRIPT}\n`,
  "cells/02-amount.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 0, max: 10, default: 3 });
`,
  "cells/03-numbers.ts": `import { cached } from "hex-runtime";
export default cached("numbers", () =>
  Array.from({ length: 10 }, (_, index) => ({ number: index + 1, text: "=1+" + index })));
`,
  "cells/04-small.ts": `import { cell } from "hex-runtime";
import amount from "./02-amount.ts";
import numbers from "./03-numbers.ts";
export default cell({ amount, numbers }, ({ amount, numbers }) =>
  numbers.filter((row) => row.number <= amount));
`,
  "cells/05-count.ts": `import { cell } from "hex-runtime";
import small from "./04-small.ts";
export default cell({ small }, ({ small }) => small.numRows);
`,
};

const JSON_TYPE = { "content-type": "application/json" };

function servePage(options: ServeOptions = {}): Promise<ServedProject> {
  return serveProject({ cells: CELLS, ...options });
}

async function stateOf({ call }: ServedProject, query = ""): Promise<PageState> {
  return (await call("GET", `/page/state${query}`)).json();
}

/** Has everything computed and published, as a viewer would; gives the run's id. */
async function publishPage(served: ServedProject): Promise<string> {
  const { runId } = (await served.call("POST", "/page/refresh")).json();
  await carryOut(served, runId);
  return runId;
}

/** Notes what is asked of it, and answers nothing. */
function watchedViewers() {
  const asked: string[] = [];
  const refuse = (name: string) => () => {
    asked.push(name);
    throw new Error("a cell was run");
  };
  const viewers: Viewers = {
    evaluate: refuse("evaluate"),
    evaluateText: refuse("evaluate"),
    rows: refuse("rows"),
    rowsText: refuse("rows"),
    csv: refuse("csv"),
    warm: async () => undefined,
    restart: () => undefined,
    close: async () => undefined,
  };
  return { asked, viewers };
}

/** Answers each ask with itself, and with what the test adds to the evaluation. */
function scriptedViewers(evaluation: Partial<Evaluation> = {}) {
  const evaluated: EvaluateRequest[] = [];
  const { viewers } = watchedViewers();
  const scripted: Viewers = {
    ...viewers,
    async evaluateText(ask) {
      evaluated.push(ask);
      const { version, commit, inputs } = ask;
      const answer = { evaluation: "evaluated", version, commit, inputs, cells: [], invalid: [] };
      return JSON.stringify({ ...answer, ...evaluation });
    },
    rowsText: async (ask: RowsRequest) =>
      JSON.stringify({ rows: 1, offset: ask.offset, head: [ask] }),
    async *csv(ask: CsvRequest) {
      yield Buffer.from(JSON.stringify(ask));
    },
  };
  return { evaluated, viewers: scripted };
}

/** One page that nothing is published of, and what it has asked of those who answer viewers. */
const watched = watchedViewers();
const serveUnpublished = shareProject(
  { cells: CELLS, viewers: watched.viewers },
  async (served) => ({
    ...served,
    asked: watched.asked,
  }),
);

const cellOf = ({ cells }: PageState, name: string) => cells.find((each) => each.name === name);

test("the shell tells nothing of the project, and lets nothing run that does not come with it", async () => {
  const { call, makeToken } = await servePage({ config: { page: { title: "Hidden title" } } });
  await makeToken("read");
  for (const url of ["/", "/runs", "/runs/some", "/versions", "/schedules", "/?_embed=true"]) {
    const { statusCode, headers, body } = await call("GET", url);
    expect(statusCode, url).toBe(200);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(body).not.toMatch(/Served|Hidden|numbers|style=|<style|<script>|javascript:/);
  }
});

test("the shell is for the server's own names alone", async () => {
  const { call } = await serveUnpublished();
  const answer = await call("GET", "/", { headers: { host: "rebound.example" } });
  expect(answer.statusCode).toBe(421);
});

test("sites that the config names may show the page inside their own, and no others", async () => {
  const embedIn = ["https://example.com", "http://localhost:3000"];
  const { call } = await servePage({ config: { page: { embedIn } } });
  const { headers } = await call("GET", "/?_embed=true");
  expect(headers["content-security-policy"]).toContain(
    "frame-ancestors https://example.com http://localhost:3000",
  );
  expect(headers["x-frame-options"]).toBeUndefined();
});

test("people at an address that is none are led to the app, programs are told in JSON", async () => {
  const { call } = await serveUnpublished();
  const headers = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  const seen = await call("GET", "/no/such?a=<script>", { headers });
  expect([seen.statusCode, seen.headers["content-type"]]).toEqual([
    404,
    "text/html; charset=utf-8",
  ]);
  expect(seen.body).toContain('<a href="/">Go to the app</a>');
  expect(seen.body).not.toContain("script");
  const api = await call("GET", "/api/v1/no", { headers });
  for (const told of [api, await call("GET", "/no/such")]) {
    expect(told.statusCode).toBe(404);
    expect(told.json().reason).toBe("Expected an address that the API has, got another");
  }
});

test("files of the page are a fixed list, packed as the browser takes them, and kept for good", async () => {
  const { call } = await serveUnpublished();
  const { body } = await call("GET", "/");
  const [, script = ""] = /src="(\/assets\/[^"]+)"/.exec(body) ?? [];
  const plain = await call("GET", script);
  expect(plain.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(plain.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  for (const [accepted, encoding] of [
    ["gzip, deflate, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["identity", undefined],
  ]) {
    const answer = await call("GET", script, { headers: { "accept-encoding": accepted ?? "" } });
    expect(answer.headers["content-encoding"], accepted).toBe(encoding);
    expect(answer.headers.vary).toBe("accept-encoding");
  }
});

test.each([
  "/assets/assets.json",
  "/assets/..%2findex.js",
  "/assets/%2e%2e/hex.js",
  "/assets/page.js.map",
  "/assets/.env",
  "/assets/constructor",
  "/.env",
  "/.git/config",
  "/package-lock.json",
  "/src/cli/hex.ts",
  "/hex.config.json",
  "/cells/01-note.md",
  "/data/planets.csv",
  "/dist/hex.js",
  "/index.html",
])("%s is not there", async (url) => {
  const { call } = await serveUnpublished();
  expect((await call("GET", url)).statusCode).toBe(404);
});

test("before anything is published a page says so, with what needs no run", async () => {
  const { asked, ...served } = await serveUnpublished();
  const state = await stateOf(served);
  expect(state).toMatchObject({
    ...{ title: "Served", description: null, version: null, publishedAt: null, data: null },
    ...{ run: null, failure: null },
    viewer: { mayRefresh: true, maySeeRuns: true, mayRollBack: true, maySignIn: false },
  });
  expect(cellOf(state, "note")).toMatchObject({ kind: "prose", isOutdated: false });
  expect(cellOf(state, "count")).toMatchObject({ output: null, isOutdated: true });
  expect(asked).toEqual([]);
});

test("a page opens on what was saved with a version, and no cell runs", async () => {
  const { asked, viewers } = watchedViewers();
  let now: number | undefined;
  const served = await servePage({ viewers, now: () => now ?? Date.now() });
  await publishPage(served);
  await until("the version to be seen", async () => (await stateOf(served)).version === 1);
  // A state in which the data is older is another one.
  now = Date.now();
  const answer = await served.call("GET", "/page/state");
  const state: PageState = answer.json();
  expect(state.cells.map(({ name, isOutdated }) => [name, isOutdated])).toEqual(
    ["note", "amount", "numbers", "small", "count"].map((name) => [name, false]),
  );
  expect(cellOf(state, "count")?.output).toEqual({ kind: "value", value: 3 });
  expect(cellOf(state, "amount")?.below).toEqual(["small", "count"]);
  expect(state.data).toMatchObject({ version: 1, stale: false, sameCode: true });
  expect(asked).toEqual([]);
  // What cells show is data: nothing a browser would take for a document.
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  expect(cellOf(state, "note")?.output).toMatchObject({ markdown: `# A note ${SCRIPT}\n` });

  const headers = { "if-none-match": String(answer.headers.etag) };
  expect((await served.call("GET", "/page/state", { headers })).statusCode).toBe(304);
  now = undefined;

  await writeFile(
    `${served.directory}/cells/05-count.ts`,
    `${CELLS["cells/05-count.ts"]}// changed\n`,
  );
  await until("the changed cell to be seen", async () => {
    return cellOf(await stateOf(served), "count")?.isOutdated === true;
  });
  expect(cellOf(await stateOf(served), "small")?.isOutdated).toBe(false);
});

test("once read, a version's page is told without reading the store again", async () => {
  const now = Date.now();
  let reads = 0;
  const served = await servePage({
    now: () => now,
    wrap: (runs) => {
      const counted = <Thing extends object>(thing: Thing): Thing =>
        new Proxy(thing, {
          get: (target, key) => {
            const value: unknown = Reflect.get(target, key, target);
            if (typeof value !== "function") return value;
            return (...given: unknown[]) => {
              reads += 1;
              return value.apply(target, given);
            };
          },
        });
      return { ...runs, store: counted(runs.store), history: counted(runs.history) };
    },
  });
  await publishPage(served);
  await stateOf(served);
  const before = reads;
  expect(before).toBeGreaterThan(0);
  await stateOf(served);
  expect(reads).toBe(before);
});

const serveTwoVersions = shareProject({ cells: CELLS }, async (served) => {
  await publishPage(served);
  await publishPage(served);
  return served;
});

test("a page can be pinned to a version, as long as that is kept", async () => {
  const served = await serveTwoVersions();
  expect(await stateOf(served, "?version=1")).toMatchObject({ version: 1 });
  expect(await stateOf(served, "?version=2")).toMatchObject({ version: 2 });
  expect((await served.call("GET", "/page/state?version=9")).statusCode).toBe(410);
  for (const wrong of ["0", "-1", "x", "1.5", "1e3", "", "1&version=2"]) {
    const { statusCode } = await served.call("GET", `/page/state?version=${wrong}`);
    expect(statusCode, wrong).toBe(400);
  }
});

test("viewers get what cells show with their own inputs, rows, and downloads no spreadsheet runs", async () => {
  const served = await serveTwoVersions();
  const { commit } = await stateOf(served, "?version=1");
  const body = { version: 1, commit, inputs: { amount: 2 }, cells: ["small", "count"] };
  const run = await served.call("POST", "/page/run", { body });
  expect(run.json()).toMatchObject({
    ...{ version: 1, commit, inputs: { amount: 2 }, invalid: [] },
    cells: [{ name: "small" }, { name: "count", output: { kind: "value", value: 2 } }],
  });
  const { evaluation } = run.json();
  const rows = { evaluation, cell: "small", offset: 1, limit: 5 };
  expect((await served.call("POST", "/page/rows", { body: rows })).json()).toEqual({
    ...{ rows: 2, offset: 1, head: [{ number: 2, text: "=1+1" }] },
  });
  const ask = encodeURIComponent(JSON.stringify({ evaluation, cell: "small" }));
  const csv = await served.call("GET", `/page/csv?ask=${ask}`);
  expect(csv.headers["content-disposition"]).toBe('attachment; filename="small.csv"');
  expect(csv.headers["x-content-type-options"]).toBe("nosniff");
  expect(csv.body).toBe(`"number","text"\n1,"'=1+0"\n2,"'=1+1"\n`);
  const wrong = { ...rows, cell: "nothing" };
  expect((await served.call("POST", "/page/rows", { body: wrong })).statusCode).toBe(404);
  const gone = { ...rows, evaluation: "no-such-evaluation" };
  expect((await served.call("POST", "/page/rows", { body: gone })).statusCode).toBe(410);
});

const RUN = { version: null, commit: null, inputs: {}, cells: ["count"] };
const ROWS = { evaluation: "some", cell: "small", offset: 0, limit: 10 };
const PRESS = "7b7a2a3e-6c1e-4b57-9a55-0d0f6d2f0c11";
const withoutCells: Partial<typeof RUN> = { ...RUN };
delete withoutCells.cells;

test.each([
  ["no body", "/page/run", undefined],
  ["a list", "/page/run", []],
  ["a text", "/page/run", "run"],
  ["no cells", "/page/run", withoutCells],
  ["an empty list of cells", "/page/run", { ...RUN, cells: [] }],
  ["cells that are numbers", "/page/run", { ...RUN, cells: [1] }],
  ["a cell that is a path", "/page/run", { ...RUN, cells: ["../x"] }],
  ["4,001 cells", "/page/run", { ...RUN, cells: Array(4_001).fill("a") }],
  ["an unknown key", "/page/run", { ...RUN, code: "1" }],
  ["inputs that are a list", "/page/run", { ...RUN, inputs: [] }],
  ["texts that are numbers", "/page/run", { ...RUN, texts: { amount: 1 } }],
  ["version 0", "/page/run", { ...RUN, version: 0 }],
  ["a version that is a text", "/page/run", { ...RUN, version: "1" }],
  ["no version", "/page/run", { ...RUN, version: undefined }],
  ["no commit", "/page/run", { ...RUN, commit: undefined }],
  ["a commit that is a number", "/page/run", { ...RUN, commit: 1 }],
  ["results that are a list", "/page/run", { ...RUN, has: [] }],
  ["a result that is a number", "/page/run", { ...RUN, has: { count: 1 } }],
  ["a press that is true", "/page/run", { ...RUN, press: { amount: true } }],
  ["a press whose id is no UUID", "/page/run", { ...RUN, press: { amount: "1" } }],
  ["no evaluation", "/page/rows", { ...ROWS, evaluation: undefined }],
  ["an evaluation that is a number", "/page/rows", { ...ROWS, evaluation: 1 }],
  ["an evaluation without end", "/page/rows", { ...ROWS, evaluation: "x".repeat(201) }],
  ["a place instead of an evaluation", "/page/rows", { ...ROWS, version: 1, inputs: {} }],
  ["offset -1", "/page/rows", { ...ROWS, offset: -1 }],
  ["offset 0.5", "/page/rows", { ...ROWS, offset: 0.5 }],
  ["limit 0", "/page/rows", { ...ROWS, limit: 0 }],
  ["limit 1,001", "/page/rows", { ...ROWS, limit: 1_001 }],
  ["an order that is a text", "/page/rows", { ...ROWS, sort: "number" }],
  ["an order without direction", "/page/rows", { ...ROWS, sort: { column: "number" } }],
  ["an unknown test", "/page/rows", { ...ROWS, filters: [{ column: "a", test: "matches" }] }],
  ["101 filters", "/page/rows", { ...ROWS, filters: Array(101).fill(filterOf("a")) }],
])("%s is refused in words: %s", async (_what, url, body) => {
  const { asked, call } = await serveUnpublished();
  const { statusCode, ...answer } = await call("POST", url, { body });
  expect(statusCode).toBe(400);
  expect(answer.json().reason).toMatch(/^Expected .+, got /);
  expect(asked).toEqual([]);
});

function filterOf(column: string) {
  return { column, test: "missing" };
}

test("asks that are too long, no JSON, or in another type are refused", async () => {
  const { call } = await serveUnpublished();
  const long = { ...RUN, inputs: { text: "x".repeat(600_000) } };
  expect((await call("POST", "/page/run", { body: long })).statusCode).toBe(413);
  const sent = async (payload: string, headers: Readonly<Record<string, string>>) =>
    (await call("POST", "/page/run", { payload, headers })).statusCode;
  expect(await sent("{", JSON_TYPE)).toBe(400);
  expect(await sent(JSON.stringify(RUN), { "content-type": "text/plain" })).toBe(415);
  for (const ask of ["", "{", "[]", "%7B%7D", "1"]) {
    expect((await call("GET", `/page/csv?ask=${ask}`)).statusCode, ask).toBe(400);
  }
  expect((await call("GET", "/page/csv")).statusCode).toBe(400);
});

test("a viewer signs in with a token, which counts for the page alone, and signs out", async () => {
  let now = Date.now();
  const served = await servePage({ now: () => now });
  const { call } = served;
  const token = await served.makeToken("run");
  expect((await call("GET", "/page/state")).statusCode).toBe(401);
  const answer = await call("POST", "/page/sign-in", { body: { token } });
  expect(answer.statusCode).toBe(204);
  const [cookie = "", ...flags] = String(answer.headers["set-cookie"]).split("; ");
  expect(flags.sort()).toEqual(["HttpOnly", "Max-Age=2592000", "Path=/page", "SameSite=Strict"]);

  const headers = { cookie: `other=1; ${cookie}` };
  const { viewer } = (await call("GET", "/page/state", { headers })).json();
  expect(viewer).toEqual({
    ...{ mayRefresh: true, maySeeRuns: true, mayRollBack: false },
    ...{ maySignIn: false, isSignedIn: true },
  });
  for (const url of [RUNS, "/metrics", "/api/v1/users/me"]) {
    expect((await call("GET", url, { headers })).statusCode, url).toBe(401);
  }
  const foreign = { ...headers, origin: "https://evil.example" };
  expect((await call("POST", "/page/refresh", { headers: foreign })).statusCode).toBe(403);
  const site = { ...headers, "sec-fetch-site": "cross-site" };
  expect((await call("GET", "/page/state", { headers: site })).statusCode).toBe(403);
  expect(served.lines.join()).not.toContain(token.slice(5));

  const out = await call("DELETE", "/page/sign-in", { headers });
  expect(String(out.headers["set-cookie"])).toContain("Max-Age=0");
  const { tokens } = await listTokens(served.runs.store);
  await revokeToken(served.runs.store, tokens[0]?.id ?? "");
  now += 5_000;
  expect((await call("GET", "/page/state", { headers })).statusCode).toBe(401);
});

test("the cookie is for HTTPS alone where the server is reached by it", async () => {
  const served = await servePage({ settings: { publicUrl: "https://hex.example.com" } });
  const token = await served.makeToken("read");
  const { headers } = await served.call("POST", "/page/sign-in", { body: { token } });
  expect(String(headers["set-cookie"])).toContain("; Secure");
});

test("wrong tokens are refused in words, and so are more than ten a minute", async () => {
  const now = Date.now();
  const { call, makeToken } = await servePage({ now: () => now });
  await makeToken("read");
  const token = `hxtw_${"0".repeat(96)}`;
  for (let attempt = 0; attempt < 10; attempt++) {
    const { statusCode, ...answer } = await call("POST", "/page/sign-in", { body: { token } });
    expect(statusCode).toBe(401);
    expect(answer.json().reason).toMatch(/^Expected a token that is good/);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  }
  const { statusCode, headers } = await call("POST", "/page/sign-in", { body: { token } });
  expect(statusCode).toBe(429);
  expect(headers["retry-after"]).toBe("60");
});

test.each([
  ["nothing", undefined, 400],
  ["a list", [], 400],
  ["a number", { token: 1 }, 400],
  ["another key", { token: "x", as: "admin" }, 400],
  ["an endless text", { token: "x".repeat(10_000) }, 400],
  ["an empty text", { token: "" }, 401],
])("signing in with %s is refused", async (_what, body, expected) => {
  const { call } = await serveUnpublished();
  expect((await call("POST", "/page/sign-in", { body })).statusCode).toBe(expected);
});

test("other sites cannot sign a viewer in or out", async () => {
  const { call } = await serveUnpublished();
  const headers = { origin: "https://evil.example" };
  const body = { token: "x" };
  expect((await call("POST", "/page/sign-in", { body, headers })).statusCode).toBe(403);
  expect((await call("DELETE", "/page/sign-in", { headers })).statusCode).toBe(403);
});

test("a page that is open to anyone is only looked at", async () => {
  const { asked, viewers } = watchedViewers();
  const served = await servePage({ viewers, config: { page: { access: "anyone" } } });
  await served.makeToken("run");
  const { viewer } = await stateOf(served);
  expect(viewer).toEqual({
    ...{ mayRefresh: false, maySeeRuns: false, mayRollBack: false },
    ...{ maySignIn: true, isSignedIn: false },
  });
  for (const [method, url] of [
    ["POST", "/page/refresh"],
    ["GET", "/page/runs"],
    ["GET", "/page/versions"],
    ["GET", RUNS],
  ] as const) {
    expect((await served.call(method, url)).statusCode, url).toBe(401);
  }
  expect((await served.call("POST", "/page/run", { body: RUN })).statusCode).toBe(500);
  expect(asked).toEqual(["evaluate"]);
  const wrong = { token: `hxtw_${"0".repeat(96)}` };
  expect((await served.call("GET", "/page/state", wrong)).statusCode).toBe(401);
});

test("viewers without a token have a limit for each address", async () => {
  const served = await servePage({
    config: { page: { access: "anyone" } },
    limits: { pageRequestsPerMinute: 3 },
    now: () => 1_000_000,
  });
  await served.makeToken("run");
  const ask = async (remoteAddress: string) => {
    const headers = { host: "127.0.0.1:8787" };
    return (await served.app.inject({ url: "/page/state", headers, remoteAddress })).statusCode;
  };
  const many = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"];
  const statuses: number[] = [];
  for (const address of many) statuses.push(await ask(address));
  expect(statuses).toEqual([200, 200, 200, 429, 200]);
});

test("viewers who refresh at the same time get one run, and whoever may stops it", async () => {
  const served = await servePage();
  const ids = await Promise.all(
    [1, 2, 3].map(async () => (await served.call("POST", "/page/refresh")).json().runId),
  );
  expect(new Set(ids).size).toBe(1);
  const { run } = await stateOf(served);
  expect(run).toMatchObject({ runId: ids[0], state: "queued", startedAt: null, fraction: 0 });
  expect(run?.cells.map(({ status }) => status)).toEqual(Array(5).fill("waiting"));
  const record = await served.runs.history.read(ids[0]);
  expect(record).toMatchObject({ trigger: "page", context: "logic" });
  const url = `/page/refresh/${ids[0]}`;
  expect((await served.call("DELETE", url)).statusCode).toBe(204);
  expect((await stateOf(served)).run).toBeNull();
  expect((await served.call("DELETE", url)).statusCode).toBe(422);
});

test("a project that publishes nothing has nothing to refresh", async () => {
  const { call } = await servePage({ cells: { "cells/note.md": "# Note\n" } });
  expect((await call("POST", "/page/refresh")).statusCode).toBe(422);
});

test("why the last run failed is told to those who may run it", async () => {
  const served = await servePage({
    config: { page: { access: "anyone" } },
    cells: {
      "cells/01-broken.ts": `import { cached } from "hex-runtime";
export default cached("broken", () => { throw new Error("no such luck"); });
`,
    },
  });
  const token = await served.makeToken("run");
  const headers = { authorization: `Bearer ${token}` };
  const { runId } = (await served.call("POST", "/page/refresh", { headers })).json();
  await carryOut(served, runId);
  const failureOf = async (more: object) =>
    (await served.call("GET", "/page/state", more)).json().failure;
  await until("the failure to be told", async () => (await failureOf({ headers })) !== null);
  expect(await failureOf({ headers })).toMatchObject({
    runId,
    message: expect.stringContaining("no such luck"),
  });
  expect(await failureOf({})).toMatchObject({ runId, message: null });
});

test("an open page hears of the run that goes, and of what it has published", async () => {
  const served = await servePage();
  const address = await served.listen();
  const leave = new AbortController();
  const stream = await fetch(`${address}/page/events`, { signal: leave.signal });
  expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const heard: { type: string; version?: number; run?: { state: string } | null }[] = [];
  const listening = (async () => {
    let text = "";
    for await (const bytes of stream.body ?? []) {
      text += new TextDecoder().decode(bytes);
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      heard.push(...events.flatMap((each) => JSON.parse(/^data: (.*)$/m.exec(each)?.[1] ?? "[]")));
    }
  })().catch(() => undefined);

  const states = () => heard.flatMap(({ type, run }) => (type === "run-changed" ? [run] : []));
  const { runId } = (await served.call("POST", "/page/refresh")).json();
  await until("the run to be heard of", () => states()[0]?.state === "queued");
  await carryOut(served, runId);
  // Which of the two is told first is nobody's promise.
  await until("the version and the run's end to be heard of", async () => {
    return heard.some(({ version }) => version === 1) && states().at(-1) === null;
  });
  leave.abort();
  await listening;
});

test("what the config keeps off the page is neither told nor set", async () => {
  const served = await servePage({ config: { page: { rows: ["count", "note"] } } });
  await publishPage(served);
  const state = (await served.call("GET", "/page/state")).json();
  expect(state.cells.map(({ name }: { name: string }) => name)).toEqual(["note", "count"]);
  expect(state.inputs).toEqual({});
  const place = { version: 1, commit: state.commit, inputs: {} };
  const { evaluation } = state;
  const run = (ask: object) => served.call("POST", "/page/run", { body: { ...place, ...ask } });
  expect((await run({ cells: ["numbers"] })).json()).toMatchObject({ inputs: {}, cells: [] });
  const plain = (await run({ cells: ["count"] })).json();
  expect(plain).toMatchObject({ inputs: {}, cells: [{ name: "count" }], invalid: [] });
  for (const asked of [{ inputs: { amount: 2 } }, { texts: { amount: "2" } }]) {
    const { cells, inputs, invalid } = (await run({ ...asked, cells: ["count"] })).json();
    expect(inputs).toEqual({});
    expect(cells).toMatchObject([{ name: "count", output: plain.cells[0].output }]);
    expect(invalid).toMatchObject([{ name: "amount" }]);
  }
  const pressed = await run({ press: { amount: PRESS }, cells: ["count"] });
  expect(pressed.statusCode).toBe(422);
  const rows = { evaluation, cell: "numbers", offset: 0, limit: 10 };
  expect((await served.call("POST", "/page/rows", { body: rows })).statusCode).toBe(404);
  const csv = encodeURIComponent(JSON.stringify({ evaluation, cell: "numbers" }));
  expect((await served.call("GET", `/page/csv?ask=${csv}`)).statusCode).toBe(404);
});

test("an evaluation tells nothing of inputs that the config keeps off the page", async () => {
  const { viewers } = scriptedViewers({
    inputs: { amount: 3 },
    invalid: [{ name: "amount", message: "Expected less than 3" }],
  });
  const served = await servePage({ viewers, config: { page: { hide: ["amount"] } } });
  const answer = await served.call("POST", "/page/run", { body: RUN });
  expect(answer.json()).toMatchObject({ evaluation: "evaluated", inputs: {}, invalid: [] });
});

test("while a cell is saved with a fault in it, viewers are told to wait, and are answered after", async () => {
  const served = await servePage();
  await publishPage(served);
  const { commit } = await openVersion(served.runs.store);
  const body = { version: 1, commit: commit?.commitId, inputs: { amount: 2 }, cells: ["count"] };
  const file = `${served.directory}/cells/05-count.ts`;
  // No process has read the cells as they were.
  await writeFile(file, "export default cell({ small, ) => \n");
  const ask = () => served.call("POST", "/page/run", { body });
  const refused = await ask();
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "5"]);
  expect(refused.json().reason).toMatch(/^Expected the cells of this page to be read/);
  await writeFile(file, CELLS["cells/05-count.ts"]);
  await until("the mended cells to be evaluated", async () => (await ask()).statusCode === 200);
  expect((await ask()).json()).toMatchObject({ cells: [{ name: "count", output: { value: 2 } }] });
});

const BUTTON = {
  ...CELLS,
  "cells/06-send.ts": `import { button } from "hex-runtime";
export default button({ label: "Send" });
`,
};
const PRESSED = { ...RUN, press: { send: PRESS } };

test("a button is pressed by an id and by nothing else, and nothing else is pressed", async () => {
  const { viewers, evaluated } = scriptedViewers();
  const served = await servePage({ viewers, cells: BUTTON });
  const ask = (body: object) => served.call("POST", "/page/run", { body });
  expect((await ask({ ...RUN, inputs: { send: true } })).statusCode).toBe(422);
  expect((await ask({ ...RUN, texts: { send: "true" } })).statusCode).toBe(422);
  expect((await ask({ ...RUN, press: { amount: PRESS } })).statusCode).toBe(422);
  expect((await ask({ ...RUN, press: { nobody: PRESS } })).statusCode).toBe(422);
  expect(evaluated).toEqual([]);
  expect((await ask(PRESSED)).statusCode).toBe(200);
  expect((await ask({ ...RUN, press: { send: PRESS.toUpperCase() } })).statusCode).toBe(200);
  expect(evaluated).toMatchObject([{ press: { send: PRESS } }, { press: { send: PRESS } }]);
});

test("a press is this server's to carry out: asked for again it is passed on, elsewhere it is refused", async () => {
  const { viewers, evaluated } = scriptedViewers();
  const served = await servePage({ viewers, cells: BUTTON });
  const ask = async (call: ServedProject["call"]) => call("POST", "/page/run", { body: PRESSED });
  expect((await ask(served.call)).statusCode).toBe(200);
  expect((await ask(served.call)).statusCode).toBe(200);
  expect(evaluated).toHaveLength(2);
  const other = await served.openAnother({ viewers });
  const refused = await ask(other.call);
  expect(refused.statusCode).toBe(409);
  expect(refused.json().reason).toMatch(
    /^Expected this press of send to be .* whether it took effect/,
  );
  expect(evaluated).toHaveLength(2);
});

test("a press is not begun while the store cannot take note of it", async () => {
  const { viewers, evaluated } = scriptedViewers();
  let isAway = false;
  const away = new HexError("HEX_STORE_UNAVAILABLE", "no store");
  const served = await servePage({
    viewers,
    cells: BUTTON,
    wrap: (runs) => ({
      ...runs,
      store: new Proxy(runs.store, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== "function") return value;
          if (key !== "write") return value.bind(target);
          return async (...given: unknown[]) => {
            const answer: unknown = await value.apply(target, given);
            // It is written, and nobody hears of it.
            if (isAway) throw away;
            return answer;
          };
        },
      }),
    }),
  });
  const ask = () => served.call("POST", "/page/run", { body: PRESSED });
  isAway = true;
  expect((await ask()).statusCode).toBe(503);
  expect(evaluated).toEqual([]);
  isAway = false;
  expect((await ask()).statusCode).toBe(200);
  expect(evaluated).toHaveLength(1);
});

test("cells that the config places and the project does not have keep the server from starting", async () => {
  const served = servePage({ config: { page: { rows: ["count", "cuont"], hide: ["note"] } } });
  await expect(served).rejects.toThrow(
    'Expected the cells that `page` in hex.config.json names to be cells of this project (note, amount, numbers, small, count), got "cuont"',
  );
});
