import { expect, test } from "vitest";
import { formatAgo, formatChange } from "../../../src/page/browser/runs/formats.tsx";
import { parsePlace, toAddress } from "../../../src/page/browser/runs/place.tsx";
import { addOlder, mergeNewest } from "../../../src/page/browser/runs/run-list.tsx";
import type { ListedRun, RunList } from "../../../src/page/history-state.ts";
import { formatBytes, formatDuration } from "../../../src/text.ts";

test.each([
  "/runs",
  "/runs?context=logic&state=failed",
  "/runs?schedule=nightly",
  "/runs/019a1b2c-0000-7000-8000-000000000000",
  "/versions",
  "/versions?from=3&to=5",
  "/schedules",
])("the address %s is read and written again as it was", (address) => {
  const { pathname, search } = new URL(address, "http://127.0.0.1");
  expect(toAddress(parsePlace(pathname, search))).toBe(address);
});

test("what an address says wrongly is left out", () => {
  expect(parsePlace("/versions", "?from=x&to=-1")).toEqual({
    ...{ view: "versions", from: null, to: null },
  });
  expect(parsePlace("/elsewhere", "")).toMatchObject({ view: "runs" });
  expect(parsePlace("/runs/%zz", "")).toEqual({ view: "run", runId: "%zz" });
});

function list(ids: readonly string[], next: string | null = null, state = "completed"): RunList {
  return { runs: ids.map((runId) => ({ runId, state }) as ListedRun), next, warnings: [] };
}

const idsOf = ({ runs }: RunList) => runs.map(({ runId }) => runId);

test("newer runs come before those that are shown, and what is told anew replaces what was", () => {
  const merged = mergeNewest(
    list(["5", "4", "3", "2", "1"], "1"),
    list(["6", "5", "4"], "4", "failed"),
  );
  expect(idsOf(merged)).toEqual(["6", "5", "4", "3", "2", "1"]);
  expect(merged.runs.map(({ state }) => state).slice(0, 4)).toEqual([
    ...["failed", "failed", "failed", "completed"],
  ]);
  expect(merged.next).toBe("1");
});

test("a run that no longer fits the filter disappears", () => {
  expect(idsOf(mergeNewest(list(["5", "4", "3"], "3"), list(["5", "3"], "3")))).toEqual(["5", "3"]);
  expect(idsOf(mergeNewest(list(["5", "4"]), list([])))).toEqual([]);
});

test("older runs are added once", () => {
  const more = addOlder(list(["5", "4"], "4"), list(["4", "3"], null));
  expect([idsOf(more), more.next]).toEqual([["5", "4", "3"], null]);
});

test("lengths of time, ages, sizes and changes are told as people say them", () => {
  expect([0, 999, 5_240, 59_960, 200_000, 7_500_000, 180_000_000].map(formatDuration)).toEqual([
    ...["0 ms", "999 ms", "5.2 s", "1 min", "3 min 20 s", "2 h 5 min", "2 d 2 h"],
  ]);
  expect([5_000, 300_000, 7_200_000, 259_200_000].map(formatAgo)).toEqual([
    ...["just now", "5 min ago", "2 h ago", "3 d ago"],
  ]);
  expect([12, 5_240, 2_000_000, 3e9].map(formatBytes)).toEqual([
    ...["12 B", "5.2 kB", "2.0 MB", "3.0 GB"],
  ]);
  expect([formatChange(1, 1_001), formatChange(3, 1), formatChange(2, 2)]).toEqual([
    ...["+1,000", "−2", "±0"],
  ]);
});
