import { describe, expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { slider } from "../../src/cell/input.ts";
import { chart } from "../../src/cell/output.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import type { CellFingerprints } from "../../src/run/cell-fingerprints.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { parseSavedOutputs } from "../../src/run/saved-outputs.ts";
import type { CellSource } from "../../src/source/cell-sources.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "../store/published-frames.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

const COUNT = 150;
const grounds: CellFingerprints = new Map(
  ["days", "planets", "all", "heavy", "total", "rows", "picture", "odd"].map((name) => [
    name,
    { code: `code of ${name}`, data: "", secrets: "" },
  ]),
);

interface Values {
  readonly days: number;
  readonly planets: Frame;
}

/** Tables, a chart and values below a published frame, which an input changes. */
function project({ initial = 1 } = {}) {
  const light = (compute: (values: Values) => unknown) => ({
    after: ["planets"],
    is: cell({}, (values) => compute(values as unknown as Values)),
  });
  return inMemoryCells({
    days: { is: slider({ min: 0, max: 9, step: 1, default: initial }) },
    planets: {
      after: ["days"],
      is: cached("planets", (values) => {
        const { days } = values as unknown as Values;
        return frame(Array.from({ length: COUNT }, (_, id) => ({ id, days })));
      }),
    },
    all: light(({ planets }) => planets),
    heavy: light(({ planets }) => planets.filter((row) => Number(row["id"]) > 10)),
    total: light(({ planets }) => ({ rows: planets.numRows, of: ["planets"] })),
    rows: light(({ planets }) => planets.head(3).rows()),
    picture: light(({ planets }) => chart(planets.head(50), {})),
    odd: light(() => ({ nothing: undefined, zero: -0 })),
  });
}

async function savedIn(store: MemoryStore) {
  const version = await openVersion(store);
  const bytes = await version.readOutputs();
  const saved = bytes && parseSavedOutputs(bytes);
  if (saved === undefined) throw new Error("nothing is saved");
  const of = (name: string) => saved.cells.find((each) => each.name === name);
  return { version, saved, of };
}

describe("a run that publishes", () => {
  it("keeps every table that it showed to its last row, and none twice", async () => {
    const store = new MemoryStore();
    await runInMemory(project(), { store });
    const { version, of } = await savedIn(store);
    const sha256 = version.frames().get("planets")?.csv.sha256;
    expect(of("heavy")?.shown).toEqual({ at: "file" });
    expect((await version.readShown("heavy"))?.numRows).toBe(COUNT - 11);
    expect((await version.readShown("picture"))?.numRows).toBe(50);
    expect((await version.readShown("rows"))?.numRows).toBe(3);
    for (const name of ["planets", "all"]) {
      expect(of(name)?.shown).toEqual({ at: "frame", frame: "planets", sha256 });
      expect((await version.readShown(name))?.numRows).toBe(COUNT);
    }
    const files = [...store.objects.keys()].filter((key) => key.includes("/.shown/"));
    expect(files.map((key) => key.split("/").at(-1)).sort()).toEqual([
      "heavy.arrow",
      "picture.arrow",
      "rows.arrow",
    ]);
  });

  it("tells how each value can be had again without running its cell", async () => {
    const store = new MemoryStore();
    await runInMemory(project(), { store });
    const { of } = await savedIn(store);
    const values = ["planets", "all", "heavy", "total", "rows", "picture", "odd", "days"];
    expect(values.map((name) => [name, of(name)?.value])).toEqual([
      ["planets", "shown"],
      ["all", "shown"],
      ["heavy", "shown"],
      ["total", "output"],
      // The cells below get a list of rows, a chart, and what JSON does not tell.
      ["rows", null],
      ["picture", null],
      ["odd", null],
      ["days", "output"],
    ]);
  });

  it("names the result of each cell anew", async () => {
    const store = new MemoryStore();
    const named: unknown[] = [];
    for (const _ of [1, 2]) {
      await runInMemory(project(), { store });
      named.push(...(await savedIn(store)).saved.cells.map(({ result }) => result));
    }
    expect(new Set(named).size).toBe(16);
    expect(named).not.toContain(null);
  });

  it("notes what its frames and outputs hang on", async () => {
    const store = new MemoryStore();
    await runInMemory(project(), { store, fingerprints: grounds });
    const { version, of, saved } = await savedIn(store);
    const published = version.frames().get("planets");
    expect(published?.state).toMatchObject({ inputs: { days: 1 }, data: "", frames: {} });
    expect(of("total")?.state).toMatchObject({
      inputs: { days: 1 },
      frames: { planets: published?.csv.sha256 },
    });
    expect(saved.inputs).toEqual({ days: 1 });
    expect(version.commit?.inputs).toEqual({ days: 1 });
    expect(version.commit?.defaults).toEqual({ days: { value: 1, code: "" } });
  });

  it("notes nothing of the kind when nobody has looked", async () => {
    const store = new MemoryStore();
    await runInMemory(project(), { store });
    const { version, of } = await savedIn(store);
    expect([version.frames().get("planets")?.state, of("total")?.state]).toEqual([undefined, null]);
  });

  it("does not vouch for what hangs on a CSV of another tool", async () => {
    const store = new MemoryStore();
    await store.write("stars.csv", new TextEncoder().encode("name\nSirius\n"));
    const cells = inMemoryCells({
      stars: { is: cached("stars", () => frame([{ name: "x" }])) },
      names: {
        after: ["stars"],
        is: cached("names", (values) => (values as unknown as { stars: Frame }).stars),
      },
    });
    const own = cells.cells.map((each): CellSource => {
      return each.name === "stars" ? { ...each, computeIn: ["scheduled"] } : each;
    });
    await runInMemory({ ...cells, cells: own }, { store, fingerprints: grounds });
    const { version, of } = await savedIn(store);
    expect(version.frames().has("names")).toBe(true);
    expect([version.frames().get("names")?.state, of("names")?.state]).toEqual([undefined, null]);
  });
});

describe("a run with other inputs than the project's own", () => {
  it("takes over what is shown by default, which tells itself what no longer holds", async () => {
    const store = new MemoryStore();
    await runInMemory(project(), { store, fingerprints: grounds });
    const before = await savedIn(store);
    await runInMemory(project(), { store, fingerprints: grounds, inputs: { days: 7 } });
    const after = await savedIn(store);
    expect(after.version.commit?.outputs).toEqual(before.version.commit?.outputs);
    expect(after.version.commit?.defaults).toEqual(before.version.commit?.defaults);
    expect(after.version.commit?.inputs).toEqual({ days: 7 });
    const digest = after.version.frames().get("planets")?.csv.sha256;
    expect(after.of("total")?.state?.frames["planets"]).not.toBe(digest);
    expect(await after.version.readShown("all")).toBeUndefined();
  });
});

describe("a run that finds a CSV of somebody else where its frame goes", () => {
  const foreign = new TextEncoder().encode("id\n1\n");

  it("ends before anything is computed", async () => {
    const store = new MemoryStore();
    await store.write("planets.csv", foreign);
    const cells = project();
    const { status, error, version } = await runInMemory(cells, { store });
    expect({ status, code: error?.code, version }).toEqual({
      status: "failed",
      code: "HEX_NAME_TAKEN",
      version: null,
    });
    expect(cells.loaded).toEqual([]);
    expect((await store.read("planets.csv"))?.body).toEqual(foreign);
  });

  it("goes on when that is allowed, or when the frame was published before", async () => {
    const store = new MemoryStore();
    await store.write("planets.csv", foreign);
    const allowed = await runInMemory(project(), { store, overwrite: ["planets"] });
    await store.write("planets.csv", foreign);
    const again = await runInMemory(project(), { store });
    expect([allowed.version, again.version]).toEqual([1, 2]);
  });

  it("says when a name is allowed that the run does not publish", async () => {
    const lines: string[] = [];
    const emit = (event: RunEvent) => {
      if (event.type === "line-logged") lines.push(event.line);
    };
    await runInMemory(project(), { emit, overwrite: ["planets", "planet"] });
    expect(lines).toEqual([
      "--overwrite planet allows nothing: this run publishes no frame of that name",
    ]);
  });
});

it("is known as the same run by what was asked for, not by what its inputs came to be", async () => {
  const store = new MemoryStore();
  const inputs = { days: 3 };
  await publish(store, publication({ other: frame([{ a: 1 }]) }));
  const [one, other] = await Promise.all([
    runInMemory(project(), { store, inputs }),
    runInMemory(project(), { store, inputs }),
  ]);
  expect(new Set([one.version, other.version])).toEqual(new Set([2]));
});
