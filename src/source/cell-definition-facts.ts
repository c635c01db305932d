import type { CellDefinition } from "../cell/cell.ts";
import { type CellOptionsSpec, OPTION_NAMES } from "../cell/cell-options.ts";
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
  const options = pickOptions(definition.options);
  if (kind === "cell") return { kind, named, options };
  const frame = readFrameName(definition.frame, file);
  const { schema } = definition.options;
  return { kind, named, frame, options, ...(schema === undefined ? {} : { schema }) };
}

function pickOptions(options: CellOptionsSpec): CellOptionsSpec {
  const present = OPTION_NAMES.filter((name) => options[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, options[name]]));
}

function readFrameName(frame: unknown, file: string): string {
  if (typeof frame === "string" && frame !== "") return frame;
  throw expectation("HEX_CELL_INVALID", {
    place: `the frame name in ${file}`,
    expected: "a text",
    got: JSON.stringify(frame) ?? typeof frame,
  });
}
