import { utimes } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { chart, markdown } from "../../src/cell/output.ts";
import { openOwnArrow } from "../../src/frame/arrow/arrow-file.ts";
import { parseOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { frame } from "../../src/frame/rows.ts";
import { newRunId } from "../../src/run/history/run-id.ts";
import { MANIFEST_KEY } from "../../src/store/key.ts";
import type { Retention } from "../../src/store/manifest/history.ts";
import { publish } from "../../src/store/publication.ts";
import { everyTypeFrame } from "../frame/every-type.ts";
import { RUNS, type ServedProject, serveProject, shareProject } from "./served-project.ts";
import { leaveShownRun, type ShownRunSpec } from "./shown-run.ts";

const numbers = frame(Array.from({ length: 2_500 }, (_, n) => ({ n, text: `row ${n}` })));

/** Runs stand beside each other in it, each with outputs of its own. */
const serve = shareProject();

async function serveRun(spec: ShownRunSpec) {
  const served = await serve();
  const runId = await leaveShownRun(served, spec);
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    served.call("GET", `${RUNS}/${runId}/cells/${path}`, { headers });
  return { ...served, runId, get };
}

test("a frame comes page by page, whole", async () => {
  const { get } = await serveRun({ values: { numbers } });

  const rows: unknown[] = [];
  for (let offset = 0; offset !== null; ) {
    const page = (await get(`numbers/output?offset=${offset}&limit=900`)).json();
    expect(page).toMatchObject({ kind: "frame", totalRows: 2_500, offset });
    rows.push(...page.rows);
    offset = page.nextOffset;
  }

  expect(rows).toEqual(numbers.rows());
});

test("a page without a limit has 1,000 rows, and the columns with their types", async () => {
  const { get } = await serveRun({ values: { numbers } });

  const page = (await get("numbers/output")).json();

  expect(page.rows).toHaveLength(1_000);
  expect(page).toMatchObject({ columns: numbers.schema, nextOffset: 1_000 });
});

test("a page beyond the end is empty and the last", async () => {
  const { get } = await serveRun({ values: { numbers } });

  const page = (await get("numbers/output?offset=2500")).json();

  expect(page).toMatchObject({ rows: [], totalRows: 2_500, nextOffset: null });
});

test("CSV holds every type so that our own reader finds the same frame", async () => {
  const { get } = await serveRun({ values: { every: everyTypeFrame() } });

  const { headers, rawPayload } = await get("every/output?format=csv");

  expect(headers["content-type"]).toMatch(/^text\/csv/);
  expect(headers["content-disposition"]).toBe('attachment; filename="every.csv"');
  const read = await parseOwnCsv(rawPayload, everyTypeFrame().schema);
  expect(read.rows()).toEqual(everyTypeFrame().rows());
});

test("Arrow holds every type", async () => {
  const { get } = await serveRun({ values: { every: everyTypeFrame() } });

  const { headers, rawPayload } = await get("every/output?format=arrow");

  expect(headers["content-type"]).toBe("application/vnd.apache.arrow.file");
  expect(rawPayload.subarray(0, 6).toString()).toBe("ARROW1");
  expect(rawPayload.subarray(-6).toString()).toBe("ARROW1");
  const read = await openOwnArrow(rawPayload, everyTypeFrame().schema);
  expect(read.rows()).toEqual(everyTypeFrame().rows());
});

test("the Accept header chooses the format that is wished for most", async () => {
  const { get } = await serveRun({ values: { numbers } });

  const accept = "text/csv;q=0.5, application/vnd.apache.arrow.file, */*;q=0.1";
  const { headers } = await get("numbers/output", { accept });

  expect(headers["content-type"]).toBe("application/vnd.apache.arrow.file");
});

test("an Accept header without any of our formats is answered with 406", async () => {
  const { get } = await serveRun({ values: { numbers } });

  const { statusCode } = await get("numbers/output", { accept: "image/png, */*;q=0" });

  expect(statusCode).toBe(406);
});

test("formulas are disarmed for spreadsheets alone", async () => {
  const { get } = await serveRun({ values: { texts: frame([{ text: "=cmd()" }]) } });

  const exact = await get("texts/output?format=csv");
  const disarmed = await get("texts/output?format=csv&for=spreadsheet");

  expect(exact.body).toBe('"text"\n"=cmd()"\n');
  expect(disarmed.body).toBe('"text"\n"\'=cmd()"\n');
});

test.each([
  ["a value", 42, { kind: "value", value: 42 }],
  ["Markdown", markdown("# Hi"), { kind: "markdown", markdown: "# Hi" }],
  ["JSON", { deep: [1] }, { kind: "json", json: { deep: [1] } }],
])("%s comes as JSON, and as nothing else", async (_, shown, expected) => {
  const { get } = await serveRun({ values: { shown } });

  expect((await get("shown/output")).json()).toEqual(expected);
  expect((await get("shown/output?format=csv")).statusCode).toBe(406);
});

test("a chart comes with its specification and all of its rows", async () => {
  const spec = { mark: "bar", encoding: { x: { field: "n" } } };
  const { get } = await serveRun({ values: { drawn: chart(numbers, spec) } });

  const page = (await get("drawn/output?limit=2500")).json();

  expect(page).toMatchObject({ kind: "chart", spec, totalRows: 2_500 });
  expect(page.rows).toHaveLength(2_500);
});

test("whoever has an output already is told so with 304", async () => {
  const { get } = await serveRun({ values: { numbers } });
  const { headers } = await get("numbers/output");
  const etag = String(headers.etag);

  const again = await get("numbers/output", { "if-none-match": `"other", W/${etag}` });
  const otherPage = await get("numbers/output?offset=1", { "if-none-match": etag });

  expect([again.statusCode, again.body]).toEqual([304, ""]);
  expect(otherPage.statusCode).toBe(200);
});

test("a frame that a version holds is read from there", async () => {
  const served = await serve();
  const version = await publishNumbers(served);
  const read = { numbers: { version, frame: "numbers" } };
  const runId = await leaveShownRun(served, { values: { numbers }, read });

  const page = (await served.call("GET", `${RUNS}/${runId}/cells/numbers/output?limit=1`)).json();

  expect(page).toMatchObject({ totalRows: 2_500, rows: [{ n: 0 }] });
});

test("a frame whose version is no longer kept is answered with 410", async () => {
  const read = { numbers: { version: 3, frame: "numbers" } };
  const { get } = await serveRun({ values: { numbers }, read });

  const { statusCode, headers } = await get("numbers/output");

  expect(statusCode).toBe(410);
  expect(headers.etag).toBeUndefined();
});

test("an answer that was given before is gone as soon as its version is", async () => {
  const { runs, call } = await serveProject();
  const version = await publishNumbers({ runs }, "one");
  const read = { one: { version, frame: "one" } };
  const runId = await leaveShownRun({ runs }, { values: { one: numbers }, read });
  const get = () => call("GET", `${RUNS}/${runId}/cells/one/output`);
  // An old manifest is known by its file, without being read.
  const then = new Date("2026-01-31");
  await utimes(fileURLToPath(new URL(`${runs.store.location}/${MANIFEST_KEY}`)), then, then);
  const [first, again] = [await get(), await get()];

  await publishNumbers({ runs }, "two", { keepVersions: 1, keepMs: 0 });

  expect([first.statusCode, again.statusCode, again.body]).toEqual([200, 200, first.body]);
  expect((await get()).statusCode).toBe(410);
});

test("a frame of which only the first rows were kept is answered with 410", async () => {
  const { get } = await serveRun({ values: { numbers }, isKept: false });

  const { statusCode } = await get("numbers/output");

  expect(statusCode).toBe(410);
});

test.each([
  ["other/output", 404],
  ["__proto__/output", 404],
  ["constructor/output", 404],
  ["a%0d%0ab/output", 404],
  ["..%2f..%2fx/output", 404],
  ["numbers/output?limit=0", 400],
  ["numbers/output?limit=10001", 400],
  ["numbers/output?offset=-1", 400],
  ["numbers/output?format=xml", 400],
  ["numbers/output?format=csv&format=json", 400],
  ["numbers/output?for=excel", 400],
])("%s is answered with %i", async (path, status) => {
  const { get } = await serveRun({ values: { numbers } });

  expect((await get(path)).statusCode).toBe(status);
});

test("a run that still waits has no outputs yet", async () => {
  const served = await serve();
  const { runId } = (await served.call("POST", RUNS)).json();

  const { statusCode } = await served.call("GET", `${RUNS}/${runId}/cells/numbers/output`);

  expect(statusCode).toBe(404);
});

function publishNumbers(
  { runs }: Pick<ServedProject, "runs">,
  name = "numbers",
  retention: Retention = {},
): Promise<number> {
  const computedAt = new Date().toISOString();
  return publish(runs.store, {
    ...{ runId: newRunId(), attempt: 1, context: "logic", inputs: {}, codeHash: "code" },
    ...retention,
    frames: new Map([[name, { frame: numbers, cell: name, computedAt, codeHash: "" }]]),
  });
}
