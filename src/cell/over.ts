import { HexError } from "../errors.ts";
import type { AnyCellFunction, CellContext, CellFunction, Dependencies, ValuesOf } from "./cell.ts";

/** Marks a cell's function that is split into parts, made by any copy of the package. */
const PARTS = Symbol.for("hex-runtime.parts");

/** How a heavy cell's work is split: what the parts are, and what is computed for one of them. */
export interface PartsDefinition {
  /** the parts: plain JSON each, of which every part function gets one */
  readonly list: (values: Readonly<Record<string, unknown>>, context: CellContext) => unknown;
  /** the frame of one part */
  readonly compute: (
    part: unknown,
    values: Readonly<Record<string, unknown>>,
    context: CellContext,
  ) => unknown;
}

/**
 * The function of a cached cell whose work is split into parts: each part is computed in a process
 * of its own, on any worker, and their frames are joined in the order of the parts.
 *
 * @param list the parts, at most 10,000, each plain JSON; may be async
 * @param compute the frame of one part; all parts give the same columns
 * @example
 * const sales = cached("sales", over(() => [2025, 2026], (year) => [{ year, total: year * 2 }]));
 * sales.kind; // → "cached"
 */
export function over<const Named extends Dependencies, Part, Result>(
  list: (
    values: ValuesOf<Named>,
    context: CellContext,
  ) => readonly Part[] | Promise<readonly Part[]>,
  compute: (part: Part, values: ValuesOf<Named>, context: CellContext) => Result,
): CellFunction<Named, Result> {
  const whole: CellFunction<Named, Result> = () => {
    throw new HexError(
      "HEX_CELL_INVALID",
      "Expected over(…) to be the function of a cached cell, got a call of it (write cached(name, dependencies, over(…)))",
    );
  };
  return Object.assign(whole, { [PARTS]: { list, compute } });
}

/** How a cell's function is split; undefined for one that is not. */
export function partsDefinitionOf(compute: AnyCellFunction): PartsDefinition | undefined {
  return (compute as { readonly [PARTS]?: PartsDefinition })[PARTS];
}
