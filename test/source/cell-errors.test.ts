import { expect, test } from "vitest";
import type { LoadedCells } from "../../src/source/load-cells.ts";
import { loadProject, makeProject } from "../fixtures/make-project.ts";

const importCell = 'import { cell } from "hex-runtime";';

async function fault(promise: Promise<unknown>): Promise<{ code: unknown; message: string }> {
  const error: unknown = await promise.then(
    () => new Error("nothing failed"),
    (thrown) => thrown,
  );
  if (!(error instanceof Error)) throw new TypeError("something else than an error was thrown");
  return { code: "code" in error ? error.code : undefined, message: error.message };
}

async function computeFault(loaded: LoadedCells, name: string): Promise<unknown> {
  const definition = await loaded.load(name);
  if (!("compute" in definition)) throw new Error(`${name} has no function`);
  const values = {} as never;
  return Promise.resolve()
    .then(() => definition.compute(values, values))
    .catch((error: unknown) => error);
}

test("tells line and column of a syntax error in one sentence", async () => {
  const { code, message } = await fault(
    loadProject({ "05-x.ts": `${importCell}\n\ntype A = 1;\nexport default cell(({ a) => 1);\n` }),
  );
  expect(code).toBe("HEX_CELL_INVALID");
  expect(message).toBe(
    "Expected cells/05-x.ts:4:25 to be TypeScript, got a syntax error: Expected ',', got ')'",
  );
});

test("tells an import of a file that does not exist", async () => {
  expect(
    await fault(
      loadProject({
        "a.ts": `${importCell}\ntype A = 1;\n\nimport b from "./b.ts";\nexport default cell({ b }, () => 1);`,
      }),
    ),
  ).toEqual({
    code: "HEX_CELL_INVALID",
    message:
      'Expected the import at cells/a.ts:4:15 to be a file, got "./b.ts", which does not exist (correct the path)',
  });
});

test("tells how to install a package that is missing", async () => {
  const loaded = await loadProject({
    "a.ts": `${importCell}\nimport b from "@acme/not-there";\nexport default cell(() => b);`,
  });
  expect(await fault(loaded.load("a"))).toEqual({
    code: "HEX_CELL_INVALID",
    message:
      'Expected the import at cells/a.ts:2:15 to be an installed package, got "@acme/not-there" (npm install @acme/not-there)',
  });
});

test("refuses to take more than the default export from a cell", async () => {
  const { code, message } = await fault(
    loadProject({
      "a.ts": `${importCell}\nexport const helper = 1; export default cell(() => 1);`,
      "b.ts": `${importCell}\nimport a, { helper } from "./a.ts";\nexport default cell({ a }, () => helper);`,
    }),
  );
  expect(code).toBe("HEX_CELL_INVALID");
  expect(message).toMatch(
    /"\.\/a\.ts" at cells\/b\.ts:2:\d+ .* its export helper as well \(move helper to a file that is no cell/,
  );
});

test("lets types be taken from a cell", async () => {
  const { cells } = await loadProject({
    "a.ts": `${importCell}\nexport interface Row { n: number } export default cell(() => 1);`,
    "b.ts": `${importCell}\nimport a, { type Row } from "./a.ts"; import { Row as Other } from "./a.ts";
      export default cell({ a }, (): Row | Other => ({ n: 1 }));`,
  });
  expect(cells[1]?.dependencies).toEqual(["a"]);
});

test("refuses a file that exports no cell", async () => {
  const none = fault(loadProject({ "a.ts": "export const a = 1;" }));
  expect((await none).message).toContain(
    "Expected the default export of cells/a.ts to be a cell, got none",
  );
  const number = fault(loadProject({ "a.ts": "export default 42;" }));
  expect((await number).message).toContain("to be a cell, got 42");
});

test("refuses a dependency that is no cell", async () => {
  const { message } = await fault(
    loadProject({
      "_b.ts": "export const b = 1;",
      "a.ts": `${importCell} import { b } from "./_b.ts"; export default cell({ b }, () => 1);`,
    }),
  );
  expect(message).toContain(
    "Expected b, which cells/a.ts depends on, to be the default export of another cell's file, got 1",
  );
});

test("names both files of one cell name, in any case", async () => {
  const { code, message } = await fault(loadProject({ "01-planets.ts": "", "02-Planets.md": "" }));
  expect(code).toBe("HEX_CELL_INVALID");
  expect(message).toContain(
    'cells/02-Planets.md to be its own, got "Planets", which cells/01-planets.ts has as well',
  );
});

test("tells where an exception was thrown while a cell was evaluated", async () => {
  const loaded = await loadProject({
    "a.ts": `${importCell}\ninterface Long {\n  a: 1;\n}\n\nconst x: Long = JSON.parse("{");\nexport default cell(() => x);`,
  });
  const { code, message } = await fault(loaded.load("a"));
  expect(code).toBe("HEX_CELL_FAILED");
  expect(message).toMatch(
    /^Expected cells\/a\.ts:6:22 to be evaluated without an error, got SyntaxError: /,
  );
});

test("tells a name that is declared twice as a fault of the cell", async () => {
  const loaded = await loadProject({
    "a.ts": `${importCell}\nconst a = 1;\nconst a = 2;\nexport default cell(() => a);`,
  });
  const { code, message } = await fault(loaded.load("a"));
  expect(code).toBe("HEX_CELL_INVALID");
  expect(message).toBe(
    "Expected cells/a.ts to be a module that can be loaded, got Identifier 'a' has already been declared",
  );
});

test("tells where a name is imported that the other file does not export", async () => {
  const loaded = await loadProject({
    "_b.ts": "export const b = 1;",
    "a.ts": `${importCell}\nimport { c } from "./_b.ts";\nexport default cell(() => c);`,
  });
  const { code, message } = await fault(loaded.load("a"));
  expect(code).toBe("HEX_CELL_INVALID");
  expect(message).toMatch(/^Expected cells\/a\.ts:2:1 .* does not provide an export named 'c'$/);
});

test("writes stacks that point to the author's lines", async () => {
  const loaded = await loadProject({
    "a.ts": `${importCell}\ninterface A {\n  b: 1;\n}\nexport default cell((): A => { throw new Error("x") });`,
  });
  const error = await computeFault(loaded, "a");
  expect(error instanceof Error ? error.stack : "").toMatch(/\/cells\/a\.ts:5:\d+\)/);
});

test("finds the line of an exception in a cell's function and in a helper", async () => {
  const { load } = await makeProject({
    "cells/a.ts": `${importCell}\n\ntype A = { b: 1 };\nexport default cell(() => {\n  throw new RangeError("x");\n});`,
    "cells/b.ts": `${importCell}\nimport { fail } from "../lib/fail.ts";\nexport default cell(() => fail());`,
    "lib/fail.ts":
      "interface Long {\n  n: 1;\n}\nexport function fail(): never {\n  throw new RangeError('x');\n}",
  });
  const loaded = await load();
  const places = await Promise.all(
    ["a", "b"].map(async (name) => loaded.sourcePlace(await computeFault(loaded, name))),
  );
  expect(places).toEqual([
    { file: "cells/a.ts", line: 5, column: 9 },
    { file: "lib/fail.ts", line: 5, column: 9 },
  ]);
});

test("keeps columns right beside import.meta", async () => {
  const text = `${importCell}\nexport default cell(() => [import.meta.url, import.meta.url, JSON.parse("{")]);`;
  const loaded = await loadProject({ "a.ts": text });
  const column = (text.split("\n")[1] ?? "").indexOf("parse") + 1;
  expect(loaded.sourcePlace(await computeFault(loaded, "a"))).toEqual({
    file: "cells/a.ts",
    line: 2,
    column,
  });
});

test("finds no place in an error that never was in the author's code", async () => {
  const loaded = await loadProject({ "a.md": "" });
  expect(loaded.sourcePlace(new Error("elsewhere"))).toBeUndefined();
  expect(loaded.sourcePlace("a text")).toBeUndefined();
});

test("finds the place in the cause of an error", async () => {
  const loaded = await loadProject({
    "a.ts": `${importCell}\nexport default cell(() => { throw new Error("x") });`,
  });
  const cause = await computeFault(loaded, "a");
  expect(loaded.sourcePlace(new Error("wrapped", { cause }))?.file).toBe("cells/a.ts");
});
