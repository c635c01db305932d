import { expect, it } from "vitest";
import { type CellState, toStateChanges } from "../../src/run/cell-fingerprints.ts";

const state: CellState = {
  code: "c1",
  data: "d1",
  inputs: { day: "2026-11-29", range: { start: "2026-01-01", end: "2026-02-01" } },
  secrets: "s1",
  frames: { base: "f1" },
};

it("finds nothing between equal states, whatever objects they are made of", () => {
  expect(toStateChanges(state, structuredClone(state))).toEqual([]);
});

it("names everything that differs, inputs with both values", () => {
  const now = {
    code: "c2",
    data: "d2",
    inputs: { ...state.inputs, day: "2026-12-01", top: 3 },
    secrets: "",
    frames: { base: "f2" },
  };
  expect(toStateChanges(state, now)).toEqual([
    "its code changed",
    "its data changed",
    "a secret changed",
    'input day is "2026-12-01", was "2026-11-29"',
    "input top is 3, was not set",
    "frame base changed",
  ]);
});
