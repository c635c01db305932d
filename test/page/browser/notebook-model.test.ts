import { expect, test } from "vitest";
import type { NotebookEvent } from "../../../src/kernel/notebook-state.ts";
import {
  applyEvent,
  cellsOf,
  EMPTY_MODEL,
} from "../../../src/page/browser/notebook/notebook-model.ts";

const head = {
  title: "Numbers",
  order: ["b", "a"],
  run: null,
  problem: null,
  publication: null,
  inputs: {},
};

function cell(name: string) {
  return { name, file: `cells/${name}.ts`, dependencies: [] } as never;
}

function told(...events: readonly NotebookEvent[]) {
  return events.reduce(applyEvent, EMPTY_MODEL);
}

const standing = (name: string) => ({ name, state: "computed", run: 1, computedIn: 1 }) as never;
const shown = (name: string) => ({ name, output: null, error: null, rowsKey: "" });
const line = (number: number, run: number, of: string | null) =>
  ({ type: "line-logged", line: { number, run, cell: of, line: `line ${number}` } }) as const;

test("shows the cells in file order, and those that are gone no more", () => {
  const model = told(
    { type: "head-changed", head },
    ...["a", "b", "c"].flatMap((name): NotebookEvent[] => [
      { type: "cell-described", cell: cell(name) },
      { type: "cell-moved", standing: standing(name) },
      { type: "cell-shown", shown: shown(name) },
    ]),
  );
  expect(cellsOf(model).map(({ cell: { name } }) => name)).toEqual(["b", "a"]);
});

test("a file that cannot be read is the problem of its cell alone", () => {
  const place = { file: "cells/a.ts", line: 1, column: 1, text: null };
  const problem = { code: "HEX_CELL_INVALID", message: "no", place } as const;
  const model = told(
    { type: "head-changed", head: { ...head, problem } },
    ...["a", "b"].flatMap((name): NotebookEvent[] => [
      { type: "cell-described", cell: cell(name) },
      { type: "cell-moved", standing: standing(name) },
      { type: "cell-shown", shown: shown(name) },
    ]),
  );
  expect(cellsOf(model).map((each) => each.problem?.message ?? null)).toEqual([null, "no"]);
});

test("keeps the lines of a cell's last run, and all that the process printed", () => {
  const { lines } = told(line(1, 1, "a"), line(2, 1, null), line(3, 2, "a"), line(4, 2, null));
  expect(lines.get("a")?.map(({ number }) => number)).toEqual([3]);
  expect(lines.get(null)?.map(({ number }) => number)).toEqual([2, 4]);
});
