import { expect, test } from "vitest";
import { toToldAnswer } from "../../src/server/page/untold-reasons.ts";
import { until } from "../project/project-processes.ts";
import { carryOut } from "./carry-out.ts";
import { serveProject } from "./served-project.ts";

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
  const place = { version: 1, inputs: { amount: 7 } };
  const csv = encodeURIComponent(JSON.stringify({ ...place, cell: "small" }));
  const asks = [
    ["POST", "/page/run", { ...place, cells: ["small"] }],
    ["POST", "/page/rows", { ...place, cell: "small", offset: 0, limit: 10 }],
    ["GET", `/page/csv?ask=${csv}`, undefined],
  ] as const;
  for (const [method, url, body] of asks) {
    const known = await call(method, url, { token, body });
    expect(known.body, url).toContain("the salary of Ada is 7");
    const told = await call(method, url, { body });
    expect(told.statusCode).toBe(known.statusCode);
    expect(told.body, url).not.toContain("Ada");
    expect(told.body).toMatch(
      /Expected cell small to be computed, got a failure at \d{4}-\d\d-\d\d \d\d:\d\d UTC, HEX_CELL_FAILED \(whoever signs in sees why\)/,
    );
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
  const place = { version: 1, inputs: { amount: 70 } };
  const run = await call("POST", "/page/run", { body: { ...place, cells: ["small"] } });
  expect(run.json()).toMatchObject({
    cells: [{ name: "small", output: { kind: "frame" } }],
    invalid: [{ name: "amount", message: expect.stringContaining("70") }],
  });
  const rows = { version: 1, inputs: {}, cell: "small", offset: 0, limit: 10 };
  const sort = { column: "none", descending: false };
  const wrong = await call("POST", "/page/rows", { body: { ...rows, sort } });
  expect(wrong.statusCode).toBe(422);
  expect(wrong.json().reason).toContain("none");
});

test("where anyone may look, all are told which cell took too long", () => {
  const toText = (code: string) =>
    JSON.stringify({ version: 1, cells: [{ name: "slow", error: { code, message: "why" } }] });
  const told = (code: string) => {
    return toToldAnswer(toText(code), { caller: null, id: "1" }, () => undefined);
  };
  expect(told("HEX_RUN_TIMEOUT")).toContain('"message":"why"');
  expect(told("HEX_CELL_FAILED")).not.toContain('"message":"why"');
});
