import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeProject } from "../fixtures/make-project.ts";
import { hex, hexJson, statusesOf } from "./hex.ts";

/** A heavy cell over a file, one over that, one over an input, and one that hangs on nothing. */
const FILES = {
  "hex.config.json": JSON.stringify({ name: "Shop", computeIn: ["logic", "scheduled"] }),
  "data/orders.csv": "id,amount\n1,10\n",
  "cells/01-orders.ts": `import { cached, readCsv } from "hex-runtime";
export default cached("orders", () => readCsv(new URL("../data/orders.csv", import.meta.url)));`,
  "cells/02-total.ts": `import { cached } from "hex-runtime";
import orders from "./01-orders.ts";
export default cached("total", { orders }, ({ orders }) => [
  { total: orders.rows().reduce((sum, { amount }) => sum + Number(amount), 0) },
]);`,
  "cells/03-limit.ts": `import { slider } from "hex-runtime";
export default slider({ min: 0, max: 9, default: 1 });`,
  "cells/04-limited.ts": `import { cached } from "hex-runtime";
import limit from "./03-limit.ts";
export default cached("limited", { limit }, ({ limit }) => [{ limit }]);`,
  "cells/05-still.ts": `import { cached } from "hex-runtime";
export default cached("still", () => [{ n: 1 }]);`,
  "cells/06-shown.ts": `import { cell } from "hex-runtime";
import total from "./02-total.ts";
export default cell({ total }, ({ total }) => total.rows()[0]?.total);`,
};

it("computes only what has changed, keeps the rest, and says why", async () => {
  const { directory, write } = await makeProject(FILES);
  const run = (...flags: string[]) =>
    hexJson(["run", "--changed", "--project", directory, ...flags]);
  const first = await run();
  expect(first.result).toMatchObject({ version: 1, isPublisher: true });
  expect(new Set(Object.values(statusesOf(first.result)))).toEqual(new Set(["computed"]));

  const same = await run();
  expect(same.result).toMatchObject({ status: "completed", version: 1, isPublisher: false });
  expect(same.stderr).toContain("there is no new version");
  expect(statusesOf(same.result)).toEqual({
    ...{ orders: "pruned", total: "kept", limit: "pruned", limited: "kept", still: "kept" },
    shown: "computed",
  });

  await write("data/orders.csv", "id,amount\n1,10\n2,32\n");
  const told = await hex(["run", "--plan", "--changed", "--project", directory]);
  expect(told.stdout.replaceAll(/ +/g, " ")).toMatch(
    /orders computed data\/orders\.csv changed \(orders\)/,
  );
  expect(told.stdout).toContain("orders is computed anew (total)");
  expect(told.stdout).toContain("nothing it hangs on changed since version 1 (still)");
  const after = await run();
  expect(after.result).toMatchObject({ version: 2, isPublisher: true });
  expect(statusesOf(after.result)).toMatchObject({
    ...{ orders: "computed", total: "computed", limited: "kept", still: "kept" },
  });
  expect(after.result.cells.at(-1)?.output).toEqual({ kind: "value", value: 42 });
  expect(after.result.cells.find(({ name }) => name === "still")).toMatchObject({ keptSince: 1 });

  const shown = await hex(["runs", "show", after.result.runId, "--project", directory]);
  expect(shown.stdout).toMatch(/still +kept · version 1/);
  expect(shown.stdout).toMatch(/compute +changed/);
  const declared = await readFile(join(directory, ".hex/frames.d.ts"), "utf8");
  expect(declared.match(/^ {4}"\w+"/gm)).toEqual(
    ["orders", "total", "limited", "still"].map((name) => `    "${name}"`),
  );
}, 120_000);

it("goes by the values of inputs, and by code", async () => {
  const { directory, write } = await makeProject(FILES);
  const run = (...flags: string[]) =>
    hexJson(["run", "--changed", "--project", directory, ...flags]);
  await run();
  const asked = await run("--input", "limit=7");
  expect(statusesOf(asked.result)).toMatchObject({ limited: "computed", total: "kept" });
  const told = await hex(["run", "--plan", "--changed", "--project", directory]);
  expect(told.stdout).toContain("input limit is 1, was 7 (limited)");
  await write("cells/05-still.ts", FILES["cells/05-still.ts"].replace("n: 1", "n: 2"));
  const edited = await run("--input", "limit=7");
  expect(statusesOf(edited.result)).toMatchObject({ limited: "kept", still: "computed" });
  const app = await hexJson(["run", "--context", "app", "--project", directory]);
  expect(app.result.cells.find(({ name }) => name === "still")?.output).toMatchObject({
    head: [{ n: 2 }],
  });
}, 120_000);

it("publishes what light cells show and the defaults when only these have moved", async () => {
  const { directory, write } = await makeProject({
    ...FILES,
    "data/note.txt": "one",
    "data/day.txt": "2026-01-01",
    "cells/07-day.ts": `import { readFileSync } from "node:fs";
import { date } from "hex-runtime";
export default date({}, () => ({
  default: readFileSync(new URL(["..", "data", "day.txt"].join("/"), import.meta.url), "utf8"),
}));`,
    "cells/08-note.ts": `import { readFileSync } from "node:fs";
import { cell } from "hex-runtime";
import day from "./07-day.ts";
export default cell({ day }, ({ day }) => [
  { note: day + " " + readFileSync(new URL("../data/note.txt", import.meta.url), "utf8") },
]);`,
  });
  const run = (...flags: string[]) => hexJson(["run", "--project", directory, ...flags]);
  const noteOf = async () => {
    const { result } = await run("--context", "app");
    const note = result.cells.find(({ name }) => name === "note");
    return note?.output?.kind === "frame" ? note.output.head[0]?.["note"] : undefined;
  };
  await run();
  expect((await run("--changed")).result).toMatchObject({ version: 1, isPublisher: false });

  await write("data/day.txt", "2026-02-02");
  const moved = await run("--changed");
  expect(moved.result).toMatchObject({ status: "completed", version: 2, isPublisher: true });
  expect(moved.stderr).not.toContain("no new version");
  expect(statusesOf(moved.result)).toMatchObject({ total: "kept", still: "kept" });
  expect(await noteOf()).toBe("2026-02-02 one");

  await write("data/note.txt", "two");
  expect((await run("--changed", "--input", "day=2026-03-03")).result).toMatchObject({
    version: 2,
  });
  expect((await run("--changed")).result).toMatchObject({ version: 3, isPublisher: true });
  const same = await run("--changed");
  expect(same.result).toMatchObject({ version: 3, isPublisher: false });
  expect(same.stderr).toContain("nothing has changed that what is published hangs on");
}, 120_000);

it("stands when only the declarations for editors cannot be written", async () => {
  const { directory } = await makeProject(FILES);
  await mkdir(join(directory, ".hex/frames.d.ts"), { recursive: true });
  const { exitCode, result, stderr } = await hexJson(["run", "--project", directory]);
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ status: "completed", version: 1 });
  expect(stderr).toContain(".hex/frames.d.ts, which tells editors the columns, is not written: ");
  const listed = await hex(["runs", "list", "--project", directory]);
  expect(listed.stdout).toMatch(/completed.*1 published/);
}, 60_000);

it("fails the cell that changes what others are handed, and they see none of it", async () => {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Mutated" }),
    "cells/01-obj.ts": `import { cell } from "hex-runtime";
export default cell(() => ({ list: [1, 2, 3] }));`,
    "cells/02-mutates.ts": `import { cell } from "hex-runtime";
import obj from "./01-obj.ts";
export default cell({ obj }, ({ obj }) => {
  obj.list.push(99);
  return obj.list.length;
});`,
    "cells/03-neighbour.ts": `import { cell } from "hex-runtime";
import obj from "./01-obj.ts";
export default cell({ obj }, ({ obj }) => JSON.stringify(obj));`,
  });
  const { result } = await hexJson(["run", "--project", directory]);
  const [, mutates, neighbour] = result.cells;
  expect(mutates?.error?.message).toMatch(
    /^Expected cell mutates \(cells\/02-mutates\.ts:4:12\) to leave what it is handed as it is, got a change of obj \(/,
  );
  expect(neighbour?.output).toEqual({ kind: "value", value: '{"list":[1,2,3]}' });
}, 60_000);
