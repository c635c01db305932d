import { expect, test } from "vitest";
import { readConstants, readLiteral } from "../../src/source/cell-literals.ts";
import { openSourceCompiler } from "../../src/source/module/source-compiler.ts";

/** What is read of the expression, in a module that has some constants. */
async function read(expression: string): Promise<unknown> {
  const compiler = await openSourceCompiler();
  const source = `const MAX = 30 as const; const LIST = [1]; let count = 1; const x = ${expression};`;
  const constants = readConstants(await compiler.parse(source, "/x.ts", "x.ts"));
  const written = constants.get("x");
  return written && readLiteral(written, constants);
}

test.each([
  [
    "{ a: [1, -2.5, +3], 'b c': { d: null, 4: true } }",
    { a: [1, -2.5, 3], "b c": { d: null, 4: true } },
  ],
  ["`two\\nlines`", "two\nlines"],
  ["('a' as string)!", "a"],
  ["{ max: MAX, MAX } satisfies object", { max: 30, MAX: 30 }],
])("reads %s", async (expression, value) => {
  expect(await read(expression)).toEqual(value);
});

test.each([
  `\`a\${1}\``,
  "[...[1]]",
  "[, 1]",
  "{ ...{} }",
  "{ [1]: 2 }",
  "{ a() {} }",
  "{ __proto__: null }",
  "!1",
  "LIST",
  "count",
  "1 + 1",
  "undefined",
  "/x/",
  "1n",
])("knows nothing of %s", async (expression) => {
  expect(await read(expression)).toBeUndefined();
});
