import { readFile, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type CellDefinition, type Dependencies, defineCell } from "../cell/cell.ts";
import { type CellOptionsSpec, OPTION_NAMES } from "../cell/cell-options.ts";
import { expectation } from "../errors.ts";
import { toSha256 } from "../sha256.ts";
import { toOwnCache } from "./cell-cache.ts";
import type { CellFacts } from "./cell-facts.ts";
import { listCellFiles, toProjectPath } from "./cell-files.ts";
import { handleName, toCellHandle } from "./cell-handle.ts";
import type { CellIndex, IndexedCell } from "./cell-index.ts";
import { type CellSource, readCellSources } from "./cell-sources.ts";
import { type LoaderState, openLoaderState } from "./cell-state.ts";
import { type ImportModule, importModule, loadCell } from "./load-cell.ts";
import { toModulePath } from "./module/module-path.ts";
import { openSourceCompiler, type SourceCompiler } from "./module/source-compiler.ts";
import { findSourcePlace, mapStacks, type SourcePlace } from "./module/source-place.ts";
import { readOwnVersion } from "./own-version.ts";
import type { PythonForm } from "./python/python-facts.ts";
import { type ReadReferences, readReferences, toSqlCell } from "./sql-cell.ts";

/** The cells of a project, none of them evaluated unless its source does not tell what it is. */
export interface LoadedCells {
  /** in file order */
  readonly cells: readonly CellSource[];
  /** every file that was looked at, below the project's folder; some must stay absent */
  readonly files: readonly string[];
  /** folders whose files are data of cells: a new file in them is data as well */
  readonly dataFolders: readonly string[];
  /**
   * Over what Node itself loads, and keeps as long as a process lives: packages and CommonJS. A
   * process that has evaluated cells cannot follow when it changes.
   */
  readonly loadedByNode: string;
  /**
   * Evaluates one cell's module, no other cell's, and gives its definition, whose dependencies are
   * handles. Evaluates once however often it is called.
   * @throws {HexError} HEX_CELL_INVALID when the module exports no cell or imports what is not there
   * @throws {HexError} HEX_CELL_FAILED when it throws
   */
  load(name: string): Promise<CellDefinition>;
  /** The first place in the author's code that the error went through; undefined for none. */
  sourcePlace(error: unknown): SourcePlace | undefined;
}

export interface LoadCellsOptions {
  readonly projectDirectory: string;
  readonly cellsDirectory: string;
  /** the interpreter of Python cells that the config names, as written; found unless told */
  readonly python?: string | undefined;
  /** the module that cells get when they import this package */
  readonly runtimeUrl: string;
  /** defaults to `.hex/cache` in the project */
  readonly cacheDirectory?: string;
  readonly openCompiler?: () => Promise<SourceCompiler>;
  readonly readReferences?: ReadReferences;
  readonly importModule?: ImportModule;
  /** called before any cell is evaluated, with what Node would load; throws where none may be */
  readonly beforeEvaluating?: ((loadedByNode: string) => void) | undefined;
}

/**
 * Reads the cells of a project. What is known of them is kept in the cache by the hashes of all
 * files involved, so that an unchanged project is not parsed again.
 * @throws {HexError} HEX_CELL_INVALID with the place of what cannot be read as a cell
 */
export async function loadCells(options: LoadCellsOptions): Promise<LoadedCells> {
  const project = await toProject(options);
  const state = await openLoaderState(project);
  options.beforeEvaluating?.(state.index.loadedByNode);
  const loader = {
    ...state,
    projectDirectory: project.projectDirectory,
    cellsDirectory: project.cellsDirectory,
    python: options.python,
    importModule: options.importModule ?? importModule,
  };
  const facts = new Map<string, CellFacts>();
  for (const cell of state.index.cells) {
    facts.set(cell.name, cell.facts ?? toFacts(await load(cell, loader), cell.file));
  }
  const { cells, dataFolders } = await readCellSources(state.index, facts, project);
  return Object.freeze({
    cells,
    dataFolders,
    loadedByNode: state.index.loadedByNode,
    files: Object.freeze(Object.keys(state.index.files)),
    load: (name: string) => load(findCell(name, state.index), loader),
    sourcePlace: (error: unknown) => findPlace(error, loader),
  });
}

/** Raised whenever what the index or the compiled modules hold changes its meaning. */
const FORMAT = 8;

async function toProject(options: LoadCellsOptions) {
  const { runtimeUrl, cacheDirectory, python } = options;
  // Node follows links before it names a module, so stacks and urls have the real path.
  const projectDirectory = await realpath(options.projectDirectory);
  const cellsDirectory = resolve(projectDirectory, options.cellsDirectory);
  const cells = await listCellFiles(projectDirectory, cellsDirectory);
  const places = [runtimeUrl, projectDirectory, cellsDirectory];
  const isPython = cells.some(({ ending }) => ending === ".py");
  const around = isPython ? [python ?? "", ...(await readRequirements(projectDirectory))] : [];
  return {
    projectDirectory,
    cellsDirectory,
    runtimeUrl,
    python,
    cells,
    cache: cacheDirectory ?? toOwnCache(projectDirectory),
    key: toSha256(JSON.stringify([FORMAT, await readOwnVersion(), ...places, ...around])),
    openCompiler: options.openCompiler ?? openSourceCompiler,
    readReferences: options.readReferences ?? readReferences,
  };
}

/** Looked for each time: another one may have come. */
async function readRequirements(projectDirectory: string): Promise<readonly string[]> {
  const { listRequirements } = await import("./python/lock-files.ts");
  return listRequirements(projectDirectory);
}

interface Loader extends LoaderState {
  readonly projectDirectory: string;
  readonly cellsDirectory: string;
  readonly python: string | undefined;
  readonly importModule: ImportModule;
}

async function load(cell: IndexedCell, loader: Loader): Promise<CellDefinition> {
  const { projectDirectory, cache, index } = loader;
  const path = resolve(projectDirectory, cell.file);
  if (cell.facts?.kind === "prose") {
    const markdown = await readFile(path, "utf8");
    return defineCell({ kind: "prose", dependencies: {}, markdown });
  }
  if (cell.python !== undefined) return loadPython(cell, cell.python, loader);
  if (cell.references !== undefined && cell.facts !== undefined) {
    const { file, references, facts } = cell;
    const sql = await readFile(path, "utf8");
    return toSqlCell({ file, sql, references, facts, projectDirectory });
  }
  mapStacks();
  const modulePath = join(cache, "modules", index.modules, toModulePath(projectDirectory, path));
  return loadCell(
    { name: cell.name, file: cell.file, modulePath },
    {
      importModule: loader.importModule,
      readText: (each) => readFile(each, "utf8"),
      findPlace: (error) => findPlace(error, loader),
      toProjectPath: (each) => toProjectPath(projectDirectory, each),
    },
  );
}

async function loadPython(
  { name, file, facts = { kind: "cell", named: {} } }: IndexedCell,
  form: PythonForm,
  { projectDirectory, cellsDirectory, python: interpreter }: Loader,
): Promise<CellDefinition> {
  const { toPythonCell } = await import("./python-cell.ts");
  const place = { name, file, projectDirectory, cellsDirectory, interpreter };
  const handles = Object.entries(facts.named).map(([key, each]) => [key, toCellHandle(each)]);
  const dependencies: Dependencies = Object.fromEntries(handles);
  return toPythonCell({ ...place, facts, python: form, dependencies });
}

function findPlace(error: unknown, { projectDirectory, index }: Loader): SourcePlace | undefined {
  const isSource = (file: string) => typeof index.files[file] === "string";
  return findSourcePlace(error, { projectDirectory, isSource });
}

function findCell(name: string, { cells }: CellIndex): IndexedCell {
  const cell = cells.find((each) => each.name === name);
  if (cell !== undefined) return cell;
  throw expectation("HEX_CELL_INVALID", {
    place: "the cell to load",
    expected: "a cell of this project",
    got: JSON.stringify(name),
    hint: `the cells are ${cells.map((each) => each.name).join(", ")}`,
  });
}

/**
 * The facts of a cell whose module had to be evaluated.
 * @throws {HexError} HEX_CELL_INVALID when the definition does not hold what its type says
 */
function toFacts(definition: CellDefinition, file: string): CellFacts {
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
