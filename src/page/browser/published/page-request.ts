import type { InputValue } from "../../../cell/input-value.ts";
import { ownValue } from "../../../frame/own-value.ts";
import type { EvaluatedCell, EvaluateRequest, Evaluation } from "../../../kernel/evaluation.ts";
import type { InputFault } from "./address.ts";
import { evaluationOf, type PageModel, type ShownCell, toViewerState } from "./page-model.ts";
import { isDefault, isSameValue, type SetInput, type SetInputs } from "./set-inputs.ts";

/** A request, and the state of the page that its answer is of. */
export interface PageRequest {
  readonly ask: EvaluateRequest;
  readonly revision: number;
  /** the inputs that are set in it */
  readonly inputs: SetInputs;
  /** id of the press that it carries, which must not be lost */
  readonly press: string | null;
}

/**
 * The next request: a press before all else, and the inputs only as they are now;
 * undefined when all that is shown is of the newest revision. The answer is one evaluation of all
 * cells of the page, so that none of them shows another one.
 */
export function toRequest(model: PageModel): PageRequest | undefined {
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
export function whenSent(model: PageModel, asked: PageRequest): PageModel {
  if (asked.press === null) return model;
  const presses = model.presses.map((press) =>
    press.id === asked.press ? { ...press, isSent: true } : press,
  );
  return { ...model, presses };
}

/** All cells of the page, with the results that it has of them. */
function toCells({ cells }: PageModel): Pick<EvaluateRequest, "cells" | "has"> {
  const known = [...cells.values()].flatMap(({ name, result }) =>
    result === null ? [] : [[name, result]],
  );
  return { cells: [...cells.keys()], has: Object.fromEntries(known) };
}

/**
 * The page with an answer in it: it shows that evaluation and no other.
 * One that is older than what is shown changes nothing.
 */
export function takeAnswer(model: PageModel, asked: PageRequest, answer: Evaluation): PageModel {
  const { presses } = withoutPress(model, asked);
  const { revision, inputs: askedInputs } = asked;
  if (revision <= model.shown.revision) return { ...model, presses };
  const results = new Map(answer.cells.map((result) => [result.name, result]));
  const cells = new Map<string, ShownCell>();
  const older = new Map<string, string | null>();
  for (const [name, cell] of model.cells) {
    const result = results.get(name);
    cells.set(name, withInitial(withResult(cell, result, revision), asked, answer));
    if (!isShown(result)) older.set(name, evaluationOf(model, name));
  }
  const pressed = model.presses.find(({ id }) => id === asked.press)?.name;
  const shown = { id: answer.evaluation, revision, inputs: askedInputs, older, pressed };
  const next = { ...model, presses, shown, cells, isGone: false };
  return {
    ...next,
    inputs: settledInputs(next, asked, answer),
    faults: toFaults(next, asked, answer),
  };
}

/** The page after a request that was refused: cells that waited keep what they show, and say why. */
export function takeFailure(model: PageModel, asked: PageRequest, message: string): PageModel {
  const { presses } = withoutPress(model, asked);
  const { revision } = asked;
  if (revision <= model.shown.revision) return { ...model, presses };
  const error = { code: "HEX_CELL_FAILED" as const, message };
  const cells = new Map(model.cells);
  for (const [name, cell] of model.cells) {
    // Later changes are requested again.
    if (cell.wantedAt <= cell.shownAt || cell.wantedAt > revision) continue;
    cells.set(name, { ...cell, error, shownAt: revision });
  }
  const shown = { ...model.shown, revision };
  return { ...model, presses, cells, shown, isGone: false };
}

/** A press that was answered, or refused for good, is not asked for again. */
function withoutPress(model: PageModel, { press }: PageRequest): Pick<PageModel, "presses"> {
  return { presses: model.presses.filter(({ id }) => id !== press) };
}

function isShown(result: EvaluatedCell | undefined): boolean {
  return result?.output !== undefined || result?.isSame === true;
}

/** A cell that shows what it showed stays the very same, so that nothing of it is drawn again. */
function withResult(
  cell: ShownCell,
  result: EvaluatedCell | undefined,
  shownAt: number,
): ShownCell {
  if (result === undefined) return { ...cell, isOutdated: false, shownAt };
  if (result.output !== undefined) {
    const { output, result: id = null } = result;
    return { ...cell, output, result: id, error: null, isOutdated: false, shownAt };
  }
  if (result.isSame === true) {
    const isStill = cell.error === null && !cell.isOutdated && cell.wantedAt <= cell.shownAt;
    return isStill ? cell : { ...cell, error: null, isOutdated: false, shownAt };
  }
  return { ...cell, error: result.error ?? withoutReason(result), shownAt };
}

function withoutReason({ status }: EvaluatedCell): ShownCell["error"] {
  return status === "skipped"
    ? { code: "HEX_CELL_FAILED", message: "Not computed, because a cell that it needs has failed" }
    : null;
}

/** An input that was not set, or could not be had, has the value that the server found for it. */
function withInitial(cell: ShownCell, asked: PageRequest, answer: Evaluation): ShownCell {
  const { name, kind, initial } = cell;
  const value = ownValue(answer.inputs, name) as InputValue | undefined;
  const isInvalid = answer.invalid.some((each) => each.name === name);
  const isOwn = !asked.inputs.has(name) || isInvalid;
  if (kind !== "input" || !isOwn || value === undefined) return cell;
  return initial !== undefined && isSameValue(initial, value) ? cell : { ...cell, initial: value };
}

/** Inputs after an answer: those that could not be had are at their default, texts are values. */
function settledInputs(model: PageModel, asked: PageRequest, answer: Evaluation): SetInputs {
  const isInvalid = new Set(answer.invalid.map(({ name }) => name));
  const inputs = new Map<string, SetInput>();
  for (const [name, set] of model.inputs) {
    const isSent = set.setAt <= asked.revision;
    if (isSent && isInvalid.has(name)) continue;
    const read = ownValue(answer.inputs, name) as InputValue | undefined;
    const isRead = isSent && "text" in set && read !== undefined;
    const kept = isRead ? asValue(model.cells.get(name), read, set.setAt) : set;
    if (kept !== undefined) inputs.set(name, kept);
  }
  return inputs;
}

/** A text as the value that the server read; undefined when that is the default. */
function asValue(
  cell: ShownCell | undefined,
  value: InputValue,
  setAt: number,
): SetInput | undefined {
  return cell !== undefined && isDefault(cell, value) ? undefined : { value, setAt };
}

/** A value that the page has sent by itself is no fault of the viewer. */
function toFaults({ faults }: PageModel, asked: PageRequest, { invalid }: Evaluation) {
  const own = invalid.filter(
    ({ name }) => asked.inputs.has(name) || !Object.hasOwn(asked.ask.inputs, name),
  );
  return own.length === 0 ? faults : [...faults.filter(notOf(own)), ...own];
}

function notOf(faults: readonly InputFault[]): (fault: InputFault) => boolean {
  return ({ name }) => !faults.some((fault) => fault.name === name);
}
