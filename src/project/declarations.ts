import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InputWidget, Option } from "../cell/input-widget.ts";
import type { Schema } from "../frame/schema.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { CellResult, RunResult } from "../run/run-event.ts";
import { frameOfVariant } from "../run/run-frames.ts";
import type { Version } from "../store/version.ts";
import { renderCellDeclarations, toRowType, VALUE_TYPES } from "./cell-declarations.ts";
import type { Project } from "./project.ts";
import { writeWhole } from "./project-notes.ts";

/** An author's tsconfig includes it; nobody imports it. */
const DECLARATIONS_FILE = ".hex/frames.d.ts";
/** For programs that start runs, which import it. */
const CLIENT_FILE = ".hex/client.d.ts";
/** For TypeScript cells that import cells in other languages; an author's tsconfig includes it. */
const CELLS_FILE = ".hex/cells.d.ts";

export interface DeclarationOptions {
  /** the version whose unchanged frames the run has kept; undefined: it computed all */
  readonly before: Version | undefined;
  readonly onWarning: (line: string) => void;
}

/**
 * Writes type declarations of the project's published frames, inputs, outputs, and cells in other
 * languages. A folder that cannot be written to gives a warning: the run is over and stands.
 */
export async function writeFrameDeclarations(
  project: Project,
  result: RunResult,
  { before, onWarning }: DeclarationOptions,
): Promise<void> {
  const published = toPublished(project, result);
  const known = new Map([...toKept(project, before), ...published]);
  const texts = new Map<string, string>();
  if (published.size > 0) texts.set(DECLARATIONS_FILE, renderDeclarations(known));
  // Outputs of cells that only feed kept frames are not known.
  const isWhole = before === undefined || result.cells.every(({ status }) => status !== "pruned");
  if (isWhole && published.size > 0) texts.set(CLIENT_FILE, renderClientDeclarations(result.cells));
  const cells = isWhole
    ? renderCellDeclarations(project.cells.cells, { published: known, results: result.cells })
    : undefined;
  if (cells !== undefined) texts.set(CELLS_FILE, cells);
  for (const [file, text] of texts) {
    const path = join(project.directory, file);
    if ((await readFile(path, "utf8").catch(() => "")) === text) continue;
    const failure = await writeWhole(path, text);
    if (failure === undefined) continue;
    onWarning(`${file}, which tells editors the columns, is not written: ${failure}`);
  }
}

function toPublished({ graph }: Project, { cells }: RunResult): ReadonlyMap<string, Schema> {
  const published = new Map<string, Schema>();
  for (const { name, status, output } of cells) {
    const frame = graph.byName.get(name)?.frame;
    const isFrame = ["computed", "kept"].includes(status) && output?.kind === "frame";
    if (frame !== undefined && isFrame) published.set(frame, output.columns);
  }
  return published;
}

/** The columns of a project's frames in a version; of variants those of the newest. */
function toKept({ graph }: Project, before: Version | undefined): ReadonlyMap<string, Schema> {
  const frames = [...(before?.frames() ?? [])].sort(
    ([, one], [, other]) => Date.parse(one.computedAt) - Date.parse(other.computedAt),
  );
  const known = new Map<string, Schema>();
  for (const [name, { columns }] of frames) known.set(frameOfVariant(name) ?? name, columns);
  const own = graph.cells.flatMap(({ frame }) => frame ?? []);
  return new Map(
    own.flatMap((name): [string, Schema][] => {
      const columns = known.get(name);
      return columns === undefined ? [] : [[name, columns]];
    }),
  );
}

/** The text of the frames' declarations: one interface member a frame. @internal */
export function renderDeclarations(published: ReadonlyMap<string, Schema>): string {
  const members = [...published].map(([name, schema]) => {
    const columns = schema.map(
      (column) =>
        `      readonly ${JSON.stringify(column.name)}: ${VALUE_TYPES[column.type]} | null;`,
    );
    return [`    ${JSON.stringify(name)}: {`, ...columns, "    };"].join("\n");
  });
  return [
    "// Written by `hex run --context logic`: the columns of the published frames.",
    'import "hex-runtime";',
    'declare module "hex-runtime" {',
    "  interface PublishedFrames {",
    ...members,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The text of the declarations for `createClient`: inputs and outputs of the project. @internal */
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

/** The types of options; their values may depend on data. */
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
  return `readonly ${toRowType(columns)}[]`;
}
