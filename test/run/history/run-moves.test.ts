import { describe, expect, it } from "vitest";
import {
  isFinal,
  moveFault,
  RUN_STATES,
  type RunRecord,
  type RunState,
  stateFault,
} from "../../../src/run/history/run-record.ts";
import { NOON, queuedRun, toRunning } from "./records.ts";

const LEGAL = [
  ["queued", "queued"],
  ["queued", "running"],
  ["queued", "completed"],
  ["queued", "failed"],
  ["queued", "cancelled"],
  ["running", "running"],
  ["running", "queued"],
  ["running", "completed"],
  ["running", "failed"],
  ["running", "cancelled"],
];
const pairs = RUN_STATES.flatMap((from) => RUN_STATES.map((to) => [from, to] as const));
const run = queuedRun(NOON);

function inState(state: RunState): RunRecord {
  const at = run.submittedAt;
  return { ...run, state, startedAt: at, endedAt: isFinal(state) ? at : null };
}

describe("the moves of a run", () => {
  it.each(pairs)("from %s to %s are those that are listed", (from, to) => {
    const isLegal = LEGAL.some(([one, other]) => one === from && other === to);
    expect(moveFault(inState(from), inState(to)) === undefined).toBe(isLegal);
  });

  it.each(pairs.filter(([from]) => isFinal(from)))(
    "never lead out of the end: %s to %s",
    (...move) => {
      expect(moveFault(inState(move[0]), inState(move[1]))).toBeDefined();
    },
  );

  it.each([
    { runId: "other" },
    { context: "app" },
    { inputs: {} },
    { requestedBy: "eve@lab" },
    { submittedAt: "2026-01-01T00:00:00Z" },
    { occasion: { schedule: "hourly", instant: "2026-01-01T00:00:00Z" } },
  ] as const)("never change what is settled when it is accepted: %o", (changed) => {
    expect(moveFault(run, { ...toRunning(run), ...changed })).toContain("never changes");
  });

  it("forget no attempt", () => {
    expect(moveFault(toRunning(run), { ...toRunning(run), attempts: [] })).toContain("forgotten");
  });
});

it.each([
  ["running", { startedAt: null }],
  ["completed", { startedAt: null }],
  ["completed", { endedAt: null }],
  ["queued", { endedAt: run.submittedAt }],
] as const)("finds that a %s run cannot have %o", (state, wrong) => {
  expect(stateFault(inState(state))).toBeUndefined();
  expect(stateFault({ ...inState(state), ...wrong })).toBeDefined();
});
