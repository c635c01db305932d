import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCellFingerprints, toCellState } from "../../src/run/cell-fingerprints.ts";
import { openFileContents } from "../../src/source/file-contents.ts";
import { makeProject } from "../fixtures/make-project.ts";

const FILES = {
  "data/x.csv": "1",
  "cells/1-day.ts": `import { date } from "hex-runtime"; export default date({ default: "2026-01-01" });`,
  "cells/2-heavy.ts": `import { cached } from "hex-runtime"; import day from "./1-day.ts";
    export default cached("heavy", { day }, () => read("data/x.csv"));`,
  "cells/3-middle.ts": `import { cell } from "hex-runtime"; import heavy from "./2-heavy.ts";
    export default cell({ heavy }, ({ heavy }) => heavy);`,
  "cells/4-last.ts": `import { cached } from "hex-runtime"; import middle from "./3-middle.ts";
    export default cached("last", { middle }, ({ middle }) => middle);`,
  "cells/5-apart.ts": `import { cell } from "hex-runtime"; export default cell(() => 1);`,
};

async function stateOf(project: Awaited<ReturnType<typeof makeProject>>, secretsDigest = "") {
  const cells = await project.load();
  const contents = openFileContents();
  const { directory } = project;
  const grounds = await readCellFingerprints(cells, { directory, contents, secretsDigest });
  const inputs = new Map<string, unknown>([["day", "2026-11-29"]]);
  const frames = new Map([
    ["heavy", "f1"],
    ["heavy/day-2026-11-29.abc", "f2"],
    ["last", "f3"],
    ["other/heavy", "f4"],
  ]);
  return (name: string) => toCellState(name, cells, grounds, { inputs, frames });
}

test("a state holds what a cell and all cells above it hang on, and the nearest frames", async () => {
  const state = await stateOf(await makeProject(FILES), "s1");
  expect(state("last")).toMatchObject({
    inputs: { day: "2026-11-29" },
    secrets: "s1",
    frames: { heavy: "f1", "heavy/day-2026-11-29.abc": "f2" },
  });
  expect(state("heavy").data).not.toBe("");
  expect(state("apart")).toMatchObject({ data: "", inputs: {}, frames: {} });
  expect(state("heavy").frames).toEqual({});
  expect(state("day").inputs).toEqual({ day: "2026-11-29" });
});

test("the code of a state is the hash of the cell's code and that of the cells above", async () => {
  const project = await makeProject(FILES);
  const state = await stateOf(project);
  const { cells } = await project.load();
  expect(cells.map(({ name }) => state(name).code)).toEqual(cells.map(({ codeHash }) => codeHash));
});

test("content decides over the state of a cell, not a file's time", async () => {
  const project = await makeProject(FILES);
  const { directory, write } = project;
  const before = await stateOf(project);
  await utimes(join(directory, "data/x.csv"), new Date(0), new Date(0));
  const touched = await stateOf(project);
  await write("data/x.csv", "2");
  await utimes(join(directory, "data/x.csv"), new Date(0), new Date(0));
  const changed = await stateOf(project);
  expect(touched("heavy")).toEqual(before("heavy"));
  expect(changed("heavy")).toEqual({
    ...before("heavy"),
    data: expect.not.stringMatching(before("heavy").data),
  });
  // Data beyond a published frame counts by that frame, also where the data itself is not at hand.
  for (const name of ["middle", "last", "apart"]) {
    expect(before(name).data).toBe("");
    expect(changed(name)).toEqual(before(name));
  }
});
