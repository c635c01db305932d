import { type RequestedInput, readInputValue } from "../cell/input-value.ts";
import { expectation, HexError } from "../errors.ts";
import { type RequestedInputs, toConfigured } from "../project/inputs.ts";
import type { Project } from "../project/project.ts";
import type { InvalidInput, ViewerState } from "./evaluation.ts";

/** The inputs that a viewer asks for. */
export interface AskedInputs {
  readonly requested: RequestedInputs;
  /** the project's own values: they stand in for what a widget refuses */
  readonly configured: RequestedInputs;
  /** names that no input has */
  readonly unknown: readonly InvalidInput[];
  /** differs between two asks that differ in a value, as far as is known before cells run */
  readonly state: string;
}

/** So many unknown names are told. */
const UNKNOWN_TOLD = 20;

/** Reads what a viewer asks for: what no input has the name of is told, the rest is for the widgets. */
export function toAskedInputs(
  { inputs, texts = {}, press = {} }: Omit<ViewerState, "version" | "commit">,
  { cells, config }: Pick<Project, "cells" | "config">,
): AskedInputs {
  const names = cells.cells.filter(({ kind }) => kind === "input").map(({ name }) => name);
  const pressed = Object.fromEntries(Object.keys(press).map((name) => [name, true]));
  const asked = [
    ...toRequested(texts, "text"),
    ...toRequested(inputs, "json"),
    ...toRequested(pressed, "json"),
  ];
  const configured = toConfigured(config);
  const isKnown = ([name]: readonly [string, unknown]) => names.includes(name);
  const unknown = new Set(asked.filter((each) => !isKnown(each)).map(([name]) => name));
  const requested = new Map([...configured, ...asked.filter(isKnown)]);
  return {
    requested,
    configured,
    state: JSON.stringify(cells.cells.map((cell) => toKnownValue(cell, requested.get(cell.name)))),
    unknown: toUnknownInputs([...unknown], names),
  };
}

/** Values by input name as they are asked for. */
export function toRequested(
  values: Readonly<Record<string, unknown>>,
  form: RequestedInput["form"],
): [string, RequestedInput][] {
  return Object.entries(values).map(([name, value]) => [
    name,
    { value, form, place: `input ${name}` },
  ]);
}

function toKnownValue(
  { name, widget }: Project["cells"]["cells"][number],
  requested: RequestedInput | undefined,
): unknown {
  if (widget === undefined) return requested?.value;
  try {
    return readInputValue(name, widget, requested);
  } catch (thrown) {
    if (thrown instanceof HexError) return [requested?.value];
    throw thrown;
  }
}

/** What is told of names that no input has. @param names of the inputs that there are */
export function toUnknownInputs(
  unknown: readonly string[],
  names: readonly string[],
): readonly InvalidInput[] {
  return unknown.slice(0, UNKNOWN_TOLD).map((name) => toUnknown(name, names));
}

function toUnknown(name: string, names: readonly string[]): InvalidInput {
  const { message } = expectation("HEX_INPUT_INVALID", {
    place: "each input in the address",
    expected:
      names.length === 0 ? "left out, since this page has none" : `one of ${names.join(", ")}`,
    got: JSON.stringify(name.slice(0, 80)),
  });
  return { name, message };
}
