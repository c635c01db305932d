import type { TabSettings } from "../project/page-settings.ts";
import type { PageLayout, PageRow } from "./page-state.ts";

/** What a cell is to a layout. */
export interface LaidOutCell {
  readonly name: string;
  /** inputs stand beside each other, and so do single values; all else has a row of its own */
  readonly form: "input" | "value" | "other";
}

/**
 * Where cells stand on a page: as the config says, or in file order.
 * @param cells those that are shown, in file order
 * @param tabs undefined: the config says nothing
 */
export function toPageLayout(
  cells: readonly LaidOutCell[],
  tabs: readonly TabSettings[] | undefined,
): PageLayout {
  if (tabs === undefined) return { tabs: [{ title: null, rows: toRows(cells) }] };
  const shown = new Set(cells.map(({ name }) => name));
  const laidOut = tabs.map(({ title, rows }) => ({
    title,
    rows: rows.map((row) => row.filter((name) => shown.has(name))).filter((row) => row.length > 0),
  }));
  return { tabs: laidOut };
}

function toRows(cells: readonly LaidOutCell[]): readonly PageRow[] {
  const rows: string[][] = [];
  let before: LaidOutCell["form"] = "other";
  for (const { name, form } of cells) {
    if (form !== "other" && form === before) rows.at(-1)?.push(name);
    else rows.push([name]);
    before = form;
  }
  return rows;
}
