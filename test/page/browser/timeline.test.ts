import { expect, test } from "vitest";
import { toTimeline } from "../../../src/page/browser/runs/timeline.ts";
import { layOutTimeline, toTimeTicks } from "../../../src/page/browser/runs/timeline-layout.ts";
import type { ShownRun } from "../../../src/page/history-state.ts";
import type { CellProgress } from "../../../src/work/run-progress.ts";

const START = Date.parse("2026-03-04T12:00:00Z");
const at = (ms: number) => new Date(START + ms).toISOString();

function cell(name: string, differing: Partial<CellProgress> = {}): CellProgress {
  return { name, status: "computed", fraction: 1, message: "", ...differing };
}

function run(differing: Partial<ShownRun> = {}): ShownRun {
  return {
    ...{ runId: "run", context: "logic", trigger: "page", state: "completed" },
    ...{ requestedBy: "ada", occasion: null, submittedAt: at(-5_000), startedAt: at(0) },
    ...{ endedAt: at(10_000), version: 1, isPublisher: true, error: null, inputs: {} },
    isQueued: true,
    attempts: [{ attempt: 1, worker: "ada@lab:1", startedAt: at(0), endedAt: at(10_000) }],
    ...{ cells: [], order: [], mayCancel: false, now: at(20_000) },
    ...differing,
  };
}

const NONE = new Map<string, CellProgress>();

function timelineOf(differing: Partial<ShownRun>, told: readonly CellProgress[] = []) {
  const cells = new Map(told.map((each) => [each.name, each]));
  return toTimeline({ run: run(differing), cells, nowMs: START + 8_000 });
}

test("cells of a run that is over stand where they began, for as long as they took", () => {
  const { lengthMs, cells } = timelineOf({
    cells: [
      cell("first", { startedAt: at(1_000), elapsedMs: 2_000 }),
      cell("second", { status: "failed", startedAt: at(3_000), elapsedMs: 40, message: "no" }),
      cell("third", { status: "skipped", elapsedMs: 0 }),
      cell("fourth", { status: "pruned", elapsedMs: 0 }),
    ],
  });
  expect(lengthMs).toBe(10_000);
  expect(cells.map(({ span }) => span)).toEqual([
    { fromMs: 1_000, toMs: 3_000 },
    { fromMs: 3_000, toMs: 3_040 },
    ...[null, null],
  ]);
  expect(cells.map(({ label }) => label)).toEqual([
    ...["computed 2.0 s", "failed 40 ms", "skipped", "pruned"],
  ]);
});

test("of a run that goes, cells grow up to now, and those that wait are told as well", () => {
  const { lengthMs, cells } = timelineOf(
    { state: "running", endedAt: null, attempts: [], order: ["a", "b", "c"] },
    [
      cell("b", { status: "running", fraction: 0.25, message: "half", startedAt: at(3_000) }),
      cell("a", { startedAt: at(1_000), elapsedMs: 500 }),
      cell("gone", { startedAt: at(1_000), elapsedMs: 5 }),
    ],
  );
  expect(lengthMs).toBe(8_000);
  expect(cells.map(({ name, status }) => `${name} ${status}`)).toEqual([
    ...["a computed", "b running", "c waiting", "gone computed"],
  ]);
  expect(cells[1]).toMatchObject({
    ...{ span: { fromMs: 3_000, toMs: 8_000 }, fraction: 0.25, label: "25 % · half" },
  });
});

test("a cell that was stopped is told as interrupted, with how far it came", () => {
  const stopped = cell("slow", { status: "skipped", startedAt: at(500), elapsedMs: 9_000 });
  const [told] = timelineOf({ state: "cancelled", cells: [stopped] }).cells;
  expect(told).toMatchObject({ status: "interrupted", label: "interrupted 9.0 s" });
  expect(told?.span).toEqual({ fromMs: 500, toMs: 9_500 });
});

test("cells of an older record, which does not say when they began, have no place", () => {
  const timeline = timelineOf({ cells: [cell("old", { elapsedMs: 700 })] });
  expect(timeline.cells[0]).toMatchObject({ span: null, label: "computed 700 ms" });
  expect(timeline.hasUnplaced).toBe(true);
});

test("clocks that differ never put anything before the start, nor an end off the axis", () => {
  const early = cell("early", { startedAt: at(-300), elapsedMs: 20_000 });
  const { cells, lengthMs } = timelineOf({ cells: [early] });
  expect(cells[0]?.span).toEqual({ fromMs: 0, toMs: 20_000 });
  expect(lengthMs).toBe(20_000);
});

test("several attempts have a line each, one alone has none", () => {
  const attempts = [
    { attempt: 1, worker: "w", startedAt: at(0), endedAt: at(4_000), cause: "killed" },
    { attempt: 2, worker: "w", startedAt: at(6_000), endedAt: at(10_000) },
  ];
  const layout = layOutTimeline(timelineOf({ attempts, cells: [cell("a")] }), 1_000);
  expect(layout.rows.map(({ name, label }) => [name, label.text])).toEqual([
    ["Attempt 1", "killed"],
    ["Attempt 2", "4.0 s"],
    ["a", "computed 0 ms"],
  ]);
  expect(layout.rows[0]?.bars[0]?.status).toBe("lost");
  expect(layOutTimeline(timelineOf({ cells: [cell("a")] }), 1_000).rows).toHaveLength(1);
});

test.each([320, 390, 619, 620, 1_440, 2_560])(
  "nothing leaves a picture %i pixels wide",
  (width) => {
    const long = { status: "failed", message: "x".repeat(900) } as const;
    const timeline = timelineOf({
      cells: [
        cell("whole", { startedAt: at(0), elapsedMs: 10_000 }),
        cell("a_name_that_is_far_too_long_for_its_column", { startedAt: at(9_990), elapsedMs: 10 }),
        cell("middle", { ...long, startedAt: at(4_000), elapsedMs: 1 }),
        cell("none", { status: "pruned" }),
      ],
    });
    const { rows, left, right, height, ticks } = layOutTimeline(timeline, width);
    for (const { bars, label, top } of rows) {
      for (const bar of bars) {
        expect(bar.x).toBeGreaterThanOrEqual(left);
        expect(bar.x + bar.width).toBeLessThanOrEqual(width);
        expect(bar.width).toBeGreaterThanOrEqual(3);
      }
      const length = label.text.length * 7;
      const from = label.anchor === "start" ? label.x : label.x - length;
      expect(from).toBeGreaterThanOrEqual(left);
      expect(from + length).toBeLessThanOrEqual(width);
      expect(top).toBeLessThan(height);
    }
    expect(ticks.every(({ x }) => x >= left && x <= right + 0.01)).toBe(true);
    expect(ticks.length).toBeGreaterThan(1);
  },
);

test.each([
  [40, ["0 ms", "10 ms", "20 ms", "30 ms", "40 ms"]],
  [2_500, ["0 s", "0.5 s", "1 s", "1.5 s", "2 s", "2.5 s"]],
  [4_000, ["0 s", "1 s", "2 s", "3 s", "4 s"]],
  [100_000, ["0 s", "30 s", "1:00 min", "1:30 min"]],
  [9_000_000, ["0 s", "30 min", "1:00 h", "1:30 h", "2:00 h", "2:30 h"]],
  [20 * 86_400_000, ["0 s", "96 h", "192 h", "288 h", "384 h", "480 h"]],
])("an axis of %i ms has marks that people read well", (lengthMs, labels) => {
  expect(toTimeTicks(lengthMs, 5).map(({ label }) => label)).toEqual(labels);
});

test("a run that nobody has taken yet has an axis and no bars", () => {
  const waiting = run({ state: "queued", startedAt: null, endedAt: null, attempts: [] });
  const timeline = toTimeline({ run: waiting, cells: NONE, nowMs: START });
  expect(timeline).toMatchObject({ lengthMs: 5_000, attempts: [], cells: [] });
});
