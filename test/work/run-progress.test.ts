import { expect, onTestFinished, test, vi } from "vitest";
import { RunProgressReporter, type RunView } from "../../src/work/run-progress.ts";
import { until } from "./project-processes.ts";

const START = Date.parse("2026-03-04T12:00:00Z");

test("tells since when a cell goes, and how long one took that has ended", async () => {
  const views: RunView[] = [];
  const progress = new RunProgressReporter(
    async (view) => void views.push(view),
    () => START,
  );
  progress.take({ type: "cell-started", name: "a" });
  progress.take({ type: "cell-progressed", name: "a", fraction: 0.5, message: "half" });
  progress.take({ type: "cell-ended", cell: { name: "b", status: "pruned", elapsedMs: 0 } });
  await until("the view is told", () => views.length > 0);
  expect(views.at(-1)?.cells).toEqual([
    {
      ...{ name: "a", status: "running", fraction: 0.5, message: "half" },
      startedAt: "2026-03-04T12:00:00.000Z",
    },
    { name: "b", status: "pruned", fraction: 1, message: "", elapsedMs: 0 },
  ]);
  progress.close();
});

test("tells the newest also when it came while something was told, and nothing else comes", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const told: (string | undefined)[] = [];
  let isTaken: () => void = () => undefined;
  const progress = new RunProgressReporter(({ cells }) => {
    told.push(cells[0]?.message);
    return new Promise((resolve) => {
      isTaken = resolve;
    });
  });
  progress.take({ type: "cell-started", name: "a" });
  await vi.advanceTimersByTimeAsync(1_000);
  progress.take({ type: "cell-progressed", name: "a", fraction: 0.5, message: "half" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([""]);
  isTaken();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(["", "half"]);
  isTaken();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toHaveLength(2);
  progress.close();
});

test("of a run that breaks off, cells that went were interrupted then", () => {
  let now = START;
  const progress = new RunProgressReporter(
    async () => undefined,
    () => now,
  );
  progress.take({ type: "cell-started", name: "done" });
  progress.take({ type: "cell-ended", cell: { name: "done", status: "computed", elapsedMs: 7 } });
  progress.take({ type: "cell-started", name: "slow" });
  now += 1_500;
  progress.close();
  const startedAt = "2026-03-04T12:00:00.000Z";
  expect(progress.interrupt()).toEqual([
    { name: "done", status: "computed", startedAt, elapsedMs: 7 },
    { name: "slow", status: "skipped", startedAt, elapsedMs: 1_500 },
  ]);
});
