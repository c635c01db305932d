import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type {
  EvaluateRequest,
  Evaluation,
  RowsRequest,
  Viewers,
} from "../../src/kernel/evaluation.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { openVersion } from "../../src/store/version.ts";
import { until } from "../work/project-processes.ts";
import { isAlive } from "../work/worker-project.ts";
import { type ViewedTestProject, viewedProject } from "./viewed-project.ts";

/** Long enough for a busy machine; a cell that waits for a gate is never late. */
const FAR_MS = 120_000;

const note = (name: string) => `appendFileSync("ran", "${name} " + process.pid + "\\n");`;
const imports = `import { appendFileSync } from "node:fs";
import { button, cell, chart, frame, slider } from "hex-runtime";`;

/** Cells that come to something else whenever they run, and an input below which others stand. */
const CELLS = {
  "cells/10-listed.ts": `${imports}
export default cell(() => {
  ${note("listed")}
  return Array.from({ length: 250 }, (_, at) => ({ at, drawn: Math.random() }));
});`,
  "cells/11-framed.ts": `${imports}
export default cell(() => {
  ${note("framed")}
  return frame(Array.from({ length: 250 }, (_, at) => ({ at, drawn: Math.random() })));
});`,
  "cells/12-least.ts": `${imports}
export default slider({ min: 0, max: 9 });`,
  "cells/13-of_list.ts": `${imports}
import listed from "./10-listed.ts";
import least from "./12-least.ts";
export default cell({ listed, least }, ({ listed, least }) => {
  ${note("of_list")}
  return { least, first: listed[0].drawn };
});`,
  "cells/14-of_frame.ts": `${imports}
import framed from "./11-framed.ts";
import least from "./12-least.ts";
export default cell({ framed, least }, ({ framed, least }) => {
  ${note("of_frame")}
  return { least, first: framed.rows()[0].drawn };
});`,
  "cells/15-opaque.ts": `${imports}
export default cell(() => {
  ${note("opaque")}
  return chart([{ drawn: Math.random() }], { format: () => 1 });
});`,
  "cells/16-failed.ts": `${imports}
import press from "./03-press.ts";
export default cell({ press }, ({ press }) => {
  ${note("failed")}
  if (press) throw new Error("refused");
  return "not pressed";
});`,
};

const ALL = ["listed", "framed", "of_list", "of_frame"];

interface Open extends ViewedTestProject {
  readonly viewers: Viewers;
  /** evaluates cells in the version that was published last */
  readonly evaluate: (more?: Partial<EvaluateRequest>) => Promise<Evaluation>;
  readonly commit: string;
}

async function opened(limits: Parameters<ViewedTestProject["open"]>[0] = {}): Promise<Open> {
  const project = await viewedProject(CELLS);
  const version = await project.publish();
  const store = new DirectoryStore(`${project.directory}/.hex/store`);
  const commit = (await openVersion(store)).commit?.commitId ?? "";
  const viewers = await project.open({ deadlineMs: FAR_MS, ...limits });
  const evaluate: Open["evaluate"] = (more) =>
    viewers.evaluate({ version, commit, inputs: { least: 0 }, cells: ALL, ...more });
  return { ...project, viewers, evaluate, commit };
}

/** Names of the cells that ran, without their process. */
async function namesOf(ran: ViewedTestProject["ran"]): Promise<string[]> {
  return (await ran()).map((line) => line.split(" ")[0] ?? "").sort();
}

function resultsOf({ cells }: Evaluation): Record<string, string | undefined> {
  return Object.fromEntries(cells.map(({ name, result }) => [name, result]));
}

/** What `of_list` and `of_frame` saw of the first row of the tables above them. */
function firstIn({ cells }: Evaluation, name: string): unknown {
  const output = cells.find((cell) => cell.name === name)?.output;
  return output?.kind === "json" ? (output.json as { first: number }).first : undefined;
}

async function drawnIn(
  viewers: Viewers,
  { evaluation }: Pick<Evaluation, "evaluation">,
  more: Partial<RowsRequest> & { readonly cell: string },
): Promise<readonly unknown[]> {
  const { head } = await viewers.rows({ evaluation, offset: 0, limit: 1_000, ...more });
  return head.map(({ drawn }) => drawn);
}

it("is that of the publication where all is as it was published, and runs no cell", async () => {
  const { viewers, evaluate, commit, ran } = await opened();
  const published = await evaluate();
  expect(published).toMatchObject({ evaluation: `1.${commit}`, version: 1, commit });
  expect(published.inputs).toEqual({ least: 0 });
  const listed = await drawnIn(viewers, published, { cell: "listed" });
  expect(new Set(listed).size).toBe(250);
  expect(firstIn(published, "of_list")).toBe(listed[0]);
  const last = await drawnIn(viewers, published, { cell: "framed", offset: 200, limit: 1_000 });
  const sort = { column: "at", descending: true };
  const sorted = await drawnIn(viewers, published, { cell: "framed", sort, limit: 50 });
  expect(sorted.toReversed()).toEqual(last);
  expect(await ran()).toEqual([]);
});

it("replaces what a value is needed of that cannot be had, and comes back to what is published", async () => {
  const { viewers, evaluate, ran } = await opened();
  const published = await evaluate();
  const moved = await evaluate({ inputs: { least: 5 } });
  expect(await namesOf(ran)).toEqual(["listed", "of_frame", "of_list"]);
  const [before, after] = [published, moved].map(resultsOf);
  expect(after?.["framed"]).toBe(before?.["framed"]);
  expect(after?.["listed"]).not.toBe(before?.["listed"]);
  for (const [table, below] of [
    ["listed", "of_list"],
    ["framed", "of_frame"],
  ] as const) {
    const rows = await drawnIn(viewers, moved, { cell: table });
    expect(rows[0]).toBe(firstIn(moved, below));
  }
  const back = await evaluate();
  expect(back.evaluation).toBe(published.evaluation);
  expect(resultsOf(back)).toEqual(before);
  expect(await evaluate({ inputs: { least: 5 } })).toMatchObject({ evaluation: moved.evaluation });
  expect(await namesOf(ran)).toEqual([]);
});

it("leaves out the outputs that the asker has", async () => {
  const { evaluate } = await opened();
  const published = await evaluate();
  const has = resultsOf(published) as Record<string, string>;
  const moved = await evaluate({ inputs: { least: 5 }, has });
  const told = moved.cells.map(({ name, isSame = false, output }) => [name, isSame, !output]);
  expect(told).toEqual([
    ["listed", false, false],
    ["framed", true, true],
    ["of_list", false, false],
    ["of_frame", false, false],
  ]);
});

it("gives equal outputs for equal states, also of what cannot be shared, beside another process", async () => {
  const { viewers, evaluate, ran, write } = await opened({ size: 2 });
  const cells = [...ALL, "opaque"];
  const first = await evaluate({ inputs: { least: 1 }, cells });
  const gated = viewers.evaluate({
    version: 1,
    commit: null,
    inputs: { act: "gate" },
    cells: ["acted"],
  });
  await until("it goes", async () => (await ran()).some((line) => line.startsWith("acted gate")));
  const second = await evaluate({ inputs: { least: 2 }, cells });
  const pids = (await ran()).map((line) => line.split(" ").at(-1));
  expect(new Set(pids).size).toBe(1);
  for (const before of [first, second]) {
    const again = await evaluate({ inputs: before.inputs, cells });
    expect(again.evaluation).toBe(before.evaluation);
    expect(resultsOf(again)).toEqual(resultsOf(before));
    // Also while the process is busy with what another viewer asks.
    const rows = await drawnIn(viewers, again, { cell: "listed" });
    expect(rows[0]).toBe(firstIn(before, "of_list"));
  }
  expect(await ran()).toEqual([]);
  await write("gate", "");
  await gated;
});

it("runs what two states have in common once when they are asked for together", async () => {
  const { evaluate, ran } = await opened({ size: 1 });
  const states = [1, 2, 3].map((least) => evaluate({ inputs: { least } }));
  const results = (await Promise.all(states)).map(resultsOf);
  expect(new Set(results.map(({ listed }) => listed)).size).toBe(1);
  expect((await namesOf(ran)).filter((name) => name === "listed")).toEqual(["listed"]);
});

it("is gone with its process, but for that of the publication", async () => {
  const { viewers, evaluate, ran } = await opened({ idleMs: 300, size: 1 });
  const published = await evaluate();
  const moved = await evaluate({ inputs: { least: 3 } });
  const pid = Number((await ran()).at(-1)?.split(" ").at(-1));
  await until("the process to end", () => !isAlive(pid));
  const rows = drawnIn(viewers, moved, { cell: "listed" });
  await expect(rows).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
  expect(await drawnIn(viewers, published, { cell: "listed" })).toHaveLength(250);
});

it("does not run again what failed for a press, and says of a lost one that it is not known", async () => {
  const { viewers, evaluate, ran } = await opened({ size: 1 });
  const pressed = { press: { press: "press-1" }, cells: ["failed"] };
  const failed = { cells: [{ name: "failed", status: "failed" }] };
  expect(await evaluate(pressed)).toMatchObject(failed);
  expect(await evaluate(pressed)).toMatchObject(failed);
  expect(await namesOf(ran)).toEqual(["failed"]);
  const exiting = viewers.evaluate({
    version: 1,
    commit: null,
    inputs: { act: "exit" },
    press: { press: "press-2" },
    cells: ["failed", "acted"],
  });
  await expect(exiting).rejects.toMatchObject({ code: "HEX_PRESS_UNKNOWN" });
  const lost = evaluate({ ...pressed, press: { press: "press-2" } });
  await expect(lost).rejects.toMatchObject({ code: "HEX_PRESS_UNKNOWN" });
  await expect(evaluate(pressed)).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
});

/** A frame of which columns are read when they are needed, and a cell that goes on without one. */
const MANY_CELLS = {
  "cells/10-many.ts": `import { cached, frame } from "hex-runtime";
const rows = Array.from({ length: 200_000 }, (_, at) => ({ at, name: "n" + (at % 50_000), half: at / 2 }));
export default cached("many", () => frame(rows));`,
  "cells/11-summed.ts": `import { cell } from "hex-runtime";
import act from "./04-act.ts";
import many from "./10-many.ts";
export default cell({ act, many }, ({ act, many }) => {
  try {
    return act + " " + many.column("half").reduce((sum, each) => sum + each, 0);
  } catch {
    return act + " went on";
  }
});`,
};

it("is never of a column that was lost, also when it is there again", async () => {
  const project = await viewedProject(MANY_CELLS);
  await project.publish();
  const newest = { version: 1, commit: null };
  const byRows = await project.open({ size: 1 });
  const byCell = await project.open({ size: 1 });
  const summed = (viewers: Viewers) =>
    viewers.evaluate({ ...newest, inputs: { act: "b" }, cells: ["summed"] });
  const shown = { ...newest, inputs: {}, cells: ["many"] };
  for (const viewers of [byRows, byCell]) await viewers.warm(null);
  const { evaluation } = await byRows.evaluate(shown);
  const mend = await damageFrame(project.directory, "many");
  const sort = { column: "half", descending: true };
  const rows = byRows.rows({ evaluation, cell: "many", offset: 0, limit: 1, sort });
  await expect(rows).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
  expect(JSON.stringify(await summed(byRows))).not.toContain("went on");
  await expect(summed(byCell)).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
  await mend();
  const sum = { cells: [{ output: { value: "b 9999950000" } }] };
  expect(await summed(byRows)).toMatchObject(sum);
  expect(await summed(byCell)).toMatchObject(sum);
});

/** Changes the middle of all files of a frame where they are; gives what puts it back. */
async function damageFrame(directory: string, frame: string): Promise<() => Promise<void>> {
  const store = join(directory, ".hex/store");
  const names = (await readdir(store, { recursive: true })).filter((name) =>
    [".arrow", ".csv"].some((kind) => name.endsWith(`${frame}${kind}`)),
  );
  const files = await Promise.all(
    names.map(async (name) => ({
      path: join(store, name),
      body: await readFile(join(store, name)),
    })),
  );
  for (const { path } of files) await chmod(path, 0o600);
  const write = async (change: (body: Buffer) => Buffer) => {
    for (const { path, body } of files) await writeFile(path, change(body), { flag: "r+" });
  };
  await write((body) =>
    Buffer.from(body).fill(55, body.length >> 3, body.length - (body.length >> 3)),
  );
  return () => write((body) => body);
}
