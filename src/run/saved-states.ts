import type { StagedFrame } from "../store/publication.ts";
import { nearOf, toCellState } from "./cell-grounds.ts";
import type { CellState } from "./cell-state.ts";
import type { FinishedRun } from "./to-publication.ts";

/**
 * The value of every input of a run: also of those that it left out, since they only feed what it
 * read, as they were asked for or are by default.
 */
export function toInputValues({
  inputs,
  cells,
  computed,
  recorded = {},
}: Pick<FinishedRun, "inputs" | "cells" | "computed" | "recorded">): ReadonlyMap<string, unknown> {
  const all = cells.cells.filter(({ kind }) => kind === "input");
  return new Map(
    all.flatMap(({ name, codeHash }): [string, unknown][] => {
      const known = computed.get(name);
      if (known !== undefined) return [[name, known.value]];
      const asked = inputs.get(name);
      if (asked !== undefined) return [[name, asked.value]];
      const before = Object.hasOwn(recorded, name) ? recorded[name] : undefined;
      return before?.code === codeHash ? [[name, before.value]] : [];
    }),
  );
}

/**
 * What a cell hung on in a run; undefined where nobody looked. Of the frames that this run publishes
 * the digests are still missing.
 */
export function toStateIn(run: FinishedRun, name: string): CellState | undefined {
  const { cells, grounds, computed } = run;
  const near = [name, ...nearOf(name, cells.cells).names];
  // What a cell read of other tools may be another by now.
  const isKnown = near.every((each) => computed.get(each)?.readsObjects !== true);
  if (grounds === undefined || !isKnown) return undefined;
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
