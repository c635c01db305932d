import { expect, test } from "vitest";
import { toPageCells } from "../../src/page/page-cells.ts";
import { findPageData, toPageContent, toPageFreshness } from "../../src/page/to-page-state.ts";
import type { PageSettings } from "../../src/project/page-settings.ts";
import type { DescribedCell } from "../../src/project/project-description.ts";
import { NOTHING_NOTED } from "../../src/run/saved-outputs.ts";
import type { PublishedFrame } from "../../src/store/manifest/manifest.ts";

function described(name: string, rest: Partial<DescribedCell> = {}): DescribedCell {
  return {
    ...{ name, file: `cells/${name}.ts`, kind: "cell", title: null, dependencies: [] },
    ...{ widget: null, frame: null, computeIn: ["logic"], keyInputs: null, maxAgeMs: null },
    ...{ codeHash: `code of ${name}`, data: "", source: "" },
    ...rest,
  };
}

const slider = { widget: "slider", min: 0, max: 10, step: 1, default: 3 } as const;
const CELLS = [
  described("note", { kind: "prose", source: "# Note\n" }),
  described("delay", { kind: "input", widget: slider }),
  described("data", { kind: "cached", frame: "data", dependencies: ["delay"] }),
  described("amount", { kind: "input", widget: slider }),
  described("kept", { dependencies: ["data", "amount"] }),
  described("count", { dependencies: ["kept"] }),
];
const VALUE = { kind: "value", value: 1 } as const;
const SAVED = CELLS.map(({ name, kind, codeHash }) => ({
  ...NOTHING_NOTED,
  name,
  codeHash,
  output: kind === "input" ? { ...VALUE, input: slider } : VALUE,
}));
const NOTHING = {
  hide: [],
  saved: undefined,
  inputs: new Map<string, unknown>(),
  moved: new Set<string>(),
};

const namesOf = (cells: readonly { readonly name: string }[]) => cells.map(({ name }) => name);

test("cells that are hidden, and those that an app run leaves out, are not shown", () => {
  expect(namesOf(toPageCells(CELLS, NOTHING))).toEqual(["note", "data", "amount", "kept", "count"]);
  const some = toPageCells(CELLS, { ...NOTHING, hide: ["kept"] });
  expect(namesOf(some)).toEqual(["note", "data", "amount", "count"]);
  expect(some.find(({ name }) => name === "data")?.below).toEqual(["count"]);
  const layout = [{ title: null, rows: [["amount", "delay"], ["count"]] }];
  expect(namesOf(toPageCells(CELLS, { ...NOTHING, layout }))).toEqual(["amount", "count"]);
});

test("a cell shows what was saved, and is outdated once its code is another", () => {
  const saved = SAVED.map((cell) => (cell.name === "kept" ? { ...cell, codeHash: "older" } : cell));
  const cells = toPageCells(CELLS, { ...NOTHING, saved });
  expect(cells.map(({ output }) => output)).toMatchObject(Array(5).fill(VALUE));
  expect(namesOf(cells.filter(({ isOutdated }) => isOutdated))).toEqual(["kept"]);
});

test("a light cell's output is outdated once the data that it names is another", () => {
  const NOTHING_ABOVE = { inputs: {}, secrets: "", frames: {} };
  const toState = (code: string, data: string) => ({ ...NOTHING_ABOVE, code, data });
  const saved = SAVED.map((cell) =>
    cell.name === "count" ? cell : { ...cell, state: toState(cell.codeHash, "then") },
  );
  const now = (data: string) => CELLS.map((cell) => ({ ...cell, data }));
  const outdated = (data: string) => {
    const cells = toPageCells(now(data), { ...NOTHING, saved });
    return namesOf(cells.filter(({ isOutdated }) => isOutdated));
  };
  expect(outdated("then")).toEqual([]);
  // The heavy cell counts by its frame, and of the last one nobody noted its data.
  expect(outdated("now")).toEqual(["kept"]);
});

test("before anything is published, prose and inputs show what their source tells", () => {
  const inputs = new Map<string, unknown>([["amount", 7]]);
  const cells = toPageCells(CELLS, { ...NOTHING, inputs });
  const outputs = Object.fromEntries(cells.map(({ name, output }) => [name, output]));
  expect(outputs).toEqual({
    note: { kind: "markdown", markdown: "# Note\n" },
    data: null,
    amount: { kind: "value", value: 7, input: slider },
    kept: null,
    count: null,
  });
  expect(namesOf(cells.filter(({ isOutdated }) => isOutdated))).toEqual(["data", "kept", "count"]);
});

test("a configured value that breaks the rule of its input is left to the run that tells so", () => {
  const [, , amount] = toPageCells(CELLS, { ...NOTHING, inputs: new Map([["amount", 99]]) });
  expect(amount).toMatchObject({ name: "amount", output: null, isOutdated: true });
});

const page: PageSettings = {
  ...{ title: undefined, description: undefined, layout: undefined, hide: [] },
  access: "token",
  embedIn: [],
};
const config = { name: "Things", page, inputs: new Map() };
const version = (frames: Readonly<Record<string, object>>) => ({
  number: 3,
  publishedAt: "2026-03-04T12:00:00.000Z",
  foreign: new Map(),
  frames: new Map(Object.entries(frames)) as unknown as ReadonlyMap<string, PublishedFrame>,
  saved: { cells: SAVED, inputs: null },
  commit: "commit",
  evaluation: "3.commit",
  defaults: undefined,
});
const NOON_MS = Date.parse("2026-03-04T12:00:00.000Z");

test("a page is called as its project unless the config says otherwise", () => {
  const facts = { config, cells: CELLS, version: version({}) };
  expect(toPageContent(facts)).toMatchObject({ title: "Things", description: null, version: 3 });
  const titled = { ...config, page: { ...page, title: "Other", description: "*So*" } };
  expect(toPageContent({ ...facts, config: titled })).toMatchObject({
    title: "Other",
    description: "*So*",
  });
});

test("inputs have what the config says, or else what the version recorded under the same code", () => {
  const defaults = {
    amount: { value: 5, code: "code of amount" },
    delay: { value: 9, code: "code of delay" },
  };
  const inputsOf = (more: object, configured: Record<string, unknown> = {}) => {
    const facts = { cells: CELLS, version: { ...version({}), ...more } };
    const told = { ...config, inputs: new Map(Object.entries(configured)) };
    return toPageContent({ ...facts, config: told }).inputs;
  };
  // What only feeds a published frame is no input of the page.
  expect(inputsOf({ defaults })).toEqual({ amount: 5 });
  expect(inputsOf({ defaults }, { amount: 7 })).toEqual({ amount: 7 });
  const older = { amount: { value: 5, code: "older" } };
  expect(inputsOf({ defaults: older })).toEqual({});
  // Of a version that recorded none, what its cells showed.
  expect(inputsOf({})).toEqual({ amount: 1 });
});

test("what hangs on an input that the config has changed since is to be asked for", () => {
  const saved = { cells: SAVED, inputs: { amount: 3 } };
  const facts = { cells: CELLS, version: { ...version({}), saved } };
  const outdated = (amount: number) => {
    const told = { ...config, inputs: new Map([["amount", amount]]) };
    return namesOf(
      toPageContent({ ...facts, config: told }).cells.filter((cell) => cell.isOutdated),
    );
  };
  expect(outdated(3)).toEqual([]);
  expect(outdated(4)).toEqual(["kept", "count"]);
});

test("its data is as current as the oldest frame, stale and of other code when any is", () => {
  const cells = [
    described("one", { kind: "cached", frame: "one", maxAgeMs: 60_000 }),
    described("two", { kind: "cached", frame: "two" }),
  ];
  const frames = {
    one: { computedAt: "2026-03-04T11:58:00.000Z", codeHash: "code of one", cell: "one" },
    two: { computedAt: "2026-03-04T11:00:00.000Z", codeHash: "older", cell: "two" },
    "one/variant": { computedAt: "2026-01-01T00:00:00.000Z", codeHash: "", cell: "one" },
  };
  expect(
    toPageFreshness(findPageData({ config, cells, version: version(frames) }), NOON_MS),
  ).toEqual({
    version: 3,
    computedAt: "2026-03-04T11:00:00.000Z",
    ageMs: 3_600_000,
    stale: true,
    sameCode: false,
  });
});

test("a page without data says so", () => {
  expect(
    toPageFreshness(findPageData({ config, cells: CELLS, version: version({}) }), NOON_MS),
  ).toBeNull();
});
