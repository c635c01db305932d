import type { InputWidget, Option } from "../cell/input-widget.ts";
import type { Schema } from "../frame/schema.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { CellResult } from "../run/run-event.ts";
import { VALUE_TYPES } from "./column-value-types.ts";

/** The text of the file by which `createClient` knows a project: its inputs and what its cells show. */
export function renderClientDeclarations(cells: readonly CellResult[]): string {
  const shown = cells.flatMap(({ name, output }) => (output === undefined ? [] : { name, output }));
  const inputs = shown.flatMap(({ name, output }) =>
    output.kind === "value" && output.input !== undefined
      ? `    readonly ${name}: ${toInputType(output.input)};`
      : [],
  );
  const outputs = shown.map(({ name, output }) => `    readonly ${name}: ${toOutputType(output)};`);
  return [
    "// Written by `hex run --context logic`: what the project takes and gives.",
    "export interface Project {",
    "  readonly inputs: {",
    ...inputs,
    "  };",
    "  readonly outputs: {",
    ...outputs,
    "  };",
    "}",
    "",
  ].join("\n");
}

function toInputType(widget: InputWidget): string {
  switch (widget.widget) {
    case "text":
    case "date":
      return "string";
    case "number":
    case "slider":
      return "number";
    case "checkbox":
    case "button":
      return "boolean";
    case "dropdown":
      return toOptionType(widget.options);
    case "multiselect":
      return `readonly (${toOptionType(widget.options)})[]`;
    case "date_range":
      return "{ readonly start: string; readonly end: string }";
  }
}

/** Of what kind options are: which ones there are may hang on data. */
function toOptionType(options: readonly Option[]): string {
  const types = [...new Set(options.map((option) => typeof option))].sort();
  return types.length === 0 ? "string | number" : types.join(" | ");
}

function toOutputType(output: CellOutput): string {
  switch (output.kind) {
    case "frame":
      return toRowsType(output.columns);
    case "chart":
      return `{ readonly spec: unknown; readonly rows: ${toRowsType(output.columns)} }`;
    case "markdown":
      return "string";
    case "json":
      return "unknown";
    case "value":
      return output.input?.widget === "multiselect" || output.input?.widget === "date_range"
        ? "string"
        : "string | number | boolean | null";
  }
}

function toRowsType(columns: Schema): string {
  const members = columns.map(
    ({ name, type }) => `readonly ${JSON.stringify(name)}: ${VALUE_TYPES[type]} | null`,
  );
  return `readonly { ${members.join("; ")} }[]`;
}
