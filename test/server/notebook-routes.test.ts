import { expect, onTestFinished, test } from "vitest";
import { openNotebookServer } from "../../src/server/notebook-server.ts";
import { CELLS, notebookOf } from "../kernel/notebook-project.ts";
import { runtimeUrl } from "../work/worker-project.ts";

const ROWS = { evaluation: "some", cell: "heavy", offset: 0, limit: 2 };
const HEADERS = { host: "127.0.0.1:8788", "content-type": "application/json" };

/** A notebook whose first run has ended, and its server without a port. */
async function served() {
  const open = await notebookOf(CELLS);
  await open.ended();
  const server = await openNotebookServer({
    notebook: open.notebook,
    runtimeUrl,
    port: 0,
    log: () => undefined,
  });
  onTestFinished(() => server.close());
  return { ...open, server, app: server.app };
}

test("listens on this machine alone", async () => {
  const { notebook } = await notebookOf(CELLS);
  const options = { notebook, runtimeUrl, port: 0, log: () => undefined };
  for (const host of ["0.0.0.0", "::", "192.168.0.7", "example.com"]) {
    await expect(openNotebookServer({ ...options, host })).rejects.toThrow(/127\.0\.0\.1/);
  }
});

test("answers under its own name, and no page of another site", async () => {
  const { app } = await served();
  const get = (headers: Record<string, string>) =>
    app.inject({ url: "/notebook/state", headers: { ...HEADERS, ...headers } });
  expect((await get({})).statusCode).toBe(200);
  expect((await get({ host: "evil.example" })).statusCode).toBe(421);
  const post = (headers: Record<string, string>) =>
    app.inject({
      method: "POST",
      url: "/notebook/run",
      headers: { ...HEADERS, ...headers },
      payload: "{}",
    });
  expect((await post({ origin: "http://evil.example" })).statusCode).toBe(403);
  expect((await post({ origin: "null" })).statusCode).toBe(403);
  expect((await post({ "content-type": "text/plain" })).statusCode).toBe(415);
  expect((await post({ origin: "http://127.0.0.1:8788" })).statusCode).toBe(202);
});

test("sends a page that loads nothing from elsewhere, and says that it is the notebook", async () => {
  const { app } = await served();
  const { headers, body } = await app.inject({ url: "/", headers: HEADERS });
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  expect(headers["content-security-policy"]).toContain("script-src 'self'");
  expect(headers["x-frame-options"]).toBe("DENY");
  expect(body).toContain('data-view="notebook"');
});

test("tells the whole state, sets inputs, runs, and gives rows and CSV", async () => {
  const { app, ended, value, notebook } = await served();
  const rowsKeyOf = (cell: string) =>
    notebook.book.state.shown.find(({ name }) => name === cell)?.rowsKey;
  const send = (url: string, payload: object) =>
    app.inject({ method: "POST", url, headers: HEADERS, payload });
  const state = (await app.inject({ url: "/notebook/state", headers: HEADERS })).json();
  expect(state.head).toMatchObject({ title: "Numbers", order: ["factor", "heavy", "sum", "told"] });
  expect(state.standings[1]).toMatchObject({ name: "heavy", state: "computed" });

  expect((await send("/notebook/inputs", { factor: 4 })).statusCode).toBe(202);
  await ended();
  expect(value("told")).toBe("sum 24");
  expect((await send("/notebook/inputs", { nobody: 4 })).statusCode).toBe(422);

  expect((await send("/notebook/run", { cells: ["sum"], fresh: true })).statusCode).toBe(202);
  await ended();
  const evaluation = rowsKeyOf("heavy");
  const rows = await send("/notebook/rows", { evaluation, cell: "heavy", offset: 0, limit: 2 });
  expect(rows.json()).toEqual({ rows: 3, offset: 0, head: [{ n: 1 }, { n: 2 }] });
  const ask = encodeURIComponent(JSON.stringify({ evaluation, cell: "heavy" }));
  const csv = await app.inject({ url: `/notebook/csv?ask=${ask}`, headers: HEADERS });
  expect(csv.body).toBe('"n"\n1\n2\n3\n');
  expect(csv.headers["content-disposition"]).toBe('attachment; filename="heavy.csv"');
  const sum = { evaluation: rowsKeyOf("sum"), cell: "sum", offset: 0, limit: 2 };
  expect((await send("/notebook/rows", sum)).statusCode).toBe(404);
  const replaced = { evaluation: "older", cell: "heavy", offset: 0, limit: 2 };
  expect((await send("/notebook/rows", replaced)).statusCode).toBe(410);
});

test("refuses what it was not asked in its own words", async () => {
  const { app } = await served();
  const bodies: readonly [string, object][] = [
    ["/notebook/run", { cells: 7 }],
    ["/notebook/run", { other: true }],
    ["/notebook/inputs", []],
    ["/notebook/rows", { cell: "heavy", offset: 0, limit: 2 }],
    ["/notebook/rows", { ...ROWS, offset: -1 }],
    ["/notebook/rows", { ...ROWS, limit: 2_000_000 }],
    ["/notebook/rows", { ...ROWS, filters: [{ test: "evil" }] }],
  ];
  for (const [url, payload] of bodies) {
    const answer = await app.inject({ method: "POST", url, headers: HEADERS, payload });
    expect([url, answer.statusCode]).toEqual([url, 400]);
    expect(answer.json().reason).toMatch(/^Expected /);
  }
  const csv = await app.inject({ url: "/notebook/csv?ask=%7B", headers: HEADERS });
  expect(csv.statusCode).toBe(400);
  const other = await app.inject({ method: "GET", url: "/notebook/run", headers: HEADERS });
  expect(other.statusCode).toBe(405);
});
