import { readInputValue } from "../cell/input-value.ts";
import { type RequestedInputs, toRequestedInputs } from "../cell/requested-input.ts";
import { expectation } from "../errors.ts";
import { CONFIG_FILE } from "./config.ts";
import type { Project } from "./project.ts";

/**
 * The requested value of every input: the request's, or else the config's; read from its text
 * already where the input's definition is known.
 * @throws {HexError} HEX_INPUT_INVALID on a name that no input has, and on a value that breaks the
 * rule of an input whose definition does not hang on data (the others are checked when it is known)
 */
export function toInputs(
  { cells, config }: Pick<Project, "cells" | "config">,
  requested: RequestedInputs,
): RequestedInputs {
  const inputs = new Map([...toConfigured(config), ...requested]);
  refuseUnknown(
    inputs,
    cells.cells.filter(({ kind }) => kind === "input").map(({ name }) => name),
  );
  for (const { name, widget } of cells.cells) {
    if (widget === undefined) continue;
    const asked = inputs.get(name);
    const value = readInputValue(name, widget, asked);
    if (asked !== undefined) inputs.set(name, { ...asked, value, form: "json" });
  }
  return inputs;
}

/** The values that the config gives to inputs. */
export function toConfigured({ inputs }: Pick<Project["config"], "inputs">): RequestedInputs {
  return toRequestedInputs(inputs, { place: (name) => `\`inputs.${name}\` in ${CONFIG_FILE}` });
}

function refuseUnknown(inputs: RequestedInputs, known: readonly string[]): void {
  for (const [name, { place }] of inputs) {
    if (known.includes(name)) continue;
    throw expectation("HEX_INPUT_INVALID", {
      place,
      expected: known.length === 0 ? "left out" : `for one of the inputs ${known.join(", ")}`,
      got: JSON.stringify(name),
      hint:
        known.length === 0 ? "this project has no inputs" : "an input is named by its cell's file",
    });
  }
}
