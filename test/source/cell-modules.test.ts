import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type { CellDefinition } from "../../src/cell/cell.ts";
import { handleName } from "../../src/source/cell-handle.ts";
import type { LoadedCells } from "../../src/source/load-cells.ts";
import { makeProject, watchCompiler } from "../fixtures/make-project.ts";

const importCell = 'import { cell } from "hex-runtime";';
const one = `${importCell} export default cell(() => 1);`;

/** What a cell's function gives when it is handed nothing. */
async function compute(loaded: LoadedCells, name: string): Promise<unknown> {
  const definition: CellDefinition = await loaded.load(name);
  if (!("compute" in definition)) throw new Error(`${name} has no function`);
  return definition.compute({} as never, {} as never);
}

/** The files below the cache folder and when they were written. */
async function listCache(directory: string) {
  const cache = join(directory, ".hex/cache");
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ name, parentPath }) => {
      return { name, writtenMs: (await stat(join(parentPath, name))).mtimeMs };
    }),
  );
}

test("does not compile an unchanged project again", async () => {
  const { load } = await makeProject({ "cells/1-one.ts": one });
  const first = await load();
  const { compiled, openCompiler } = watchCompiler();
  const second = await load({ openCompiler });
  expect(compiled).toEqual([]);
  expect(second.cells).toEqual(first.cells);
});

test("leaves the compiled files of an unchanged project as they are", async () => {
  const { directory, load } = await makeProject({ "cells/1-one.ts": one });
  await load();
  const before = await listCache(directory);
  await load();
  expect(await listCache(directory)).toEqual(before);
});

test("sees a change in a file that a cell imports", async () => {
  const { load, write } = await makeProject({
    "cells/1-one.ts": `${importCell} import { two } from "../lib/two.ts"; export default cell(() => two);`,
    "lib/two.ts": "export const two: number = 2;",
  });
  const before = await load();
  expect(await compute(before, "one")).toBe(2);
  await write("lib/two.ts", "export const two: number = 22;");
  const after = await load();
  expect(await compute(after, "one")).toBe(22);
  expect(after.cells[0]?.hash).toBe(before.cells[0]?.hash);
  expect(after.cells[0]?.codeHash).not.toBe(before.cells[0]?.codeHash);
});

test("sees a change in a JSON file that a cell imports", async () => {
  const { load, write } = await makeProject({
    "cells/1-one.ts": `${importCell} import n from "./n.json" with { type: "json" }; export default cell(() => n);`,
    "cells/n.json": "1",
  });
  expect(await compute(await load(), "one")).toBe(1);
  await write("cells/n.json", "2");
  expect(await compute(await load(), "one")).toBe(2);
});

test("changes the code hash of the cells below a changed cell, and of no other", async () => {
  const { load, write } = await makeProject({
    "cells/1-one.ts": one,
    "cells/2-two.ts": `${importCell} import one from "./1-one.ts"; export default cell({ one }, () => 2);`,
    "cells/3-three.ts": one,
  });
  const before = (await load()).cells.map(({ codeHash }) => codeHash);
  await write("cells/1-one.ts", `${one} // changed`);
  const after = (await load()).cells.map(({ codeHash }) => codeHash);
  expect(after.map((hash, place) => hash === before[place])).toEqual([false, false, true]);
});

test("sees a new file that takes the place of the one imported so far", async () => {
  const { load, write } = await makeProject({
    "cells/1-one.ts": `${importCell} import { n } from "../lib/n.js"; export default cell(() => n);`,
    "lib/n.ts": "export const n = 1;",
  });
  expect(await compute(await load(), "one")).toBe(1);
  await write("lib/n.js", "export const n = 2;");
  expect(await compute(await load(), "one")).toBe(2);
});

test("makes a damaged index anew", async () => {
  const { directory, load, write } = await makeProject({ "cells/1-one.ts": one });
  await load();
  const index = (await listCache(directory)).find(({ name }) => name.endsWith(".json"));
  await write(`.hex/cache/${index?.name}`, "{");
  expect((await load()).cells).toHaveLength(1);
});

test("hands a cell handles in place of the cells it imports", async () => {
  const { load } = await makeProject({
    "cells/1-one.ts":
      'throw new Error("evaluated"); export {}; import { cell } from "hex-runtime"; export default cell(() => 1);',
    "cells/2-two.ts": `${importCell} import first from "./1-one.ts"; export default cell({ first }, () => 2);`,
  });
  const { dependencies } = await (await load()).load("two");
  expect(handleName(dependencies["first"])).toBe("one");
  expect(Object.isFrozen(dependencies["first"])).toBe(true);
});

test("evaluates what a cell imports only when that cell is loaded", async () => {
  const { load } = await makeProject({
    "cells/1-heavy.ts":
      'import { cached } from "hex-runtime"; import "throwing"; export default cached("h", () => []);',
    "cells/2-light.ts": `${importCell} import heavy from "./1-heavy.ts"; export default cell({ heavy }, () => 2);`,
    "node_modules/throwing/package.json":
      '{ "name": "throwing", "type": "module", "exports": "./index.js" }',
    "node_modules/throwing/index.js": 'throw new Error("evaluated");',
  });
  const loaded = await load();
  expect(await compute(loaded, "light")).toBe(2);
  await expect(loaded.load("heavy")).rejects.toThrow("evaluated");
});

test("lets a module know the place of its original", async () => {
  const { directory, load } = await makeProject({
    "cells/1-one.ts": `${importCell}
      const here = import.meta;
      export default cell(() => [here.url, here.filename, here.dirname,
        new URL("../data/x.csv", import.meta.url).href, import.meta.resolve("./y.ts")]);`,
  });
  const path = (file: string) => join(directory, file);
  const href = (file: string) => pathToFileURL(path(file)).href;
  const places = [href("cells/1-one.ts"), path("cells/1-one.ts"), path("cells")];
  expect(await compute(await load(), "one")).toEqual([
    ...places,
    href("data/x.csv"),
    href("cells/y.ts"),
  ]);
});

test("follows imports as TypeScript writes them", async () => {
  const { load } = await makeProject({
    "cells/1-one.ts": `${importCell} import { a } from "../lib/a.js"; import { b } from "../lib/b";
      import c from "../lib/c.json" with { type: "json" }; import d from "../lib/d.cjs"; import e from "../lib/e.js";
      import type { Gone } from "../lib/gone.ts"; export { f } from "../lib/f/index.ts";
      export default cell(async () => [a, b, c, d, e, (await import("../lib/f")).f] as Gone);`,
    "lib/a.ts": "enum A { one = 1 }; export const a: A = A.one;",
    "lib/b.mts": "namespace N { export const two = 2 } export const b = N.two;",
    "lib/c.json": "3",
    "lib/d.cjs": "module.exports = 4;",
    "lib/e.js": "module.exports = 5;",
    "lib/f/index.ts":
      "class F { constructor(readonly n: number) {} } export const f = await new F(6).n;",
  });
  expect(await compute(await load(), "one")).toEqual([1, 2, 3, 4, 5, 6]);
});

test("lets files outside the project be shared, and helpers import each other in a loop", async () => {
  const outer = await makeProject({ "shared/x.ts": "export const x: number = 7;" });
  const { load } = await makeProject({
    "cells/1-one.ts": `${importCell} import { x } from "${outer.directory}/shared/x.ts"; import { even } from "./_even.ts";
      export default cell(() => [x, even(4)]);`,
    "cells/_even.ts":
      'import { odd } from "./_odd.ts"; export const even = (n: number): boolean => n === 0 || odd(n - 1);',
    "cells/_odd.ts":
      'import { even } from "./_even.ts"; export const odd = (n: number): boolean => n > 0 && even(n - 1);',
  });
  expect(await compute(await load(), "one")).toEqual([7, true]);
});

test("gives two loaders at once the same whole modules", async () => {
  const { load } = await makeProject({ "cells/1-one.ts": one, "cells/2-two.ts": one });
  const both = await Promise.all([load(), load(), load()]);
  for (const loaded of both) expect(await compute(loaded, "two")).toBe(1);
  expect(both[0]?.cells).toEqual(both[2]?.cells);
});
