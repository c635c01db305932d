import type { RunContext } from "../../cell/run-context.ts";
import type { DescribedCell } from "../../project/project-description.ts";

/** The contexts in which a program's run may compute, the first choice first. */
const COMPUTING = ["api-triggered", "scheduled", "logic"] as const satisfies readonly RunContext[];

/**
 * The context of a run that a program asks for. It is `api-triggered`, which reads what was published
 * unless the project computes there. A run that is to update what was published goes in the context
 * in which most of the cached cells compute.
 */
export function toRunContext(
  cells: readonly DescribedCell[],
  { updatePublishedResults }: { readonly updatePublishedResults: boolean },
): RunContext {
  if (!updatePublishedResults) return "api-triggered";
  const cached = cells.filter(({ kind }) => kind === "cached");
  const counted = COMPUTING.map((context) => ({
    context,
    computed: cached.filter(({ computeIn }) => computeIn.includes(context)).length,
  }));
  return counted.reduce((most, each) => (each.computed > most.computed ? each : most)).context;
}
