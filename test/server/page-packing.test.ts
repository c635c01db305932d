import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { LightMyRequestResponse } from "fastify";
import { expect, test } from "vitest";
import { until } from "../work/project-processes.ts";
import { carryOut } from "./carry-out.ts";
import { type ServeOptions, serveProject } from "./served-project.ts";

const CELLS = {
  "cells/01-numbers.ts": `import { cached } from "hex-runtime";
export default cached("numbers", () =>
  Array.from({ length: 500 }, (_, index) => ({ number: index, text: "a number of many, ".repeat(3) + index })));
`,
  "cells/02-count.ts": `import { cell } from "hex-runtime";
import numbers from "./01-numbers.ts";
export default cell({ numbers }, ({ numbers }) => numbers.numRows);
`,
};

async function servePublished(options: ServeOptions = {}) {
  const served = await serveProject({ cells: CELLS, ...options });
  const { runId } = (await served.call("POST", "/page/refresh")).json();
  await carryOut(served, runId);
  await until("the version to be seen", async () => {
    return (await served.call("GET", "/page/state")).json().version === 1;
  });
  return served;
}

/** What a browser makes of an answer. */
function read({ headers, rawPayload }: LightMyRequestResponse): unknown {
  const { "content-encoding": encoding } = headers;
  if (encoding === "br") return JSON.parse(brotliDecompressSync(rawPayload).toString());
  if (encoding === "gzip") return JSON.parse(gunzipSync(rawPayload).toString());
  expect(encoding).toBeUndefined();
  return JSON.parse(rawPayload.toString());
}

const ACCEPTED = [
  ["gzip, deflate, br, zstd", "br"],
  ["gzip", "gzip"],
  ["br;q=0, gzip;q=0.5", "gzip"],
  ["identity", undefined],
] as const;

test("a state is sent as packed as the browser takes it, and is the same state", async () => {
  let now: number | undefined;
  const { call } = await servePublished({ now: () => now ?? Date.now() });
  now = Date.now();
  const plain = await call("GET", "/page/state");
  for (const [accepted, encoding] of [...ACCEPTED, ...ACCEPTED]) {
    const headers = { "accept-encoding": accepted };
    const answer = await call("GET", "/page/state", { headers });
    expect(answer.headers["content-encoding"], accepted).toBe(encoding);
    expect(answer.headers.vary).toBe("cookie, authorization, accept-encoding");
    expect(answer.headers.etag).toBe(plain.headers.etag);
    expect(read(answer)).toEqual(plain.json());
    const packedBytes = answer.rawPayload.length;
    if (encoding !== undefined) expect(packedBytes).toBeLessThan(plain.rawPayload.length / 4);
  }
});

test("a state that was kept packed is not told once its age reads otherwise", async () => {
  let now: number | undefined;
  const { call } = await servePublished({ now: () => now ?? Date.now() });
  now = Date.now();
  const ask = () => call("GET", "/page/state", { headers: { "accept-encoding": "br" } });
  const first = await ask();
  const { ageMs } = (read(first) as { data: { ageMs: number } }).data;
  now += 2 * 60_000;
  const later = await ask();
  expect(later.headers.etag).not.toBe(first.headers.etag);
  expect(read(later)).toMatchObject({ data: { ageMs: ageMs + 2 * 60_000 } });
});

test("what viewers ask for is packed when it is long, and goes as it is when it is short", async () => {
  const { call } = await servePublished();
  const { commit, evaluation } = (await call("GET", "/page/state")).json();
  const rows = { evaluation, cell: "numbers", offset: 0, limit: 500 };
  const plain = await call("POST", "/page/rows", { body: rows });
  for (const [accepted, encoding] of ACCEPTED) {
    const headers = { "accept-encoding": accepted };
    const answer = await call("POST", "/page/rows", { body: rows, headers });
    expect(answer.headers["content-encoding"], accepted).toBe(encoding);
    expect(read(answer)).toEqual(plain.json());
    const short = { version: 1, commit, inputs: {}, cells: ["count"] };
    const run = await call("POST", "/page/run", { body: short, headers });
    expect(run.headers["content-encoding"]).toBeUndefined();
    expect(run.json()).toMatchObject({ cells: [{ name: "count" }] });
  }
});

test("events are never packed: they are to be heard at once", async () => {
  const served = await servePublished();
  const address = await served.listen();
  const leave = new AbortController();
  const headers = { "accept-encoding": "br, gzip" };
  const stream = await fetch(`${address}/page/events`, { headers, signal: leave.signal });
  expect(stream.headers.get("content-encoding")).toBeNull();
  leave.abort();
});
