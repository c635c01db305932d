import type { PageModel } from "./page-model.ts";

/** The first heading of the prose with which a page begins: two titles are one too many. */
export function ownHeading({
  state,
  cells,
}: Pick<PageModel, "state" | "cells">): string | undefined {
  const first = state.layout.tabs[0]?.rows[0]?.[0];
  const output = first === undefined ? undefined : cells.get(first)?.output;
  if (output?.kind !== "markdown") return undefined;
  const [line = ""] = output.markdown.trimStart().split("\n");
  return /^# +(.*?)[ #]*$/.exec(line.trimEnd())?.[1];
}
