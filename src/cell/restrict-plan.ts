import type { RunPlan } from "./plan.ts";

/** A plan of the named cells and of those that they wait for; names of no cell are passed over. */
export function restrictPlan(plan: RunPlan, names: readonly string[]): RunPlan {
  const needed = new Set(names);
  // Those that others wait for stand before them.
  for (const { name, after } of plan.cells.toReversed()) {
    if (needed.has(name)) for (const each of after) needed.add(each);
  }
  const cells = plan.cells.filter(({ name }) => needed.has(name));
  return Object.freeze({ ...plan, cells: Object.freeze(cells) });
}
