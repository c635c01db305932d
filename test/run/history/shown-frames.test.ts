import { describe, expect, it } from "vitest";
import { frame } from "../../../src/frame/rows.ts";
import { openRunHistory } from "../../../src/run/history/run-history.ts";
import { newRunId } from "../../../src/run/history/run-id.ts";
import {
  keepShownFrames,
  readKeptFrame,
  readShownIndex,
} from "../../../src/run/history/shown-frames.ts";
import type { CellResult, RunResult } from "../../../src/run/run-event.ts";
import { publish } from "../../../src/store/publication.ts";
import { openVersion } from "../../../src/store/version.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { publication } from "../../store/published-frames.ts";
import { DAY_MS, NOON } from "./records.ts";

const rows = frame(Array.from({ length: 30 }, (_, id) => ({ id, name: `row ${id}` })));

describe("the frames that a run's cells showed", () => {
  it("are kept whole, beside the history of their run", async () => {
    const { store, result } = world([{ name: "all" }]);

    await keepShownFrames(store, { result, attempt: 1, frames: shown("all") });

    const index = await readShownIndex(store, result.runId);
    const place = index?.cells["all"];
    if (index === undefined || place?.at !== "history") throw new Error("it is not kept");
    const read = await readKeptFrame(store, index, "all", place);
    expect(read.rows()).toEqual(rows.rows());
  });

  it("are only pointed at when a version holds them", async () => {
    const data = { version: 7, computedAt: null, ageMs: null, stale: false, sameCode: null };
    const { store, result } = world([{ name: "all", data }]);

    const { cells } = await keepShownFrames(store, {
      result,
      attempt: 1,
      frames: shown("all", "planets"),
    });

    expect(cells).toEqual({ all: { at: "version", version: 7, frame: "planets" } });
    expect([...store.objects.keys()].filter((key) => key.endsWith(".arrow"))).toEqual([]);
  });

  it("are only pointed at when the run's own version keeps them", async () => {
    const { store, result } = world([{ name: "all" }, { name: "some" }]);
    const { runId } = result;
    const own = {
      shown: new Map([
        ["all", { publishedAs: "planets" }],
        ["some", { frame: rows }],
      ]),
      outputs: () => new Uint8Array(),
    };
    await publish(store, publication({ planets: rows }, { runId, ...own }));
    const { commit } = await openVersion(store);
    const published = { ...result, version: 1, isPublisher: true };
    const frames = new Map([...shown("all"), ...shown("some")]);

    const kept = { result: published, frames };
    const { cells } = await keepShownFrames(store, { ...kept, attempt: 1 });
    const later = await keepShownFrames(store, { ...kept, attempt: 2 });

    expect(cells).toMatchObject({
      all: { at: "version", version: 1, commit: commit?.commitId, frame: "planets" },
      some: { at: "shown", version: 1, commit: commit?.commitId },
    });
    // Another attempt has shown what it computed itself.
    expect(later.cells["some"]?.at).toBe("history");
  });

  it("are only pointed at when they are the very frame that another cell has read", async () => {
    const data = { version: 7, computedAt: null, ageMs: null, stale: false, sameCode: null };
    const { store, result } = world([{ name: "all", data }, { name: "same" }, { name: "fewer" }]);
    const fewer = { frame: rows.head(3), publishedAs: undefined };
    const frames = new Map([...shown("all", "planets"), ...shown("same"), ["fewer", fewer]]);

    const { cells } = await keepShownFrames(store, { result, attempt: 1, frames });

    expect(cells["same"]).toEqual(cells["all"]);
    expect(cells["fewer"]).toMatchObject({ at: "history", rows: 3 });
  });

  it("are kept as well when the run that computed them published nothing", async () => {
    const { store, result } = world([{ name: "all" }]);

    const { cells } = await keepShownFrames(store, {
      result,
      attempt: 2,
      frames: shown("all", "planets"),
    });

    expect(cells["all"]).toMatchObject({ at: "history", rows: 30 });
  });

  it("are left out, and this is told, where they have no room", async () => {
    const { store, result } = world([{ name: "first" }, { name: "second" }]);
    const frames = new Map([...shown("first"), ...shown("second")]);
    const limits = { frameBytes: 10_000, runBytes: 1_700 };

    const { cells } = await keepShownFrames(store, { result, attempt: 1, frames }, { limits });

    expect(cells["first"]?.at).toBe("history");
    expect(cells["second"]?.at).toBe("nowhere");
  });

  it("are refused when their file was changed", async () => {
    const { store, result } = world([{ name: "all" }]);
    const index = await keepShownFrames(store, { result, attempt: 1, frames: shown("all") });
    const [key = ""] = [...store.objects.keys()].filter((each) => each.endsWith(".arrow"));
    await store.write(key, new Uint8Array(8));
    const place = index.cells["all"];
    if (place?.at !== "history") throw new Error("it is not kept");

    const reading = readKeptFrame(store, index, "all", place);

    await expect(reading).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
  });

  it("go with the history of their run", async () => {
    const { store, result } = world([{ name: "all" }]);
    await keepShownFrames(store, { result, attempt: 1, frames: shown("all") });
    const history = openRunHistory(store, { now: () => NOON + 100 * DAY_MS });

    await history.prune(await history.planPrune());

    expect([...store.objects.keys()]).toEqual([]);
  });
});

function world(cells: readonly Partial<CellResult>[]) {
  const result: RunResult = {
    runId: newRunId(NOON),
    context: "app",
    status: "completed",
    startedAt: new Date(NOON).toISOString(),
    elapsedMs: 1,
    version: null,
    isPublisher: false,
    cells: cells.map((cell) => ({ name: "", status: "computed", elapsedMs: 1, ...cell })),
  };
  return { store: new MemoryStore(), result };
}

function shown(cell: string, publishedAs?: string) {
  return new Map([[cell, { frame: rows, publishedAs }]]);
}
