import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { carryOut } from "./carry-out.ts";
import { serveProject } from "./served-project.ts";

test("a store that goes away is told as such, and pages go on from what is in memory", async () => {
  let now = Date.now();
  const served = await serveProject({ now: () => now });
  const { call, directory } = served;
  const token = await served.makeToken("run");
  const { runId } = (await call("POST", "/page/refresh", { token })).json();
  await carryOut(served, runId);
  now += 10_000;
  const read = () => call("GET", "/page/state", { token });
  const state = (await read()).json();
  expect(state).toMatchObject({ version: 1 });
  const { commit } = state;
  const ask = { version: 1, commit, inputs: { name: "Ada" }, cells: ["chosen"] };
  const change = () => call("POST", "/page/run", { token, body: ask });
  expect((await change()).json()).toMatchObject({ cells: [{ output: { value: "Ada 1" } }] });

  const store = join(directory, ".hex/store");
  await rename(store, `${store}-away`);
  now += 10_000;
  const away = await read();
  expect(away.statusCode).toBe(503);
  expect(away.headers["retry-after"]).toBe("5");
  expect(away.json().reason).toContain("Expected the store to answer");
  expect((await call("GET", "/page/state?version=1", { token })).statusCode).toBe(503);
  expect((await change()).json()).toMatchObject({ cells: [{ output: { value: "Ada 1" } }] });

  await rename(`${store}-away`, store);
  now += 10_000;
  expect((await read()).json()).toMatchObject({ version: 1 });
});
