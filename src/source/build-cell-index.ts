import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { toSha256 } from "../sha256.ts";
import { exists, publishFolder, removeUnused } from "./cell-cache.ts";
import { readCellFacts } from "./cell-facts.ts";
import { type CellFile, toProjectPath } from "./cell-files.ts";
import { toHandleModule } from "./cell-handle.ts";
import type { CellIndex, IndexedCell } from "./cell-index.ts";
import type { CodeFile, CodeLoad } from "./code/follow-names.ts";
import { compileModules, type SourceModules } from "./module/cell-modules.ts";
import { toHandlePath, toModulePath } from "./module/module-path.ts";
import type { SourceCompiler } from "./module/source-compiler.ts";
import { type ReadReferences, readCellReferences, readSqlFacts } from "./sql-cell.ts";

export interface IndexOptions {
  readonly projectDirectory: string;
  readonly runtimeUrl: string;
  /** absolute */
  readonly cellsDirectory: string;
  readonly cells: readonly CellFile[];
  /** the interpreter of Python cells that the config names, as written */
  readonly python: string | undefined;
  readonly openCompiler: () => Promise<SourceCompiler>;
  readonly readReferences: ReadReferences;
}

/** Everything that is told of the cells by their source, and their compiled modules. */
export interface BuiltCells {
  readonly index: CellIndex;
  /** path below the folder of modules -> text */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Reads and compiles all cells, evaluating none.
 * @throws {HexError} HEX_CELL_INVALID with the place of what cannot be read
 */
export async function buildCellIndex(options: IndexOptions): Promise<BuiltCells> {
  const scripts = options.cells.filter(isScript);
  const compiler = scripts.length === 0 ? NO_COMPILER : await options.openCompiler();
  const compiled = await compileModules({ ...options, compiler });
  const cells: IndexedCell[] = [];
  const kept = new Map<string, string>();
  for (const cell of options.cells) {
    const reached = reachCode(cell.path, compiled);
    const toFiles = (paths: Iterable<string>) =>
      [...new Set([...paths].map((path) => toProjectPath(options.projectDirectory, path)))].sort();
    for (const file of toFiles(reached.kept)) kept.set(file, compiled.files[file] ?? "");
    // Of a Python cell Node loads nothing.
    for (const each of cell.ending === ".py" ? [] : reached.packages) kept.set(each, "");
    cells.push({
      name: cell.name,
      file: cell.file,
      imports: toFiles(reached.files),
      packages: [...reached.packages].sort(),
      named: toFiles(reached.named),
      written: toFiles(reached.written),
      readsCsv:
        cell.ending !== ".py" && mayReadCsv([cell.path, ...reached.files], reached, compiled),
      ...(await readSource(cell, compiled, options)),
    });
  }
  const texts = toTexts(options, compiled);
  const modules = toSha256(JSON.stringify([...texts])).slice(0, 32);
  const loadedByNode = kept.size === 0 ? "" : toSha256(JSON.stringify([...kept].sort(byName)));
  return { index: { files: compiled.files, modules, loadedByNode, cells }, texts };
}

/** Writes the compiled modules, unless another process has done so. */
export async function writeModules(cache: string, { index, texts }: BuiltCells): Promise<void> {
  const folder = join(cache, "modules");
  await mkdir(folder, { recursive: true });
  if (await exists(join(folder, index.modules))) return;
  await publishFolder(join(folder, index.modules), async (draft) => {
    const folders = new Set([...texts.keys()].map((path) => dirname(join(draft, path))));
    for (const each of folders) await mkdir(each, { recursive: true });
    await Promise.all([...texts].map(([path, text]) => writeFile(join(draft, path), text)));
  });
  await removeUnused(folder);
}

/** Names a reader of files, takes a module as a whole, or loads one whose name is computed. */
const CSV_READER =
  /\b(?:query|fromCommand|frameFromArrow)\b|\bread(?:Csv|Arrow|Parquet|Json|Excel)\b|\*\s*(?:as|from)\b|\b(?:import|require)\s*\(/;

/** Whether code may read CSV. Packages and CommonJS are not looked into. */
function mayReadCsv(
  paths: readonly string[],
  { packages, kept }: ReachedCode,
  { modules }: SourceModules,
): boolean {
  if (packages.size > 0 || kept.size > 0) return true;
  return paths.some((path) => CSV_READER.test(modules.get(path)?.code ?? ""));
}

/** A project of prose and queries needs no compiler. */
const NO_COMPILER: SourceCompiler = {
  parse: () => Promise.reject(new Error("nothing to parse")),
  parseScript: () => Promise.reject(new Error("nothing to parse")),
  compile: () => Promise.reject(new Error("nothing to compile")),
};

function isScript({ ending }: CellFile): boolean {
  return ending !== ".md" && ending !== ".sql" && ending !== ".py";
}

type ReadSource = Pick<IndexedCell, "facts" | "python" | "references"> &
  Partial<Pick<IndexedCell, "readsCsv">>;

async function readSource(
  cell: CellFile,
  { modules, sources }: SourceModules,
  { cells, readReferences }: IndexOptions,
): Promise<ReadSource> {
  if (cell.ending === ".md") return { facts: { kind: "prose", named: {} } };
  const source = sources.get(cell.path) ?? "";
  if (cell.ending === ".sql") {
    const references = await readCellReferences(source, cell.file, readReferences);
    const facts = readSqlFacts(source, references, cell.file, cells);
    const { readsCsv } = references;
    return { facts, references, ...(readsCsv && { readsCsv }) };
  }
  if (cell.ending === ".py") {
    const { readPythonFacts } = await import("./python/python-facts.ts");
    return readPythonFacts(source, cell, cells);
  }
  const module = modules.get(cell.path);
  const facts = module?.parsed && readCellFacts(module.parsed, module.cells);
  return facts === undefined ? {} : { facts };
}

function byName([left]: readonly string[], [right]: readonly string[]): number {
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

function toTexts(
  { projectDirectory, cells }: IndexOptions,
  { modules }: SourceModules,
): Map<string, string> {
  const texts = new Map(cells.map(({ name }) => [toHandlePath(name), toHandleModule(name)]));
  for (const { path, code, map } of modules.values()) {
    const place = toModulePath(projectDirectory, path);
    texts.set(place, code);
    if (map !== "") texts.set(`${place}.map`, map);
  }
  return new Map([...texts].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** All that a cell's own code loads, directly or not. */
interface ReachedCode {
  /** absolute paths of files, without its own */
  readonly files: ReadonlySet<string>;
  /** those that Node loads from where they are and keeps as long as the process lives */
  readonly kept: ReadonlySet<string>;
  /** what is installed under the names of packages */
  readonly packages: ReadonlySet<string>;
  /** absolute paths of files and folders that it may read */
  readonly named: ReadonlySet<string>;
  /** absolute paths of files that it writes */
  readonly written: ReadonlySet<string>;
}

/** Goes through all that the cell at `path` loads; loops end by themselves. */
function reachCode(path: string, { modules, natives }: SourceModules): ReachedCode {
  const found = { files: new Set<string>(), kept: new Set<string>(), packages: new Set<string>() };
  const named = new Set<string>();
  const written = new Set<string>();
  const seen = new Set<string>();
  const take = ({ loads, packages, ...files }: CodeFile, from: CodeLoad["as"]): void => {
    for (const each of packages) found.packages.add(each);
    for (const each of files.named) named.add(each);
    for (const each of files.written) written.add(each);
    for (const each of loads) follow(from === "script" ? { ...each, as: "script" } : each);
  };
  const follow = (load: CodeLoad): void => {
    const key = JSON.stringify(load);
    if (seen.has(key)) return;
    seen.add(key);
    found.files.add(load.path);
    if (load.as === "native") found.kept.add(load.path);
    const file = load.as === "source" ? modules.get(load.path)?.hangsOn : natives.get(load.path);
    if (file !== undefined) take(file, load.as);
  };
  const compiled = modules.get(path)?.hangsOn;
  if (compiled !== undefined) take(compiled, "source");
  else take(natives.get(path) ?? NOTHING, "script");
  // The content of code is known already.
  for (const each of found.files) named.delete(each);
  return { ...found, named, written };
}

const NOTHING: CodeFile = { loads: [], packages: [], named: [], written: [] };
