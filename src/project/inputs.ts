import { readInputValue } from "../cell/input-value.ts";
import { type RequestedInputs, toRequestedInputs } from "../cell/requested-input.ts";
import { expectation } from "../errors.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import { CONFIG_FILE, type Config } from "./config.ts";

interface CellsAndConfig {
  readonly cells: Pick<LoadedCells, "cells">;
  readonly config: Pick<Config, "inputs" | "schedules">;
}

/**
 * The requested value of every input: the request's, or else the config's; read from its text
 * already where the input's definition is known.
 * @throws {HexError} HEX_INPUT_INVALID on a name that no input has, and on a value that breaks the
 * rule of an input whose definition does not depend on data (the others are checked when it is known)
 */
export function toInputs(
  { cells, config }: CellsAndConfig,
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
export function toConfigured({ inputs }: Pick<Config, "inputs">): RequestedInputs {
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

/** The requested inputs of a schedule's runs, with their places in the config. @internal */
export function toScheduleInputs(
  { schedules }: Pick<Config, "schedules">,
  { name }: Schedule,
): RequestedInputs {
  const index = schedules.findIndex((schedule) => schedule.name === name);
  const place = (input: string) => `\`schedules[${index}].inputs.${input}\` in ${CONFIG_FILE}`;
  return toRequestedInputs(Object.entries(schedules[index]?.inputs ?? {}), { place });
}

/**
 * Refuses schedules whose runs would be refused, before any of them is due.
 * @throws {HexError} HEX_INPUT_INVALID as `toInputs`
 */
export function checkScheduleInputs(project: CellsAndConfig): void {
  for (const schedule of project.config.schedules) {
    toInputs(project, toScheduleInputs(project.config, schedule));
  }
}
