import { expect, test } from "vitest";
import { loadProject } from "../fixtures/make-project.ts";

const planets = `import { cached } from "hex-runtime";
export default cached("planets/data", () => []);`;

test("reads a light cell's dependencies in the order written, under their keys", async () => {
  const { cells } = await loadProject({
    "1-b.ts": 'import { text } from "hex-runtime"; export default text({});',
    "2-planets.ts": planets,
    "3-top.ts": `import { cell } from "hex-runtime";
      import rows from "./2-planets.ts"; import b from "./1-b.ts";
      export default cell({ rows, other: b }, ({ rows }) => rows);`,
  });
  expect(cells[2]).toMatchObject({ kind: "cell", dependencies: ["planets", "b"] });
  expect(cells[2]?.named).toEqual({ rows: "planets", other: "b" });
});

test("reads a cached cell's frame, contexts and title", async () => {
  const { cells } = await loadProject({
    "planets.ts": `import { cached as heavy } from "hex-runtime";
      const made = heavy(\`a/b\`, async () => [], { computeIn: ["logic", "scheduled"], title: "All" });
      export default (made satisfies unknown) as never;`,
  });
  const facts = { kind: "cached", frame: "a/b", title: "All", computeIn: ["logic", "scheduled"] };
  expect(cells[0]).toMatchObject(facts);
});

test("reads a schema that is written out, and knows of one that only the module tells", async () => {
  const { cells } = await loadProject({
    "1-told.ts": `import { cached } from "hex-runtime";
      throw new Error("evaluated");
      export default cached("told", () => [], { schema: { "2020": "integer", code: "string" } });`,
    "2-made.ts": `import { cached } from "hex-runtime";
      throw new Error("evaluated");
      export default cached("made", () => [], { schema: makeSchema(), maxAge: "1d" });`,
    "3-none.ts": planets,
  });
  expect(cells.map(({ schema }) => schema)).toEqual([
    { "2020": "integer", code: "string" },
    "elsewhere",
    undefined,
  ]);
});

test("reads a cell over parts without evaluating it", async () => {
  const { cells } = await loadProject({
    "prices.ts": `import { cached, over } from "hex-runtime";
      throw new Error("evaluated");
      export default cached("prices", over(() => [1, 2], (part) => [{ part }]), { title: "All" });`,
  });
  expect(cells[0]).toMatchObject({ kind: "cached", frame: "prices", title: "All", named: {} });
});

test("reads a written-out input with the maker's defaults", async () => {
  const { cells } = await loadProject({
    "sleep.ts": `import * as hex from "hex-runtime";
      const MAX = 30;
      export default hex.slider({ label: "Seconds", min: -1, max: MAX });`,
  });
  const widget = { widget: "slider", label: "Seconds", min: -1, max: 30, step: 1, default: -1 };
  expect(cells[0]).toMatchObject({ kind: "input", dependencies: [], widget });
});

test("leaves an input's widget open when its spec has to be evaluated", async () => {
  const { cells } = await loadProject({
    "2-planets.ts": planets,
    "3-day.ts": 'import { text } from "hex-runtime"; export default text({ default: String(1) });',
    "4-method.ts": `import { dropdown } from "hex-runtime"; import planets from "./2-planets.ts";
      export default dropdown({ planets }, ({ planets }) => ({ options: planets }));`,
  });
  expect(cells.map(({ widget }) => widget)).toEqual([undefined, undefined, undefined]);
  expect(cells[2]).toMatchObject({ kind: "input", dependencies: ["planets"] });
});

test("takes prose as a cell without dependencies", async () => {
  const loaded = await loadProject({ "1-intro.md": "# Planets" });
  expect(loaded.cells[0]).toMatchObject({ name: "intro", kind: "prose", dependencies: [] });
  expect(await loaded.load("intro")).toMatchObject({ kind: "prose", markdown: "# Planets" });
});

test("evaluates a cell whose facts are computed, and only that one", async () => {
  const { cells } = await loadProject({
    "1-planets.ts": `${planets}\nthrow new Error("evaluated");`,
    "2-copy.ts": `import { cached } from "hex-runtime"; import planets from "./1-planets.ts";
      const all = Object.fromEntries([["rows", planets]]);
      export default cached("copy/" + (1 + 1), all, () => [], { computeIn: ["lo" + "gic"] });`,
  });
  expect(cells[1]).toMatchObject({ frame: "copy/2", computeIn: ["logic"] });
  expect(cells[1]?.named).toEqual({ rows: "planets" });
});

test("knows nothing of an object that may have changed after it was written", async () => {
  const { cells } = await loadProject({
    "1-planets.ts": planets,
    "2-top.ts": `import { cell } from "hex-runtime"; import planets from "./1-planets.ts";
      const named: Record<string, unknown> = {};
      named.rows = planets;
      export default cell(named, () => 1);`,
  });
  expect(cells[1]?.named).toEqual({ rows: "planets" });
});

test("links cells that name each other without following the loop", async () => {
  const { cells } = await loadProject({
    "1-a.ts":
      'import { cell } from "hex-runtime"; import b from "./2-b.ts"; export default cell({ b }, () => 1);',
    "2-b.ts":
      'import { cell } from "hex-runtime"; import a from "./1-a.ts"; export default cell({ a }, () => 1);',
  });
  expect(cells.map(({ dependencies }) => dependencies)).toEqual([["b"], ["a"]]);
});
