import type { InputValue } from "../../../cell/input-value.ts";
import { ownValue } from "../../../frame/own-value.ts";
import type { ViewerState } from "../../../kernel/evaluation.ts";
import type { PageCell, PageState } from "../../page-state.ts";
import { carryOverInputs, type InputFault, readAddress } from "./address.ts";
import { changedInputs, defaultOf, type SetInputs, widgetOf, withInput } from "./set-inputs.ts";

/** A cell as a viewer sees it now. */
export interface ShownCell extends PageCell {
  /** of an input: what it has unless it is set; undefined as long as the server has not sent it */
  readonly initial: InputValue | undefined;
  /** the revision of the page in which it came to show this */
  readonly shownAt: number;
  /** the newest revision that changed something above it; when later, it is being recomputed */
  readonly wantedAt: number;
}

/** The evaluation that a page shows: one computation of all its cells. */
interface ShownEvaluation {
  /** null where none is known */
  readonly id: string | null;
  /** the revision of the page that it is of */
  readonly revision: number;
  /** the inputs that were set in it */
  readonly inputs: SetInputs;
  /** ids of older ones by the names of cells that still show them, as those do that failed in it */
  readonly older: ReadonlyMap<string, string | null>;
  /** the button whose press it is of; undefined for one without */
  readonly pressed?: string | undefined;
}

/** The press of a button, which is kept until an answer to it has come. */
interface Press {
  /** the same each time it is asked for, so that it is carried out once */
  readonly id: string;
  readonly name: string;
  /** the state in which the button was pressed, however the inputs change meanwhile */
  readonly state: ViewerState;
  readonly inputs: SetInputs;
  readonly revision: number;
  /** whether it may have been carried out already */
  readonly isSent: boolean;
}

/**
 * The page of one viewer, as a value: the published state, the inputs, and one evaluation of the
 * cells. Each change of an input makes a new revision; as long as the evaluation that is shown is
 * older than the last revision that changed something above a cell, the page asks for a new one. So
 * requests need not know of each other, and no older answer takes the place of a newer one.
 */
export interface PageModel {
  readonly state: PageState;
  readonly revision: number;
  readonly inputs: SetInputs;
  readonly shown: ShownEvaluation;
  /** whether the server no longer holds what is shown, so that it is to be evaluated anew */
  readonly isGone: boolean;
  /** those that no answer came to yet, the first one first */
  readonly presses: readonly Press[];
  readonly cells: ReadonlyMap<string, ShownCell>;
  /** in the order in which they were found */
  readonly faults: readonly InputFault[];
}

/** The page as it opens: the published outputs, and the inputs that its address sets. */
export function openModel(state: PageState, search: string): PageModel {
  const all = publishedCells(state, 0);
  const isEmpty = state.commit === null;
  const ground = { cells: all, inputs: new Map(), setAt: 1 };
  const { inputs, faults } = isEmpty
    ? { inputs: new Map(), faults: [] }
    : readAddress(search, ground);
  const wanted = isEmpty ? new Set<string>() : wantedAtFirst(all, inputs);
  const cells = all.map((cell): [string, ShownCell] => [
    cell.name,
    { ...cell, wantedAt: wanted.has(cell.name) ? 1 : 0 },
  ]);
  const shown = { id: state.evaluation, revision: 0, inputs: new Map(), older: new Map() };
  const rest = { isGone: false, presses: [], faults };
  return { ...rest, state, revision: 1, inputs, shown, cells: new Map(cells) };
}

/** The page with one input at another value. */
export function setInput(model: PageModel, name: string, value: InputValue): PageModel {
  const cell = model.cells.get(name);
  if (cell === undefined) return model;
  const set = { value, setAt: model.revision + 1 };
  return withInputs(model, withInput(model.inputs, cell, set));
}

/** The page with a button pressed. @param id of this press alone */
export function pressButton(model: PageModel, name: string, id: string): PageModel {
  const next = wantBelow(model, [name]);
  const { inputs, revision } = next;
  const state = { ...toViewerState(next), press: { [name]: id } };
  const press: Press = { id, name, state, inputs, revision, isSent: false };
  return { ...next, presses: [...next.presses, press] };
}

/** The page with the inputs that another address sets. */
export function moveTo(model: PageModel, search: string): PageModel {
  if (model.state.commit === null) return model;
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
  const { inputs, faults } = carryOverInputs(old.inputs, all);
  const wanted = wantedAtFirst(all, inputs);
  const older = new Map<string, string | null>();
  const cells = all.map((cell): [string, ShownCell] => {
    if (!wanted.has(cell.name)) return [cell.name, cell];
    const was = old.cells.get(cell.name);
    const pending = { shownAt: old.revision, wantedAt: revision };
    if (was === undefined || was.output === null) return [cell.name, { ...cell, ...pending }];
    older.set(cell.name, evaluationOf(old, cell.name));
    const { output, result, error } = was;
    return [cell.name, { ...cell, output, result, error, ...pending }];
  });
  const shown = { id: state.evaluation, revision: old.revision, inputs: new Map(), older };
  const rest = { isGone: false, presses: [], faults };
  return { ...rest, state, revision, inputs, shown, cells: new Map(cells) };
}

/** The page with the inputs and presses of another one, whose viewer has moved on. */
export function followInputs(model: PageModel, { inputs, presses }: PageModel): PageModel {
  const names = new Set(model.cells.keys());
  const known = new Map([...inputs].filter(([name]) => names.has(name)));
  const next = withInputs(model, known);
  const sent = presses.filter(({ isSent }) => isSent);
  const unsent = presses.filter(({ isSent, name }) => !isSent && names.has(name));
  const start: PageModel = { ...next, presses: sent };
  return unsent.reduce((each, { name, id }) => pressButton(each, name, id), start);
}

/** The page without a sentence that was read. */
export function dropFault(model: PageModel, fault: InputFault): PageModel {
  return { ...model, faults: model.faults.filter((each) => each !== fault) };
}

/** The page once the server no longer holds what it shows: all of it is evaluated anew. */
export function whenGone(model: PageModel): PageModel {
  if (model.isGone) return model;
  const faults = [...model.faults, ...pressNotice(model.shown)];
  return { ...model, isGone: true, revision: model.revision + 1, faults };
}

/** A notice that the press was carried out, though its result is no longer shown. */
function pressNotice({ pressed }: ShownEvaluation): readonly InputFault[] {
  if (pressed === undefined) return [];
  const message = `Expected what the press of ${pressed} showed to be kept, got a server that holds it no more (it was carried out, and is not repeated: the page is shown without it)`;
  return [{ name: pressed, message }];
}

/** Whether a cell shows something of an older revision. */
export function isPending({ shownAt, wantedAt }: ShownCell): boolean {
  return wantedAt > shownAt;
}

/** The evaluation that a cell's output, and so its rows, are of. */
export function evaluationOf({ shown }: PageModel, cell: string): string | null {
  const older = shown.older.get(cell);
  return older === undefined ? shown.id : older;
}

/** Names the rows that a cell shows: others have another name. */
export function rowsKeyOf({ result, shownAt }: ShownCell): string {
  return result ?? `revision ${shownAt}`;
}

/** The published state again, with facts that change without a new version. */
export function withFacts(model: PageModel, state: PageState): PageModel {
  const { data, failure, viewer, run } = state;
  return { ...model, state: { ...model.state, data, failure, viewer, run } };
}

/** The cells with what they showed when they were published. */
function publishedCells({ cells, inputs }: PageState, shownAt: number): readonly ShownCell[] {
  return cells.map((cell) => ({
    ...cell,
    initial:
      cell.kind === "input" ? (ownValue(inputs, cell.name) as InputValue | undefined) : undefined,
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
  return faults.length === next.faults.length ? next : { ...next, faults };
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
 * The value of an input that is not set; undefined where the server is to find it: where something above
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
