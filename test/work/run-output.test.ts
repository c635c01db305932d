import { describe, expect, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { toShownOutput } from "../../src/run/cell-output.ts";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import { newRunId } from "../../src/run/history/run-id.ts";
import type { RunRecord } from "../../src/run/history/run-record.ts";
import { keepShownFrames } from "../../src/run/history/shown-frames.ts";
import type { RunResult } from "../../src/run/run-event.ts";
import { MANIFEST_KEY } from "../../src/store/key.ts";
import { publish } from "../../src/store/publication.ts";
import { RunOutputs } from "../../src/work/run-output.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "../store/published-frames.ts";

const rows = frame(Array.from({ length: 250 }, (_, id) => ({ id })));

/** A run that has published a version, which keeps the whole table of its cell. */
async function publishedRun() {
  const store = new MemoryStore();
  const runId = newRunId(Date.UTC(2026, 0, 31, 12));
  const shown = new Map([["table", { frame: rows }]]);
  const more = { runId, shown, outputs: () => new Uint8Array() };
  const version = await publish(store, publication({ planets: rows.head(2) }, more));
  const result: RunResult = {
    runId,
    context: "logic",
    status: "completed",
    startedAt: "2026-01-31T12:00:00.000Z",
    elapsedMs: 1,
    version,
    isPublisher: true,
    cells: [{ name: "table", status: "computed", elapsedMs: 1, ...toShownOutput("table", rows) }],
  };
  const history = openRunHistory(store);
  await history.writeResult(runId, result);
  const frames = new Map([["table", { frame: rows, publishedAs: undefined }]]);
  await keepShownFrames(store, { result, attempt: 1, frames });
  const record = { runId, state: "completed", cells: result.cells } as unknown as RunRecord;
  const read = () => new RunOutputs({ store, history }).read(record, "table");
  return { store, read };
}

describe("what a cell of a publishing run showed", () => {
  it("is read whole from the version that the run has published", async () => {
    const { store, read } = await publishedRun();
    const copies = [...store.objects.keys()].filter((key) => /history.*\.arrow$/.test(key));
    expect(copies).toEqual([]);
    expect((await (await read()).readFrame()).rows()).toEqual(rows.rows());
  });

  it("is gone with that version, whoever has its number by now", async () => {
    const { store, read } = await publishedRun();
    // The store was emptied, or put back, and somebody else has published version 1.
    await store.delete(MANIFEST_KEY);
    await publish(store, publication({ planets: rows.head(3) }, { overwrite: ["planets"] }));
    await expect((await read()).readFrame()).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
  });
});
