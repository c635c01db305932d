import type { PageModel } from "./page-model.ts";

/** Whether a page begins with prose that has a title of its own: two titles are one too many. */
export function hasOwnHeading({ state, cells }: Pick<PageModel, "state" | "cells">): boolean {
  const first = state.layout.tabs[0]?.rows[0]?.[0];
  const output = first === undefined ? undefined : cells.get(first)?.output;
  return output?.kind === "markdown" && /^\s*# +\S/.test(output.markdown);
}
