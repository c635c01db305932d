import type { RunPlan } from "../cell/plan.ts";
import { renderColumns } from "./render-columns.ts";

/** A plan as a table for people: what happens to each cell and why. */
export function renderPlan({ context, cells }: RunPlan): string {
  const rows = cells.map(({ name, action, reason, frame }) => [
    name,
    action,
    frame === undefined ? reason : `${reason} (${frame})`,
  ]);
  return [`Plan of a run in the context ${context}`, "", renderColumns(rows)].join("\n");
}
