import { expect, test } from "vitest";
import { HexError } from "../../src/errors.ts";
import { HttpFailure } from "../../src/server/http-failure.ts";
import { redactFailure, redactForAnonymous } from "../../src/server/page/redact-errors.ts";
import { until } from "../work/project-processes.ts";
import { carryOut } from "./carry-out.ts";
import { serveProject } from "./served-project.ts";

/** Every cell is on the page. */
const NONE = { hidden: new Set<string>() };
const REDUCED =
  /Expected cell small to be computed, got a failure at \d{4}-\d\d-\d\d \d\d:\d\d UTC, HEX_CELL_FAILED \(whoever signs in sees why\)/;

const CELLS = {
  "cells/01-amount.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 0, max: 10, default: 3 });
`,
  "cells/02-numbers.ts": `import { cached } from "hex-runtime";
export default cached("numbers", () => [{ number: 1 }, { number: 2 }]);
`,
  "cells/03-small.ts": `import { cell } from "hex-runtime";
import amount from "./01-amount.ts";
import numbers from "./02-numbers.ts";
export default cell({ amount, numbers }, ({ amount, numbers }) => {
  if (amount === 7) throw new Error("the salary of Ada is 7");
  return numbers;
});
`,
};

test("where anyone may look, why a cell failed is told to those who signed in, and to the log", async () => {
  const served = await serveProject({ cells: CELLS, config: { page: { access: "anyone" } } });
  const { call, lines } = served;
  const token = await served.makeToken("run");
  const { runId } = (await call("POST", "/page/refresh", { token })).json();
  await carryOut(served, runId);
  const { commit } = (await call("GET", "/page/state")).json();
  const body = { version: 1, commit, inputs: { amount: 7 }, cells: ["small"] };
  const known = await call("POST", "/page/run", { token, body });
  expect(known.body).toContain("the salary of Ada is 7");
  const told = await call("POST", "/page/run", { body });
  expect(told.statusCode).toBe(known.statusCode);
  expect(told.body).not.toContain("Ada");
  expect(told.body).toMatch(REDUCED);
  const { evaluation } = known.json();
  const csv = encodeURIComponent(JSON.stringify({ evaluation, cell: "small" }));
  const rows = { evaluation, cell: "small", offset: 0, limit: 10 };
  for (const more of [{}, { token }]) {
    const none = await call("POST", "/page/rows", { ...more, body: rows });
    expect(none.statusCode).toBe(404);
    expect(none.body).not.toContain("Ada");
    expect((await call("GET", `/page/csv?ask=${csv}`, more)).statusCode).toBe(404);
  }
  await until("the log to tell why", async () => {
    return lines.some((line) => line.includes("viewer-cell-failed") && line.includes("of Ada"));
  });
});

test("where anyone may look, all are told what is wrong with what they ask", async () => {
  const served = await serveProject({ cells: CELLS, config: { page: { access: "anyone" } } });
  const { call } = served;
  const token = await served.makeToken("run");
  const { runId } = (await call("POST", "/page/refresh", { token })).json();
  await carryOut(served, runId);
  const { commit, evaluation } = (await call("GET", "/page/state")).json();
  const body = { version: 1, commit, inputs: { amount: 70 }, cells: ["small"] };
  const run = await call("POST", "/page/run", { body });
  expect(run.json()).toMatchObject({
    cells: [{ name: "small", output: { kind: "frame" } }],
    invalid: [{ name: "amount", message: expect.stringContaining("70") }],
  });
  const rows = { evaluation, cell: "small", offset: 0, limit: 10 };
  const sort = { column: "none", descending: false };
  const wrong = await call("POST", "/page/rows", { body: { ...rows, sort } });
  expect(wrong.statusCode).toBe(422);
  expect(wrong.json().reason).toContain("none");
});

test("where anyone may look, all are told which cell took too long", () => {
  const toText = (code: string) =>
    JSON.stringify({ version: 1, cells: [{ name: "slow", error: { code, message: "why" } }] });
  const told = (code: string) => {
    return redactForAnonymous(
      toText(code),
      { caller: null, id: "1" },
      { log: () => undefined, names: NONE },
    );
  };
  expect(told("HEX_RUN_TIMEOUT")).toContain('"message":"why"');
  expect(told("HEX_CELL_FAILED")).not.toContain('"message":"why"');
});

test("where anyone may look, no sentence names a cell that is not on the page", () => {
  const message = "Not computed: it waits for inner, which took too long and was stopped";
  const text = JSON.stringify({
    cells: [{ name: "slow", error: { code: "HEX_RUN_TIMEOUT", message } }],
  });
  const asking = { caller: null, id: "1" };
  const names = { hidden: new Set(["inner"]) };
  const log = () => undefined;
  expect(redactForAnonymous(text, asking, { log, names: NONE })).toContain("inner");
  expect(redactForAnonymous(text, asking, { log, names })).not.toContain("inner");
  const failure = new HexError("HEX_RUN_TIMEOUT", message);
  const told = redactFailure(failure, asking, { cell: "slow", log, names });
  expect((told as HexError).message).toMatch(
    /^Expected cell slow to be computed, got a failure at/,
  );
});

test("why rows cannot be had is told as it may be known", () => {
  const failure = new HexError("HEX_CELL_FAILED", "the salary of Ada is 7");
  const asking = { caller: null, id: "1" };
  const told = redactFailure(failure, asking, { cell: "small", log: () => undefined, names: NONE });
  expect((told as HexError).message).toMatch(REDUCED);
});

test("cells that cannot be read as they are now are told as such, and the log tells why", () => {
  const lines: object[] = [];
  const log = (line: object) => lines.push(line);
  const failure = new HexError("HEX_CELL_INVALID", "Expected cells/x.ts to be TypeScript");
  const caller = { id: "1", name: "ada", scopes: ["admin"] } as never;
  for (const asking of [
    { caller: null, id: "1" },
    { caller, id: "2" },
  ]) {
    const told = redactFailure(failure, asking, { cell: "x", log, names: NONE }) as HttpFailure;
    expect(told).toBeInstanceOf(HttpFailure);
    expect([told.status, told.headers["retry-after"]]).toEqual([503, "5"]);
    expect(told.message).toMatch(/^Expected the cells of this page to be read/);
  }
  expect(lines).toMatchObject([{ message: failure.message }, { message: failure.message }]);
});
