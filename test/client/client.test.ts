import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type CellProgress, createClient, HexClientError } from "../../src/client/client.ts";
import { frame } from "../../src/frame/rows.ts";
import { runWorker } from "../../src/work/worker.ts";
import { everyTypeFrame } from "../frame/every-type.ts";
import { PROJECT_ID, serveProject } from "../server/served-project.ts";
import { leaveShownRun } from "../server/shown-run.ts";
import { until } from "../work/project-processes.ts";
import type { Project } from "./served-project.d.ts";

/** A served project that carries its runs out, and a client of it. */
async function serveClient() {
  const served = await serveProject({ settings: { port: 0 } });
  const baseUrl = await served.listen();
  const stop = new AbortController();
  const options = { signal: stop.signal, drainMs: 0, onEvent: () => undefined };
  const work = runWorker(served.runs, options);
  onTestFinished(async () => {
    stop.abort(new Error("the test is over"));
    await work;
  });
  const token = await served.makeToken("run");
  return { ...served, client: createClient<Project>({ baseUrl, projectId: PROJECT_ID, token }) };
}

/** A server that answers as it is told. */
async function answering(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await until("it listens", () => server.listening);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createClient({ baseUrl, projectId: PROJECT_ID, token: "hxtw_0" });
}

test("starts a run, follows it to its end, and reads what its cells showed", async () => {
  const { client } = await serveClient();
  const heard: CellProgress[] = [];

  const run = await client.run({ amount: 4, name: "Ada" }, { updatePublishedResults: true });
  const ended = await run.wait({ onProgress: (cell) => heard.push(cell) });

  expect(ended).toMatchObject({ status: "COMPLETED", projectVersion: 1 });
  expect(heard).toContainEqual({
    ...{ name: "numbers", status: "computed", fraction: 1, message: "" },
    ...{ startedAt: expect.any(String), elapsedMs: expect.any(Number) },
  });
  expect(await run.output("numbers")).toEqual([1, 2, 3, 4].map((number) => ({ number })));
  expect(await run.output("chosen")).toBe("Ada 1");
  expect(await run.output("note")).toContain("# A note");
});

test("a run that publishes declares what the project takes and gives, as these tests use it", async () => {
  const { client, directory } = await serveClient();

  await (await client.run({}, { updatePublishedResults: true })).wait();

  const written = await readFile(`${directory}/.hex/client.d.ts`, "utf8");
  const used = await readFile(new URL("./served-project.d.ts", import.meta.url), "utf8");
  // Our formatter takes quotes away that names do not need.
  expect(written.replaceAll('"', "")).toBe(used.replaceAll('"', ""));
});

test("a run that failed says why", async () => {
  const { client } = await serveClient();

  const run = await client.run({ amount: 9 }, { updatePublishedResults: true });

  expect(await run.wait()).toMatchObject({ status: "ERRORED", error: { cell: "numbers" } });
});

test("reads all pages of a frame, every type as it is in JavaScript", async () => {
  const served = await serveProject({ settings: { port: 0 } });
  const long = frame(Array.from({ length: 25_000 }, (_, n) => ({ n })));
  const values = { long, every: everyTypeFrame() };
  const runId = await leaveShownRun(served, { values });
  const run = createClient({ baseUrl: await served.listen(), projectId: PROJECT_ID }).find(runId);

  expect(await run.output("long")).toEqual(long.rows());
  expect(await run.output("every")).toEqual(everyTypeFrame().rows());
});

test("a refusal is thrown with what the server says", async () => {
  const { client } = await serveClient();

  const refused = client.run({ amount: 99 });

  await expect(refused).rejects.toBeInstanceOf(HexClientError);
  await expect(refused).rejects.toMatchObject({
    status: 422,
    invalid: [{ paramName: "amount", paramValue: "99" }],
  });
});

test("asks for a run again under the same key when the connection breaks or the server is full", async () => {
  const keys: unknown[] = [];
  const client = await answering((request, response) => {
    keys.push(request.headers["idempotency-key"]);
    if (keys.length === 1) request.socket.destroy();
    else if (keys.length === 2) response.writeHead(503, { "retry-after": "0" }).end();
    else response.writeHead(201).end('{"runId":"one"}');
  });

  const { runId } = await client.run();

  expect(runId).toBe("one");
  expect(new Set(keys).size).toBe(1);
});

test("does not cancel again when nobody knows whether it was heard", async () => {
  let asked = 0;
  const client = await answering((request) => {
    asked += 1;
    request.socket.destroy();
  });

  await expect(client.find("one").cancel()).rejects.toBeInstanceOf(TypeError);
  expect(asked).toBe(1);
});

test("goes on listening where a broken connection ended", async () => {
  const ids: unknown[] = [];
  const client = await answering((request, response) => {
    ids.push(request.headers["last-event-id"]);
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (ids.length > 1) response.end('id: 7-2\nevent: run-ended\ndata: {"status":"KILLED"}\n\n');
    else response.end("id: 7-1\nevent: line-logged\ndata: {}\n\n");
  });

  expect(await client.find("one").wait()).toEqual({ status: "KILLED" });
  expect(ids).toEqual(["", "7-1"]);
});

test("stops to wait when its signal is aborted", async () => {
  const client = await answering((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
  });
  const stop = new AbortController();
  const waiting = client.find("one").wait({ signal: stop.signal });

  stop.abort(new Error("enough"));

  await expect(waiting).rejects.toThrow("enough");
});

test("follows no redirection, which would hand the token to somebody else", async () => {
  const client = await answering((_, response) => {
    response.writeHead(307, { location: "http://127.0.0.1:9/" }).end();
  });

  await expect(client.find("one").cancel()).rejects.toBeInstanceOf(TypeError);
});
