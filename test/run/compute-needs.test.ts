import { describe, expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { toGraph } from "../../src/cell/graph.ts";
import { date, dropdown, slider } from "../../src/cell/input.ts";
import { planRun } from "../../src/cell/plan.ts";
import { frame } from "../../src/frame/rows.ts";
import type { CellFingerprints } from "../../src/run/cell-fingerprints.ts";
import { findNeeds, planInputs } from "../../src/run/compute-needs.ts";
import { openVersion } from "../../src/store/version.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

type Cells = ReturnType<typeof inMemoryCells>;

const rows = () => frame([{ n: 1 }]);

/** A heavy cell over an input, and one over that by way of a light one. */
function chained(day = "2026-11-29") {
  return inMemoryCells({
    day: { is: date({}, () => ({ default: day })) },
    raw: { after: ["day"], is: cached("raw", rows) },
    light: { after: ["raw"], is: cell(() => 1) },
    model: { after: ["light"], is: cached("model", rows) },
    other: { is: cached("other", rows) },
  });
}

function groundsOf(
  { cells }: Cells,
  changed: Readonly<Record<string, object>> = {},
): CellFingerprints {
  const same = { code: "", data: "", secrets: "" };
  return new Map(cells.map(({ name }) => [name, { ...same, ...changed[name] }]));
}

interface Now {
  readonly cells?: Cells;
  readonly grounds?: Readonly<Record<string, object>>;
  readonly maxAgeMs?: number;
}

/** Publishes cells, and tells which of them need to be computed after that. */
async function needsAfter(published: Cells, { cells = published, grounds, maxAgeMs }: Now = {}) {
  const store = new MemoryStore();
  const computeAt = Date.parse("2026-01-01T00:00:00Z");
  await runInMemory(published, { store, fingerprints: groundsOf(published), now: () => computeAt });
  const needs = findNeeds({
    plan: planRun(toGraph(cells.cells), { context: "logic", computeIn: ["logic"] }),
    cells,
    fingerprints: groundsOf(cells, grounds),
    inputs: await planInputs(cells, new Map()),
    version: await openVersion(store),
    maxAgeMs,
    nowMs: computeAt + 1_000,
  });
  return Object.fromEntries([...needs].map(([name, { reason }]) => [name, reason]));
}

const KEPT = "nothing it hangs on changed since version 1";

describe("a heavy cell", () => {
  it("is kept while nothing has changed that it hangs on", async () => {
    expect(await needsAfter(chained())).toEqual({ raw: KEPT, model: KEPT, other: KEPT });
  });

  it("is computed when an input has another value, and those over it are", async () => {
    expect(await needsAfter(chained(), { cells: chained("2026-12-01") })).toEqual({
      raw: 'input day is "2026-12-01", was "2026-11-29"',
      model: 'input day is "2026-12-01", was "2026-11-29", raw is computed anew',
      other: KEPT,
    });
  });

  it("is computed when the code, the data or the secrets of a cell above have changed", async () => {
    const grounds = { light: { code: "new" }, raw: { data: "new" }, other: { secrets: "new" } };
    expect(await needsAfter(chained(), { grounds })).toEqual({
      raw: "its data changed",
      model: "its code changed, raw is computed anew",
      other: "a secret changed",
    });
  });

  it("is computed when its frame is older than it may be", async () => {
    const needs = await needsAfter(chained(), { maxAgeMs: 999 });
    expect(needs).toMatchObject({ other: "it is older than its maxAge" });
    expect(await needsAfter(chained(), { maxAgeMs: 1_000 })).toMatchObject({ other: KEPT });
  });

  it("is computed while an input above it is known only in the run", async () => {
    const cells = () =>
      inMemoryCells({
        other: { is: cached("other", rows) },
        chosen: { after: ["other"], is: dropdown({}, () => ({ options: ["a"] })) },
        heavy: { after: ["chosen"], is: cached("heavy", rows) },
      });
    expect(await needsAfter(cells())).toEqual({
      other: KEPT,
      heavy: "input chosen is known only in the run",
    });
  });

  it("is computed when its variant is not published", async () => {
    const keyed = (limit: number) =>
      inMemoryCells({
        limit: { is: slider({ min: 0, max: 9, default: limit }) },
        people: { after: ["limit"], key: ["limit"], is: cached("people", rows) },
      });
    expect(await needsAfter(keyed(1), { cells: keyed(2) })).toEqual({
      people: "it is not published",
    });
    expect(await needsAfter(keyed(1))).toEqual({ people: KEPT });
  });
});

it("has the reason and the version in the plan, where what only feeds it is pruned", () => {
  const graph = toGraph(chained().cells);
  const needs = new Map([["model", { isNeeded: false, reason: KEPT, keptSince: 1 }]]);
  const { cells } = planRun(graph, { context: "logic", computeIn: ["logic"], needs });
  expect(cells.map(({ name, action }) => [name, action])).toEqual([
    ["day", "pruned"],
    ["raw", "pruned"],
    ["light", "pruned"],
    ["model", "kept"],
    ["other", "computed"],
  ]);
  expect(cells[3]).toMatchObject({ reason: KEPT, keptSince: 1, after: [] });
});
