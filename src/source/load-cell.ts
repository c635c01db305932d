import { fileURLToPath, pathToFileURL } from "node:url";
import { type CellDefinition, isCellDefinition } from "../cell/cell.ts";
import type { CellNode } from "../cell/cell-node.ts";
import { expectation, HexError, toMessage } from "../errors.ts";
import { isCellHandle } from "./cell-handle.ts";
import { findSourcePath } from "./module/source-map.ts";
import { formatPlace, type SourcePlace } from "./module/source-place.ts";

/** A cell whose compiled module can be evaluated. */
export interface LoadableCell extends Pick<CellNode, "name" | "file"> {
  /** absolute path of the compiled module */
  readonly modulePath: string;
}

/** Evaluates the module at a file URL, once. */
export type ImportModule = (url: string) => Promise<Readonly<Record<string, unknown>>>;

export const importModule: ImportModule = (url) => import(/* @vite-ignore */ url);

export interface LoadSurroundings {
  readonly importModule: ImportModule;
  /** the text of a source file; asked for only to find the place of a wrong import */
  readText(path: string): Promise<string>;
  findPlace(error: unknown): SourcePlace | undefined;
  toProjectPath(path: string): string;
}

/**
 * Evaluates a cell's module and gives the definition it exports.
 * @throws {HexError} HEX_CELL_INVALID when it exports no cell, or imports what is not there
 * @throws {HexError} HEX_CELL_FAILED when its code throws while it is evaluated
 */
export async function loadCell(
  cell: LoadableCell,
  around: LoadSurroundings,
): Promise<CellDefinition> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await around.importModule(pathToFileURL(cell.modulePath).href);
  } catch (error) {
    throw await toLoadError(error, cell, around);
  }
  const definition = exported["default"];
  if (!isCellDefinition(definition)) throw noCellError(definition, cell);
  for (const [key, value] of Object.entries(definition.dependencies)) {
    if (!isCellHandle(value)) throw noHandleError(key, value, cell);
  }
  return definition;
}

async function toLoadError(
  error: unknown,
  cell: LoadableCell,
  around: LoadSurroundings,
): Promise<Error> {
  if (error instanceof HexError) return error;
  const missing = /^Cannot find package '([^']+)' imported from (.+)$/.exec(toMessage(error));
  if (missing !== null) return missingPackageError(missing, cell, around, error);
  const place = around.findPlace(error);
  const where = place === undefined ? cell.file : formatPlace(place);
  if (error instanceof SyntaxError && (place === undefined || isLinkFault(error))) {
    const parts = { place: where, expected: "a module that can be loaded", got: toMessage(error) };
    return expectation("HEX_CELL_INVALID", parts, { cause: error });
  }
  const kind = error instanceof Error ? error.name : `thrown ${typeof error}`;
  const isOwn = place === undefined || place.file === cell.file;
  return expectation(
    "HEX_CELL_FAILED",
    {
      place: isOwn ? where : `${cell.file} (${where})`,
      expected: "evaluated without an error",
      got: `${kind}: ${toMessage(error)}`,
    },
    { cause: error },
  );
}

/** Node writes the line above the stack when imports and exports do not fit each other. */
function isLinkFault({ stack = "" }: SyntaxError): boolean {
  return !stack.startsWith("SyntaxError");
}

async function missingPackageError(
  [, name = "", importer = ""]: RegExpExecArray,
  cell: LoadableCell,
  around: LoadSurroundings,
  cause: unknown,
): Promise<HexError> {
  const compiled = importer.startsWith("file:") ? fileURLToPath(importer) : importer;
  const path = findSourcePath(compiled);
  const place = path === undefined ? cell.file : await findImport(name, path, around);
  return expectation(
    "HEX_CELL_INVALID",
    {
      place: `the import at ${place}`,
      expected: "an installed package",
      got: JSON.stringify(name),
      hint: `npm install ${name}`,
    },
    { cause },
  );
}

async function findImport(name: string, path: string, around: LoadSurroundings): Promise<string> {
  const file = around.toProjectPath(path);
  const lines = (await around.readText(path)).split("\n");
  const asked = new RegExp(`["'\`]${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}["'\`/]`);
  const line = lines.findIndex((each) => asked.test(each));
  const column = lines[line]?.search(asked) ?? 0;
  return line === -1 ? file : formatPlace({ file, line: line + 1, column: column + 1 });
}

function noCellError(value: unknown, { file }: LoadableCell): HexError {
  return expectation("HEX_CELL_INVALID", {
    place: `the default export of ${file}`,
    expected: "a cell",
    got: value === undefined ? "none" : describe(value),
    hint: "export default cell(…), cached(…) or an input, or let the file name begin with an underscore",
  });
}

function noHandleError(key: string, value: unknown, { file }: LoadableCell): HexError {
  return expectation("HEX_CELL_INVALID", {
    place: `${key}, which ${file} depends on,`,
    expected: "the default export of another cell's file",
    got: describe(value),
    hint: "import helpers and constants, and use them in the function, without naming them here",
  });
}

function describe(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (typeof value === "string" || typeof value === "number") return JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}
