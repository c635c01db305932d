import type { EvaluateRequest, ViewerState } from "../../../kernel/evaluation.ts";
import type { PageModel, ShownCell } from "./page-model.ts";
import { changedInputs, defaultOf, type SetInputs, widgetOf } from "./set-inputs.ts";

/** A request, and the state of the page that its answer is of. */
export interface PageAsk {
  readonly ask: EvaluateRequest;
  readonly revision: number;
  /** the inputs that are set in it */
  readonly inputs: SetInputs;
  /** id of the press that it carries, which must not be lost */
  readonly press: string | null;
}

/**
 * What is to be asked for now: a press before all else, and of the inputs only where they stand now;
 * undefined when all that is shown is of the newest revision. The answer is one evaluation of all
 * cells of the page, so that none of them shows another one.
 */
export function toAsk(model: PageModel): PageAsk | undefined {
  if (model.state.commit === null) return undefined;
  const [press] = model.presses;
  if (press !== undefined) {
    const { id, state, inputs, revision } = press;
    return { ask: { ...state, ...toCells(model) }, revision, inputs, press: id };
  }
  const { revision, inputs, isGone } = model;
  const isWanted = [...model.cells.values()].some(({ shownAt, wantedAt }) => wantedAt > shownAt);
  if (!isWanted && !isGone) return undefined;
  return { ask: { ...toViewerState(model), ...toCells(model) }, revision, inputs, press: null };
}

/** The page once a request is on its way. */
export function whenAsked(model: PageModel, asked: PageAsk): PageModel {
  if (asked.press === null) return model;
  const presses = model.presses.map((press) =>
    press.id === asked.press ? { ...press, isSent: true } : press,
  );
  return { ...model, presses };
}

/** The state that the viewer sees: the value of every input, as far as it is known. */
export function toViewerState(model: PageModel): ViewerState {
  const values: [string, unknown][] = [];
  const texts: [string, string][] = [];
  const unsettled = belowMoved(model);
  for (const cell of model.cells.values()) {
    const set = model.inputs.get(cell.name);
    if (set !== undefined && "text" in set) {
      texts.push([cell.name, set.text]);
      continue;
    }
    const value = set === undefined ? unsetValue(cell, unsettled) : set.value;
    if (value !== undefined) values.push([cell.name, value]);
  }
  const { version, commit } = model.state;
  const state = { version, commit, inputs: Object.fromEntries(values) };
  return texts.length === 0 ? state : { ...state, texts: Object.fromEntries(texts) };
}

/**
 * What an input has that is not set; undefined where the server is to find it: where something above
 * it has changed, or its widget is not known. A button has no value but a press.
 */
function unsetValue(cell: ShownCell, unsettled: ReadonlySet<string>): unknown {
  const { name, kind, isOutdated } = cell;
  if (kind !== "input" || isOutdated || widgetOf(cell)?.widget === "button") return undefined;
  return unsettled.has(name) ? undefined : defaultOf(cell);
}

/** Cells below inputs that have changed since the evaluation that is shown. */
function belowMoved({ cells, inputs, shown }: PageModel): ReadonlySet<string> {
  const moved = changedInputs(shown.inputs, inputs);
  return new Set(moved.flatMap((name) => cells.get(name)?.below ?? []));
}

/** All cells of the page, with the results that it has of them. */
function toCells({ cells }: PageModel): Pick<EvaluateRequest, "cells" | "has"> {
  const known = [...cells.values()].flatMap(({ name, result }) =>
    result === null ? [] : [[name, result]],
  );
  return { cells: [...cells.keys()], has: Object.fromEntries(known) };
}
