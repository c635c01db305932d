import type { InputValue } from "../../../cell/input-value.ts";
import type { LightAnswer, LightAsk, ViewerPlace } from "../../../run/light/light-ask.ts";
import type { CellResult } from "../../../run/run-event.ts";
import type { PageCell, PageState } from "../../page-state.ts";
import { type InputFault, readAddress } from "./address.ts";
import { keptInputs } from "./kept-inputs.ts";
import {
  changedInputs,
  configuredValue,
  isDefault,
  type SetInput,
  type SetInputs,
  shownValue,
  withInput,
} from "./set-inputs.ts";

/** A cell as a viewer sees it now. */
export interface ShownCell extends PageCell {
  /** of an input: what the config gives it instead of its default */
  readonly configured: InputValue | undefined;
  /** the version and the inputs that its output comes from */
  readonly place: ViewerPlace;
  /** the revision of the page that the output is of */
  readonly shownAt: number;
  /** the newest revision that changed something above it; when later, it is being recomputed */
  readonly wantedAt: number;
}

/**
 * What one viewer looks at, as a value: the published state, the inputs, and what cells show. Each
 * change of an input makes a new revision; a cell is asked for as long as what it shows is of an
 * older revision than the last one that changed something above it. So requests need not know of
 * each other, and no older answer takes the place of a newer one.
 */
export interface PageModel {
  readonly state: PageState;
  readonly revision: number;
  readonly inputs: SetInputs;
  /** buttons that were pressed since the last request */
  readonly pressed: ReadonlySet<string>;
  readonly cells: ReadonlyMap<string, ShownCell>;
  /** newest first in nothing: in the order in which they were found */
  readonly faults: readonly InputFault[];
}

/** The page as it opens: the published outputs, and the inputs that its address sets. */
export function openModel(state: PageState, search: string): PageModel {
  const all = publishedCells(state, 0);
  const isEmpty = state.version === null;
  const ground = { cells: all, inputs: new Map(), setAt: 1 };
  const { inputs, faults } = isEmpty
    ? { inputs: new Map(), faults: [] }
    : readAddress(search, ground);
  const wanted = isEmpty ? new Set<string>() : wantedAtFirst(all, inputs);
  const cells = all.map((cell): [string, ShownCell] => [
    cell.name,
    { ...cell, wantedAt: wanted.has(cell.name) ? 1 : 0 },
  ]);
  return { state, revision: 1, inputs, pressed: new Set(), cells: new Map(cells), faults };
}

/** The page with one input at another value. */
export function setInput(model: PageModel, name: string, value: InputValue): PageModel {
  const cell = model.cells.get(name);
  if (cell === undefined) return model;
  const set = { value, setAt: model.revision + 1 };
  return withInputs(model, withInput(model.inputs, cell, set));
}

/** The page with a button pressed: its value is true in the next request, and in that one only. */
export function pressButton(model: PageModel, name: string): PageModel {
  const next = wantBelow(model, [name]);
  return { ...next, pressed: new Set([...model.pressed, name]) };
}

/** The page with the inputs that another address sets. */
export function moveTo(model: PageModel, search: string): PageModel {
  if (model.state.version === null) return model;
  const cells = [...model.cells.values()].map((cell) =>
    isPending(cell) ? { ...cell, isOutdated: true } : cell,
  );
  const ground = { cells, inputs: model.inputs, setAt: model.revision + 1 };
  const { inputs, faults } = readAddress(search, ground);
  return { ...withInputs(model, inputs), faults };
}

/**
 * The page on another version, with the inputs that it had as far as they can still be had. What is
 * still to be recomputed goes on showing what it showed.
 */
export function reopenModel(old: PageModel, state: PageState): PageModel {
  const revision = old.revision + 1;
  const all = publishedCells(state, revision);
  const { inputs, faults } = keptInputs(old.inputs, all);
  const wanted = wantedAtFirst(all, inputs);
  const cells = all.map((cell): [string, ShownCell] => {
    if (!wanted.has(cell.name)) return [cell.name, cell];
    const { output, error, place } = old.cells.get(cell.name) ?? cell;
    const was = { output: output ?? cell.output, error, place };
    return [cell.name, { ...cell, ...was, shownAt: revision - 1, wantedAt: revision }];
  });
  return { state, revision, inputs, pressed: new Set(), cells: new Map(cells), faults };
}

/** The page with the inputs of another one, whose viewer has moved on. */
export function followInputs(model: PageModel, { inputs, pressed }: PageModel): PageModel {
  const names = new Set(model.cells.keys());
  const known = new Map([...inputs].filter(([name]) => names.has(name)));
  const next = withInputs(model, known);
  return pressed.size === 0 ? next : [...pressed].reduce(pressButton, next);
}

/** The page without a sentence that was read. */
export function dropFault(model: PageModel, fault: InputFault): PageModel {
  return { ...model, faults: model.faults.filter((each) => each !== fault) };
}

/** Whether a cell shows something of an older revision. */
export function isPending({ shownAt, wantedAt }: ShownCell): boolean {
  return wantedAt > shownAt;
}

/** A request, and the revision that its answer is of. */
export interface PageAsk {
  readonly ask: LightAsk;
  readonly revision: number;
  /** whether it carries the press of a button, which must not be lost */
  readonly isPress: boolean;
}

/** What is to be asked for now; undefined when all that is shown is of the newest revision. */
export function toAsk(model: PageModel): PageAsk | undefined {
  const laidOut = new Set(model.state.layout.tabs.flatMap(({ rows }) => rows.flat()));
  const cells = [...model.cells.values()]
    .filter((cell) => isPending(cell) && (laidOut.has(cell.name) || cell.kind === "input"))
    .map(({ name }) => name);
  if (cells.length === 0 || model.state.version === null) return undefined;
  const { revision, pressed } = model;
  return { ask: { ...placeOf(model), cells }, revision, isPress: pressed.size > 0 };
}

/** The page once a request is on its way: presses are in it and count no more. */
export function whenAsked(model: PageModel): PageModel {
  return model.pressed.size === 0 ? model : { ...model, pressed: new Set() };
}

/** The page with an answer in it; cells that meanwhile show something newer stay. */
export function takeAnswer(model: PageModel, asked: PageAsk, answer: LightAnswer): PageModel {
  const { cells: names, ...place } = asked.ask;
  const results = new Map(answer.cells.map((result) => [result.name, result]));
  const cells = new Map(model.cells);
  for (const name of names) {
    const cell = cells.get(name);
    if (cell === undefined || cell.shownAt >= asked.revision) continue;
    cells.set(name, { ...withResult(cell, results.get(name), place), shownAt: asked.revision });
  }
  const inputs = settledInputs({ ...model, cells }, asked, answer);
  const faults = [...model.faults.filter(notOf(answer.invalid)), ...answer.invalid];
  return { ...model, cells, inputs, faults: answer.invalid.length === 0 ? model.faults : faults };
}

/** The page after a request that no answer came to: its cells keep what they show, and say why. */
export function takeFailure(model: PageModel, asked: PageAsk, message: string): PageModel {
  const cells = new Map(model.cells);
  for (const name of asked.ask.cells) {
    const cell = cells.get(name);
    if (cell === undefined || cell.shownAt >= asked.revision) continue;
    const error = { code: "HEX_CELL_FAILED" as const, message };
    cells.set(name, { ...cell, error, shownAt: asked.revision });
  }
  return { ...model, cells };
}

/** The published state again, with facts that change without a new version. */
export function withFacts(model: PageModel, state: PageState): PageModel {
  const { data, failure, viewer, run } = state;
  return { ...model, state: { ...model.state, data, failure, viewer, run } };
}

/** The cells with what they showed when they were published. */
function publishedCells({ version, cells }: PageState, shownAt: number): readonly ShownCell[] {
  const place: ViewerPlace = { version, inputs: {} };
  return cells.map((cell) => ({
    ...cell,
    configured: configuredValue(cell),
    place,
    shownAt,
    wantedAt: 0,
  }));
}

/** Cells to be asked for at once: below inputs that are set, outdated ones, those without output. */
function wantedAtFirst(cells: readonly PageCell[], inputs: SetInputs): Set<string> {
  const wanted = new Set(cells.filter(isUnknown).map(({ name }) => name));
  for (const { name, below } of cells) {
    const set = inputs.get(name);
    if (set === undefined) continue;
    if ("text" in set) wanted.add(name);
    for (const each of below) wanted.add(each);
  }
  return wanted;
}

function isUnknown({ output, isOutdated }: PageCell): boolean {
  return isOutdated || output === null;
}

function withInputs(model: PageModel, inputs: SetInputs): PageModel {
  const changed = changedInputs(model.inputs, inputs);
  if (changed.length === 0) return { ...model, inputs };
  const next = wantBelow({ ...model, inputs }, changed);
  const faults = next.faults.filter(({ name }) => !changed.includes(name));
  return { ...next, faults };
}

/** A new revision, in which everything below some cells is wanted anew. */
function wantBelow(model: PageModel, names: readonly string[]): PageModel {
  const revision = model.revision + 1;
  const cells = new Map(model.cells);
  for (const name of names) {
    const from = cells.get(name);
    const isText = "text" in (model.inputs.get(name) ?? {});
    for (const each of [...(from?.below ?? []), ...(isText ? [name] : [])]) {
      const cell = cells.get(each);
      if (cell !== undefined) cells.set(each, { ...cell, wantedAt: revision });
    }
  }
  return { ...model, revision, cells };
}

function placeOf({ state, inputs, pressed }: PageModel): ViewerPlace {
  const values: [string, unknown][] = [...pressed].map((name) => [name, true]);
  const texts: [string, string][] = [];
  for (const [name, set] of inputs) {
    if ("text" in set) texts.push([name, set.text]);
    else values.push([name, set.value]);
  }
  const place = { version: state.version, inputs: Object.fromEntries(values) };
  return texts.length === 0 ? place : { ...place, texts: Object.fromEntries(texts) };
}

function withResult(
  cell: ShownCell,
  result: CellResult | undefined,
  place: ViewerPlace,
): ShownCell {
  if (result === undefined) return { ...cell, isOutdated: false };
  if (result.output !== undefined) {
    return { ...cell, output: result.output, error: null, place, isOutdated: false };
  }
  return { ...cell, error: result.error ?? withoutReason(result) };
}

function withoutReason({ status }: CellResult): ShownCell["error"] {
  return status === "skipped"
    ? { code: "HEX_CELL_FAILED", message: "Not computed, because a cell that it needs has failed" }
    : null;
}

/** Inputs after an answer: those that could not be had are at their default, texts are values. */
function settledInputs(model: PageModel, asked: PageAsk, answer: LightAnswer): SetInputs {
  const isInvalid = new Set(answer.invalid.map(({ name }) => name));
  const inputs = new Map<string, SetInput>();
  for (const [name, set] of model.inputs) {
    const isOfAsk = set.setAt <= asked.revision;
    if (isOfAsk && isInvalid.has(name)) continue;
    const kept = isOfAsk && "text" in set ? asValue(model.cells.get(name), set, asked) : set;
    if (kept !== undefined) inputs.set(name, kept);
  }
  return inputs;
}

/** A text as the value that the server read; undefined when that is the default. */
function asValue(
  cell: ShownCell | undefined,
  set: SetInput,
  { revision }: PageAsk,
): SetInput | undefined {
  const value = cell?.shownAt === revision ? shownValue(cell) : undefined;
  if (cell === undefined || value === undefined) return set;
  return isDefault(cell, value) ? undefined : { value, setAt: set.setAt };
}

function notOf(faults: readonly InputFault[]): (fault: InputFault) => boolean {
  return ({ name }) => !faults.some((fault) => fault.name === name);
}
