import { expect, test } from "vitest";
import type { PageRun } from "../../src/page/page-state.ts";
import { PageEvents } from "../../src/server/page/page-events.ts";
import { PageWatch } from "../../src/server/page/page-watch.ts";

const RUN: PageRun = { runId: "r", state: "queued", startedAt: null, fraction: 0, cells: [] };

/** A watch whose looks at the run that goes are in the hands of the test. */
function openWatch() {
  const looks: ((run: PageRun | null) => void)[] = [];
  const forgotten: string[] = [];
  const newest = { number: 1, id: "first" };
  const page = {
    newest: { read: async () => newest, forget: () => forgotten.push("version") },
    publishing: {
      readRun: () =>
        new Promise<PageRun | null>((resolve) => {
          looks.push(resolve);
        }),
      forget: () => forgotten.push("failure"),
    },
    project: { recent: async () => ({ cells: [] }) },
    runs: { redact: (run: PageRun) => run },
    builds: { read: async () => ({ code: "code", app: "app" }) },
    log: () => undefined,
  } as unknown as ConstructorParameters<typeof PageWatch>[0];
  const watch = new PageWatch(page);
  const look = async (number: number, run: PageRun | null) => {
    await expect.poll(() => looks).toHaveLength(number);
    looks[number - 1]?.(run);
  };
  return { watch, looks, look, forgotten, newest };
}

test("looks again at once when something has changed while it was looking", async () => {
  const { watch, looks, look } = openWatch();
  const heard: unknown[] = [];
  const unlisten = watch.listen(() => heard.push(watch.snapshot?.run));
  await expect.poll(() => looks).toHaveLength(1);
  watch.look();
  await look(1, null);
  await look(2, RUN);
  await expect.poll(() => heard).toEqual([null, RUN]);
  unlisten();
});

test("forgets what it knew of versions and failures when a run has ended", async () => {
  const { watch, look, forgotten } = openWatch();
  const unlisten = watch.listen(() => undefined);
  await look(1, RUN);
  await expect.poll(() => watch.snapshot?.run).toEqual(RUN);
  watch.look();
  await look(2, null);
  await expect.poll(() => watch.snapshot?.run).toBeNull();
  expect(forgotten).toEqual(["version", "failure"]);
  unlisten();
});

test("tells of another version of the same number, as after the store was restored", async () => {
  const { watch, look, newest } = openWatch();
  const unlisten = watch.listen(() => undefined);
  await look(1, null);
  await expect.poll(() => watch.snapshot?.commit).toBe("first");
  const events = new PageEvents(undefined);
  const told = () => watch.snapshot && events.next(watch.snapshot);
  expect([told()?.type, told()]).toEqual(["build-told", undefined]);
  newest.id = "restored";
  watch.look();
  await look(2, null);
  await expect.poll(() => watch.snapshot?.commit).toBe("restored");
  expect(told()).toEqual({ type: "version-published", version: 1, commit: "restored" });
  expect(told()).toBeUndefined();
  unlisten();
});
