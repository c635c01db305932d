import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { button, slider, text } from "../../src/cell/input.ts";
import { chart } from "../../src/cell/output.ts";
import type { RunContext } from "../../src/cell/run-context.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { CellCache } from "../../src/kernel/cell-cache.ts";
import { KernelRecall } from "../../src/kernel/recall.ts";
import { parseSavedOutputs } from "../../src/run/saved-outputs.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { openVersion } from "../../src/store/version.ts";
import { inMemoryCells } from "../run/in-memory-cells.ts";
import { runInMemory } from "../run/run-in-memory.ts";

let directory: string;
let cache: CellCache;
let ran: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hex-remembered-"));
  cache = new CellCache({ limitBytes: 1e8 });
  ran = [];
});
afterEach(() => rm(directory, { recursive: true }));

interface Options {
  readonly context?: RunContext;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly ground?: (cell: string) => string;
  /** name of a button -> id of the press */
  readonly press?: Readonly<Record<string, string>>;
}

let runs = 0;

function run(
  cells: ReturnType<typeof inMemoryCells>,
  { context = "logic", inputs = {}, ground = () => "", press = {} }: Options = {},
) {
  runs += 1;
  return runInMemory(cells, {
    context,
    inputs,
    store: new DirectoryStore(directory),
    hasDefaultInputs: true,
    recall: new KernelRecall({
      cache,
      fingerprints: toGrounds(cells, ground),
      scope: `${runs}`,
      press,
    }),
  });
}

function toGrounds({ cells }: ReturnType<typeof inMemoryCells>, ground: (cell: string) => string) {
  const toGround = (name: string) => ({ code: "", data: ground(name), secrets: "" });
  return new Map(cells.map(({ name }) => [name, toGround(name)]));
}

/** A cell that notes that it ran, and gives what a function of the values above gives. */
function noted<Values>(name: string, compute: (values: Values) => unknown) {
  return cell({}, (values) => {
    ran.push(name);
    // In a run they are those of the cells it stands after.
    return compute(values as Values);
  });
}

function taken(): string[] {
  return ran.splice(0).sort();
}

const people = () => frame([{ name: "Ada", age: 36 }]);

/** An input, a heavy cell over it, and light cells over both. */
function tutorial() {
  const heavy = cached("people", () => {
    ran.push("people");
    return people();
  });
  return inMemoryCells({
    wait: { is: slider({ min: 0, max: 10 }) },
    people: { after: ["wait"], is: heavy },
    least: { is: slider({ min: 0, max: 100 }) },
    old: {
      after: ["people", "least"],
      is: noted("old", ({ people, least }: { people: Frame; least: number }) =>
        people.filter((row) => Number(row["age"]) >= least),
      ),
    },
    count: { after: ["old"], is: noted("count", ({ old }: { old: Frame }) => old.numRows) },
  });
}

function outputs({ cells }: Awaited<ReturnType<typeof run>>) {
  return Object.fromEntries(cells.map(({ name, output }) => [name, output]));
}

describe("runs with a memory", () => {
  it("run only what hangs on a changed input, and show the same", async () => {
    const first = await run(tutorial());
    expect(taken()).toEqual(["count", "old", "people"]);
    const again = await run(tutorial());
    expect(taken()).toEqual([]);
    expect(outputs(again)).toEqual(outputs(first));
    const older = await run(tutorial(), { inputs: { least: 40 } });
    expect(taken()).toEqual(["count", "old"]);
    expect(outputs(older)["count"]).toEqual({ kind: "value", value: 0 });
    await run(tutorial(), { inputs: { least: 0 } });
    expect(taken()).toEqual([]);
    await run(tutorial(), { inputs: { wait: 3 } });
    expect(taken()).toEqual(["count", "old", "people"]);
  });

  it("publish remembered frames again, with the columns that cells below have read", async () => {
    await run(tutorial());
    taken();
    const again = await run(tutorial());
    expect(taken()).toEqual([]);
    expect(again).toMatchObject({ status: "completed", version: 2, isPublisher: true });
    const version = await openVersion(new DirectoryStore(directory));
    const published = version.frames().get("people");
    expect(version.number).toBe(2);
    expect(Object.keys(published?.readers ?? {})).toEqual(["old"]);
    expect(published?.readers?.["old"]?.columns).toEqual(["age"]);
    expect((await version.readFrame("people"))?.frame.rows()).toEqual(people().rows());
  });

  it("publish that a cell looks at the context, also when it did so in a run before", async () => {
    const cells = () =>
      inMemoryCells({
        people: { is: cached("people", () => people()) },
        where: { is: cell({}, (_, { runContext }) => runContext) },
      });
    await run(cells());
    await run(cells());
    const version = await openVersion(new DirectoryStore(directory));
    const bytes = await version.readOutputs();
    const saved = parseSavedOutputs(bytes ?? new Uint8Array());
    expect(version.number).toBe(2);
    expect(saved?.cells.find(({ name }) => name === "where")?.looksAtContext).toBe(true);
  });

  it("tell of the version that is read, although a frame is the same as before", async () => {
    await run(tutorial());
    await run(tutorial(), { context: "app" });
    taken();
    await run(tutorial(), { context: "app" });
    expect(taken()).toEqual([]);
    await run(tutorial());
    taken();
    const { cells } = await run(tutorial(), { context: "app" });
    expect(taken()).toEqual([]);
    expect(cells.find(({ name }) => name === "people")?.data).toMatchObject({ version: 2 });
  });

  it("run cells anew whose ground is another, and those below", async () => {
    let data = "one";
    const ground = (name: string) => (name === "people" ? data : "");
    await run(tutorial(), { ground });
    taken();
    data = "two";
    await run(tutorial(), { ground });
    expect(taken()).toEqual(["count", "old", "people"]);
  });

  it("remember nothing below a pressed button, and no failure", async () => {
    let isBroken = true;
    const cells = () =>
      inMemoryCells({
        press: { is: button({}) },
        below: { after: ["press"], is: noted("below", ({ press }: { press: boolean }) => press) },
        deeper: { after: ["below"], is: noted("deeper", () => 1) },
        broken: {
          is: noted("broken", () => {
            if (isBroken) throw new Error("not yet");
            return "whole";
          }),
        },
      });
    await run(cells(), { inputs: { press: true } });
    await run(cells(), { inputs: { press: true } });
    expect(taken()).toEqual(["below", "below", "broken", "broken", "deeper", "deeper"]);
    isBroken = false;
    const { cells: results } = await run(cells());
    expect(taken()).toEqual(["below", "broken", "deeper"]);
    expect(results.at(-1)?.output).toEqual({ kind: "value", value: "whole" });
    await run(cells());
    expect(taken()).toEqual([]);
  });

  it("hand out values that nobody can change", async () => {
    const cells = () =>
      inMemoryCells({
        word: { is: text({}) },
        list: { is: noted("list", () => ({ inside: [1, 2] })) },
        spoilt: {
          after: ["list", "word"],
          is: noted("spoilt", ({ list }: { list: { inside: number[] } }) => list.inside.push(3)),
        },
      });
    for (const word of ["a", "b"]) {
      const { cells: results } = await run(cells(), { inputs: { word } });
      expect(results.at(-1)?.error?.message).toContain("got a change of list (");
      expect(results[1]?.output).toEqual({ kind: "json", json: { inside: [1, 2] } });
    }
  });

  it("hand out dates that every cell has for itself, in every run", async () => {
    const cells = () =>
      inMemoryCells({
        word: { is: text({}) },
        day: { is: noted("day", () => new Date(0)) },
        year: {
          after: ["day", "word"],
          is: noted("year", ({ day }: { day: Date }) => {
            day.setUTCFullYear(day.getUTCFullYear() + 1);
            return day.getUTCFullYear();
          }),
        },
      });
    for (const word of ["a", "b"]) {
      const { cells: results } = await run(cells(), { inputs: { word } });
      expect(results.at(-1)?.output).toEqual({ kind: "value", value: 1971 });
    }
    expect(taken()).toEqual(["day", "year", "year"]);
  });

  it("run cells again that give what nobody can keep from being changed, and those below", async () => {
    const cells = () =>
      inMemoryCells({
        drawn: {
          is: noted("drawn", () => chart([{ a: 1 }], { format: () => 1 })),
        },
        below: { after: ["drawn"], is: noted("below", () => 1) },
      });
    await run(cells());
    await run(cells());
    expect(taken()).toEqual(["below", "below", "drawn", "drawn"]);
  });

  it("remember cells that read frames themselves, with the version", async () => {
    const explicit = () =>
      inMemoryCells({
        people: {
          is: cell(async (_, { runContext, store }) => {
            ran.push("people");
            if (runContext === "logic") await store.writeFrame("people", people());
            return store.readFrame("people");
          }),
        },
        count: { after: ["people"], is: noted("count", () => 1) },
      });
    await run(explicit());
    taken();
    for (const _ of [1, 2]) await run(explicit(), { context: "app" });
    expect(taken()).toEqual(["count", "people"]);
    await run(explicit());
    expect(taken()).toEqual(["count", "people"]);
    await run(explicit(), { context: "app" });
    expect(taken()).toEqual(["count", "people"]);
  });

  it("see at once that another tool has replaced its CSV, and else compute nothing", async () => {
    const names = async () => {
      const { cells } = await run(tutorial(), { context: "app" });
      return cells.map(({ output }) => (output?.kind === "frame" ? output.rows : 0));
    };
    await writeFile(join(directory, "people.csv"), "name,age\nBo,1\n");
    expect(await names()).toEqual([0, 1, 0, 1, 0]);
    expect(taken()).toEqual(["count", "old"]);
    await writeFile(join(directory, "people.csv"), "name,age\nBo,1\nCy,2\n");
    expect(await names()).toEqual([0, 2, 0, 2, 0]);
    expect(taken()).toEqual(["count", "old"]);
    expect(await names()).toEqual([0, 2, 0, 2, 0]);
    expect(taken()).toEqual([]);
  });

  it("look again after a while only at a CSV of another tool that cells read themselves", async () => {
    let nowMs = 0;
    cache = new CellCache({ limitBytes: 1e8, now: () => nowMs });
    const read = cell((_, { store }) => store.readFrame("people"));
    const rows = async () => {
      const { cells } = await run(inMemoryCells({ read: { is: read } }), { context: "app" });
      return cells.flatMap(({ output }) => (output?.kind === "frame" ? output.rows : []));
    };
    await writeFile(join(directory, "people.csv"), "name,age\nBo,1\n");
    expect(await rows()).toEqual([1]);
    await writeFile(join(directory, "people.csv"), "name,age\nBo,1\nCy,2\n");
    expect(await rows()).toEqual([1]);
    nowMs = 5_001;
    expect(await rows()).toEqual([2]);
  });
});
