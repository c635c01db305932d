import type { EvaluateRequest, Evaluation, InvalidInput } from "../../kernel/evaluation.ts";
import { unknownInputs } from "../../kernel/request.ts";
import { findPageCells } from "../../page/page-cells.ts";
import type { PageSettings } from "../../project/page-settings.ts";
import type { Described } from "../../work/described-project.ts";

/** Which cells of a project its viewers may ask for, by name. */
export interface PageNames {
  /** cells of the page */
  readonly shown: ReadonlySet<string>;
  /** inputs of the page, in file order */
  readonly inputs: readonly string[];
  /** cells that are not on the page */
  readonly hidden: ReadonlySet<string>;
  /** inputs of the page that are known to be buttons */
  readonly buttons: ReadonlySet<string>;
  /** these, and inputs of the page whose widget only a run can find */
  readonly pressable: ReadonlySet<string>;
}

const known = new WeakMap<Described, PageNames>();

/** Found once for each description of the cells. */
export function toPageNames(described: Described, page: PageSettings): PageNames {
  const names = known.get(described) ?? findPageNames(described, page);
  known.set(described, names);
  return names;
}

function findPageNames({ cells }: Described, page: PageSettings): PageNames {
  const shown = new Set(findPageCells(cells, page));
  const inputs = [...shown].filter(({ kind }) => kind === "input");
  const buttons = inputs.filter(({ widget }) => widget?.widget === "button");
  const unknown = inputs.filter(({ widget }) => widget === null);
  return {
    shown: toNames([...shown]),
    inputs: inputs.map(({ name }) => name),
    hidden: toNames(cells.filter((cell) => !shown.has(cell))),
    buttons: toNames(buttons),
    pressable: toNames([...buttons, ...unknown]),
  };
}

function toNames(cells: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(cells.map(({ name }) => name));
}

/** A viewer's request without names that are not on the page. */
export interface PageAsk {
  readonly ask: EvaluateRequest;
  /** inputs that the page does not have */
  readonly unknown: readonly InvalidInput[];
}

/**
 * Leaves out what is not on the page. Whether a cell that the config hides has the name, or none at
 * all, makes no difference to the caller.
 */
export function toPageAsk(asked: EvaluateRequest, { shown, inputs: known }: PageNames): PageAsk {
  const { cells, inputs, texts = {}, press, has, ...rest } = asked;
  const isKnown = (name: string) => known.includes(name);
  const only = <Value>(values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => isKnown(name)));
  const names = new Set([...Object.keys(texts), ...Object.keys(inputs)]);
  const ask = {
    ...rest,
    cells: cells.filter((name) => shown.has(name)),
    inputs: only(inputs),
    ...(asked.texts && { texts: only(texts) }),
    ...(press && { press }),
    ...(has && { has }),
  };
  const others = [...names].filter((name) => !isKnown(name));
  return { ask, unknown: unknownInputs(others, known) };
}

/**
 * An evaluation without inputs that are not on the page, and with the faults of those that were
 * requested; it is parsed only where that may change it.
 *
 * @param text an Evaluation as JSON
 */
export function toPageAnswer(
  text: string,
  { hidden, shown }: PageNames,
  unknown: readonly InvalidInput[],
): string {
  const isNamed = [...hidden].some((name) => text.includes(`"${name}"`));
  if (!isNamed && unknown.length === 0) return text;
  const { inputs, invalid, ...answer } = JSON.parse(text) as Evaluation;
  return JSON.stringify({
    ...answer,
    inputs: Object.fromEntries(Object.entries(inputs).filter(([name]) => shown.has(name))),
    invalid: [...unknown, ...invalid.filter(({ name }) => shown.has(name))],
  } satisfies Evaluation);
}

/** Whether a sentence names a cell that is not on the page. */
export function namesHidden(sentence: string, { hidden }: Pick<PageNames, "hidden">): boolean {
  return (sentence.match(/\w+/g) ?? []).some((word) => hidden.has(word));
}
