import { describe, expect, it } from "vitest";
import { arrowBlocks } from "../../src/frame/arrow/arrow-write.ts";
import { frame } from "../../src/frame/rows.ts";
import { collectGarbage, planGarbage } from "../../src/store/garbage.ts";
import { type Publication, publish } from "../../src/store/publication.ts";
import { stageShown } from "../../src/store/staged-files.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions, rollback } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "./published-frames.ts";

const planets = frame([{ name: "Earth" }, { name: "Mars" }]);
const heavy = frame([{ name: "Mars" }]);
const FILE = ".hex/runs/r1-1/.shown/heavy.arrow";

/** What a run publishes whose cell `heavy` shows a table of its own, and `all` the published frame. */
function shownRun(more: Partial<Publication> = {}) {
  const shown: Publication["shown"] = new Map([
    ["heavy", { frame: heavy }],
    ["all", { publishedAs: "planets" }],
  ]);
  const outputs = () => new TextEncoder().encode("{}");
  const defaults = { day: { value: "2026-01-31", code: "c" } };
  return publication({ planets }, { runId: "r1", shown, outputs, defaults, ...more });
}

describe("the whole tables of a publication", () => {
  it("are read as they were shown, with one copy of what is published itself", async () => {
    const store = new MemoryStore();
    await publish(store, shownRun());
    const version = await openVersion(store);
    expect((await version.readShown("heavy"))?.rows()).toEqual(heavy.rows());
    expect((await version.readShown("all"))?.rows()).toEqual(planets.rows());
    expect(await version.readShown("toString")).toBeUndefined();
    const staged = [...store.objects.keys()].filter((key) => /^\.hex\/runs\/.*\.arrow$/.test(key));
    expect(staged.sort()).toEqual([FILE, ".hex/runs/r1-1/planets.arrow"]);
  });

  it("are told to the outputs that are saved with them", async () => {
    const told: unknown[] = [];
    const outputs: Publication["outputs"] = ({ shown }) => {
      told.push(...[...shown].map(([cell, { at }]) => [cell, at]));
      return new Uint8Array();
    };
    await publish(new MemoryStore(), shownRun({ outputs }));
    expect(told).toEqual([
      ["heavy", "file"],
      ["all", "frame"],
    ]);
  });

  it("count for a version's size, and stay as long as it does", async () => {
    const store = new MemoryStore(() => Date.UTC(2026, 0, 31, 12));
    await publish(store, shownRun());
    const [version] = await listVersions(store);
    const frames = { ...shownRun(), shown: undefined, runId: "r2" };
    const bare = new MemoryStore();
    await publish(bare, frames);
    const fileBytes = store.objects.get(FILE)?.body.length ?? 0;
    const [without] = await listVersions(bare);
    expect(version?.sizeBytes).toBe((without?.sizeBytes ?? 0) + fileBytes);
    const collect = async () => {
      const later = { now: Date.UTC(2026, 1, 3), keepVersions: 1, keepMs: 0 };
      await collectGarbage(store, await planGarbage(store, later));
    };
    await collect();
    expect((await (await openVersion(store)).readShown("heavy"))?.numRows).toBe(1);
    await publish(store, shownRun({ runId: "r3" }));
    await collect();
    expect(store.objects.has(FILE)).toBe(false);
  });

  it("come back with the outputs and the defaults when somebody goes back", async () => {
    const store = new MemoryStore();
    await publish(store, shownRun());
    const before = (await openVersion(store)).commit;
    await publish(store, shownRun({ runId: "r2", shown: new Map(), defaults: {} }));
    await rollback(store, 1);
    const { shown, outputs, defaults } = (await openVersion(store)).commit ?? {};
    expect({ shown, outputs, defaults }).toEqual({
      shown: before?.shown,
      outputs: before?.outputs,
      defaults: before?.defaults,
    });
  });

  it("are taken over by a run that shows none, but for what it published anew", async () => {
    const store = new MemoryStore();
    await publish(store, shownRun());
    const before = (await openVersion(store)).commit;
    await publish(store, publication({ planets: heavy }));
    const version = await openVersion(store);
    expect(version.commit?.outputs).toEqual(before?.outputs);
    expect(version.commit?.defaults).toEqual(before?.defaults);
    expect((await version.readShown("heavy"))?.rows()).toEqual(heavy.rows());
    expect(await version.readShown("all")).toBeUndefined();
  });

  it("are not given when their file is damaged, which is told", async () => {
    const store = new MemoryStore();
    await publish(store, shownRun());
    await store.write(FILE, new Uint8Array(8));
    const warnings: string[] = [];
    const version = await openVersion(store);
    const onWarning = (line: string) => warnings.push(line);
    expect(await version.readShown("heavy", { onWarning })).toBeUndefined();
    expect(warnings[0]).toMatch(/; cell heavy has to show it again$/);
  });

  it("are left out, and this is told, where they have no room", async () => {
    const warnings: string[] = [];
    const shown = new Map([
      ["first", { frame: planets }],
      ["second", { frame: heavy }],
      ["third", { frame: planets }],
    ]);
    const blocks = arrowBlocks(planets, "file");
    const runBytes = blocks.reduce((sum, { length }) => sum + length, 0) + 100;
    const limits = { frameBytes: 10_000, runBytes };
    const onWarning = (line: string) => warnings.push(line);
    const options = { frames: {}, limits, onWarning };
    const run = { runId: "r1", attempt: 1 };
    const kept = await stageShown(new MemoryStore(), run, shown, options);
    expect([...kept.keys()]).toEqual(["first"]);
    expect(warnings[0]).toMatch(
      /^what cell second shows is not kept: \d+ bytes, where \d+ have room$/,
    );
  });
});

describe("what a published frame hangs on", () => {
  it("is told with the CSVs of the frames that are published together with it", async () => {
    const store = new MemoryStore();
    await publish(store, publication({ older: heavy }));
    const older = (await openVersion(store)).frames().get("older")?.csv.sha256 ?? "";
    const { frames, ...more } = publication({ planets, counts: heavy });
    const [upper, lower] = [...frames.values()];
    const state = {
      ...{ code: "c", data: "", inputs: { day: "2026-01-31" }, secrets: "" },
      frames: { planets: "", older },
    };
    if (upper === undefined || lower === undefined) throw new Error("two frames are published");
    const both = new Map([
      ["planets", upper],
      ["counts", { ...lower, state }],
    ]);
    await publish(store, { ...more, frames: both });
    const published = (await openVersion(store)).frames();
    expect(published.get("planets")?.state).toBeUndefined();
    expect(published.get("counts")?.state).toEqual({
      ...state,
      frames: { planets: published.get("planets")?.csv.sha256, older },
    });
  });
});
