import type { CellNode } from "../cell/cell-node.ts";
import { toGraph } from "../cell/graph.ts";
import { framesRead, planRun, type RunPlan } from "../cell/plan.ts";
import type { RunContext } from "../cell/run-context.ts";
import type { DescribedCell } from "./project-description.ts";

const plans = new WeakMap<readonly DescribedCell[], Map<RunContext, RunPlan>>();

/** The plan of a run in a context from descriptions alone; made once for each description. */
export function planDescribed(cells: readonly DescribedCell[], context: RunContext): RunPlan {
  const known = plans.get(cells) ?? new Map<RunContext, RunPlan>();
  plans.set(cells, known);
  const plan =
    known.get(context) ?? planRun(toGraph(cells.map(toNode)), { context, computeIn: [] });
  known.set(context, plan);
  return plan;
}

/** Names of the frames that a page shows, of which other tools may have left CSVs. */
export function framesShown(cells: readonly DescribedCell[]): readonly string[] {
  return framesRead(planDescribed(cells, "app"));
}

/** The contexts of each are its own here: the config's were filled in. */
function toNode({ name, file, kind, dependencies, ...cell }: DescribedCell): CellNode {
  return {
    name,
    file,
    kind,
    dependencies,
    computeIn: cell.computeIn,
    ...(cell.frame === null ? {} : { frame: cell.frame }),
    ...(cell.keyInputs === null ? {} : { keyInputs: cell.keyInputs }),
  };
}
