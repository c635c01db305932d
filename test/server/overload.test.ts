import { connect } from "node:net";
import { expect, test } from "vitest";
import { RateLimit } from "../../src/server/limits.ts";
import { until } from "../work/project-processes.ts";
import { PROJECT_ID, RUNS, type ServedProject, serveProject } from "./served-project.ts";

const NOTE = { "cells/note.md": `# Note\n${"x".repeat(200_000)}\n` };

/** A project whose history answers only when it is let to. */
async function serveHeld(requestsAtOnce: number) {
  const gate = { open: () => {} };
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  let waiting = 0;
  const served = await serveProject({
    cells: NOTE,
    limits: { requestsAtOnce },
    wrap: (runs) => ({
      ...runs,
      history: new Proxy(runs.history, {
        get: (target, key) => async (id: string) => {
          waiting += 1;
          await opened;
          return Reflect.get(target, key).call(target, id);
        },
      }),
    }),
  });
  return { ...served, gate, countWaiting: () => waiting };
}

const RUN = `${RUNS}/01a1fd0e-f17b-76f3-a399-55b5e2d9627a`;

test("requests beyond what is answered at once get 503 and when to come back, and it recovers", async () => {
  const { call, gate, countWaiting } = await serveHeld(3);
  const held = [1, 2, 3].map(() => call("GET", RUN));
  await until("three requests to wait", () => countWaiting() === 3);
  for (const url of [RUN, "/api/v1/projects", "/nothing"]) {
    const refused = await call("GET", url);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers["retry-after"]).toBe("1");
  }
  gate.open();
  expect((await Promise.all(held)).map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
  expect((await call("GET", RUN)).statusCode).toBe(404);
});

test("a clock that is put back keeps no caller out for longer than its window", () => {
  let now = 3_600_000;
  const limit = new RateLimit("requests", [{ most: 1, windowMs: 60_000 }], () => now);
  expect(limit.take("ada")).toMatchObject({ left: 0 });
  expect(() => limit.take("ada")).toThrow("Expected at most 1 requests in 60 s");
  now = 0;
  expect(limit.take("ada")).toMatchObject({ left: 0, resetSeconds: 60 });
  expect(() => limit.take("ada")).toThrow("Expected at most 1 requests in 60 s");
});

test("a caller above its rate gets 429 with whole seconds, and others do not", async () => {
  let now = Date.now();
  const { call, makeToken } = await serveProject({
    cells: NOTE,
    limits: { requestsPerMinute: 3 },
    now: () => now,
  });
  const [one, other] = [await makeToken("read"), await makeToken("read")];
  const ask = (token: string) => call("GET", "/api/v1/users/me", { token });
  const statuses: number[] = [];
  for (let count = 0; count < 4; count++) statuses.push((await ask(one)).statusCode);
  expect(statuses).toEqual([200, 200, 200, 429]);
  now += 20_500;
  expect((await ask(one)).headers["retry-after"]).toBe("40");
  const answer = await ask(other);
  expect([answer.statusCode, answer.headers["x-ratelimit-remaining"]]).toEqual([200, "2"]);
  now += 39_500;
  expect((await ask(one)).statusCode).toBe(200);
});

/** Asks again and again on one connection, and takes nothing of the answers. */
function askWithoutReading(address: string, path: string, times: number) {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname).pause();
  socket.on("error", () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(times));
  return socket;
}

test("clients that take nothing are dropped, hold no room for ever, and fill no memory", async () => {
  const served: ServedProject = await serveProject({
    cells: NOTE,
    limits: { requestsAtOnce: 400 },
    clientTimes: { takeMs: 500 },
  });
  const address = await served.listen();
  const cells = `/api/v1/cells?projectId=${PROJECT_ID}`;
  const before = process.memoryUsage().rss;
  // More than the system itself takes for each of the four.
  const sockets = Array.from({ length: 4 }, () => askWithoutReading(address, cells, 100));
  const isOver = () =>
    served.lines.filter((line) => line.includes('"route":"/api/v1/cells"')).length;
  await until("all answers to be taken or given up", () => isOver() === 400);
  expect(served.lines.filter((line) => line.includes('"status":499')).length).toBeGreaterThan(0);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
  const others = await Promise.all(Array.from({ length: 40 }, () => fetch(address + cells)));
  expect(others.every(({ ok }) => ok)).toBe(true);
  for (const socket of sockets) socket.destroy();
});

test("closing waits for what is being answered, and takes nothing new", async () => {
  const { app, close, gate, countWaiting, listen } = await serveHeld(10);
  const address = await listen();
  const held = fetch(address + RUN);
  await until("a request to wait", () => countWaiting() === 1);
  const closed = close();
  await until("the port to be closed", () => !app.server.listening);
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
  gate.open();
  expect((await held).status).toBe(404);
  await closed;
});
