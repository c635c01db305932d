import type { Evaluation } from "../../kernel/ask.ts";
import { findPageCells } from "../../page/page-cells.ts";
import type { Described } from "../../project/described-project.ts";
import type { PageSettings } from "../../project/page-settings.ts";

/** Which cells of a project its viewers may ask for, by name. */
export interface PageNames {
  /** cells that are not on the page */
  readonly hidden: ReadonlySet<string>;
  /** inputs of the page that are known to be buttons */
  readonly buttons: ReadonlySet<string>;
  /** these, and inputs of the page of which only a run can tell what they are */
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
    hidden: toNames(cells.filter((cell) => !shown.has(cell))),
    buttons: toNames(buttons),
    pressable: toNames([...buttons, ...unknown]),
  };
}

function toNames(cells: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(cells.map(({ name }) => name));
}

/**
 * An evaluation without what it tells of inputs that are not on the page; it is parsed only where it
 * may name one.
 *
 * @param text an Evaluation as JSON
 */
export function withoutHidden(text: string, { hidden }: PageNames): string {
  if (![...hidden].some((name) => text.includes(`"${name}"`))) return text;
  const { inputs, invalid, ...answer } = JSON.parse(text) as Evaluation;
  const isShown = (name: string) => !hidden.has(name);
  return JSON.stringify({
    ...answer,
    inputs: Object.fromEntries(Object.entries(inputs).filter(([name]) => isShown(name))),
    invalid: invalid.filter(({ name }) => isShown(name)),
  } satisfies Evaluation);
}
