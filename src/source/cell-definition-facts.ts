import type { CellDefinition } from "../cell/cell.ts";
import { isRunContext, RUN_CONTEXTS } from "../cell/run-context.ts";
import { expectation } from "../errors.ts";
import type { CellFacts } from "./cell-facts.ts";
import { handleName } from "./cell-handle.ts";

/**
 * The facts of a cell whose module had to be evaluated.
 * @throws {HexError} HEX_CELL_INVALID when the definition does not hold what its type says
 */
export function toFacts(definition: CellDefinition, file: string): CellFacts {
  const { kind, dependencies } = definition;
  const named: Record<string, string> = {};
  for (const [key, handle] of Object.entries(dependencies)) {
    const name = handleName(handle);
    if (name !== undefined) named[key] = name;
  }
  if (kind !== "cell" && kind !== "cached") return { kind, named };
  const { title, computeIn } = definition.options;
  if (computeIn !== undefined) refuseContexts(computeIn, file);
  return {
    kind,
    named,
    ...(kind === "cached" ? { frame: readFrameName(definition.frame, file) } : {}),
    ...(computeIn === undefined ? {} : { computeIn }),
    ...(typeof title === "string" ? { title } : {}),
  };
}

function readFrameName(frame: unknown, file: string): string {
  if (typeof frame === "string" && frame !== "") return frame;
  throw expectation("HEX_CELL_INVALID", {
    place: `the frame name in ${file}`,
    expected: "a text",
    got: JSON.stringify(frame) ?? typeof frame,
  });
}

function refuseContexts(computeIn: unknown, file: string): void {
  if (Array.isArray(computeIn) && computeIn.every(isRunContext)) return;
  throw expectation("HEX_CELL_INVALID", {
    place: `computeIn in ${file}`,
    expected: `a list of ${RUN_CONTEXTS.join(", ")}`,
    got: JSON.stringify(computeIn) ?? typeof computeIn,
  });
}
