import { expect, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import { MANIFEST_KEY } from "../../src/store/key.ts";
import { publish } from "../../src/store/publication.ts";
import { listVersions } from "../../src/store/versions.ts";
import { endRun } from "../../src/work/ending.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { NOON, queuedRun, toRunning } from "../run/history/records.ts";
import { publication } from "../store/published-frames.ts";

const CANCELLED = { state: "cancelled" } as const;

it("refuses what a killed process sent before its run was recorded as cancelled", async () => {
  const { store, history, runId } = await goingRun();
  await publishOnce(store, "before");
  let send = (): unknown => undefined;
  const onItsWay = new Promise<void>((resolve) => {
    const write: MemoryStore["write"] = async (...args) => {
      if (args[0] !== MANIFEST_KEY) return MemoryStore.prototype.write.apply(store, args);
      send = () => MemoryStore.prototype.write.apply(store, args);
      resolve();
      return new Promise(() => {});
    };
    store.write = write;
  });
  void publishOnce(store, runId);
  await onItsWay;
  store.write = MemoryStore.prototype.write;
  await endRun({ store, history }, { runId, attempt: 1 }, CANCELLED);
  expect(await send()).toMatchObject({ status: "conflict" });
  expect((await listVersions(store)).map((version) => version.runId)).toEqual(["before"]);
  expect(await history.read(runId)).toMatchObject({ state: "cancelled", version: null });
});

it("tells a run that has published as completed though its manifest is read badly once", async () => {
  const { store, history, runId } = await goingRun();
  await publishOnce(store, runId);
  store.read = async (...args) => {
    const object = await MemoryStore.prototype.read.apply(store, args);
    if (args[0] !== MANIFEST_KEY || object === undefined) return object;
    store.read = MemoryStore.prototype.read;
    return { ...object, body: object.body.slice(0, object.body.length >> 1) };
  };
  await endRun({ store, history }, { runId, attempt: 1 }, CANCELLED);
  const completed = { state: "completed", version: 1, isPublisher: true };
  expect(await history.read(runId)).toMatchObject(completed);
});

async function goingRun() {
  const store = new MemoryStore();
  const history = openRunHistory(store);
  const run = queuedRun(NOON);
  await history.accept(run);
  await history.change(run.runId, toRunning);
  return { store, history, runId: run.runId };
}

function publishOnce(store: MemoryStore, runId: string): Promise<number> {
  return publish(store, publication({ a: frame([{ run: runId }]) }, { runId }));
}
