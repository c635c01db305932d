import type { StagedFrame } from "../store/publication.ts";
import { toCellState } from "./cell-grounds.ts";
import type { CellState } from "./cell-state.ts";
import type { FinishedRun } from "./to-publication.ts";

/** The value of every input of a run, also of those that it left out though they were asked for. */
export function toInputValues({
  inputs,
  cells,
  computed,
}: Pick<FinishedRun, "inputs" | "cells" | "computed">): ReadonlyMap<string, unknown> {
  const asked = [...inputs].map(([name, { value }]): [string, unknown] => [name, value]);
  const resolved = cells.cells.flatMap(({ name, kind }): [string, unknown][] => {
    const known = kind === "input" ? computed.get(name) : undefined;
    return known === undefined ? [] : [[name, known.value]];
  });
  return new Map([...asked, ...resolved]);
}

/**
 * What a cell hung on in a run; undefined where nobody looked. Of the frames that this run publishes
 * the digests are still missing.
 */
export function toStateIn(run: FinishedRun, name: string): CellState | undefined {
  const { cells, grounds } = run;
  if (grounds === undefined) return undefined;
  return toCellState(name, cells, grounds, { inputs: toInputValues(run), frames: framesOf(run) });
}

/** The published frames of a run's cells with the digests of those that it has read. */
function framesOf({ computed, frames }: FinishedRun): ReadonlyMap<string, string> {
  const names = [...computed.values()].flatMap(({ frame }) => frame ?? []);
  return new Map(names.map((name) => [name, frames.readBack.get(name)?.sha256 ?? ""]));
}

/** The state of a frame that is staged; none when it hangs on what no run has published. */
export function toStagedState(run: FinishedRun, { cell }: StagedFrame): Pick<StagedFrame, "state"> {
  const state = toStateIn(run, cell);
  if (state === undefined) return {};
  const { staged } = run.frames;
  const isKnown = Object.entries(state.frames).every(
    ([name, digest]) => digest !== "" || staged.has(name),
  );
  return isKnown ? { state } : {};
}
