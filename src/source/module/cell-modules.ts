import { type CellFile, toProjectPath } from "../cell-files.ts";
import { findCodeNames } from "../code/code-names.ts";
import { type CodeFile, type CodeLoad, followNames } from "../code/follow-names.ts";
import { InstalledPackages } from "../code/installed-packages.ts";
import { isScript } from "../code/native-resolution.ts";
import { SeenFiles } from "../code/seen-files.ts";
import { type CompileTask, compileModule, type SourceModule } from "./compile-module.ts";
import type { SourceCompiler } from "./source-compiler.ts";

/** All code that the cells reach, and what was looked at to find it. */
export interface SourceModules {
  /** what was compiled, by absolute path */
  readonly modules: ReadonlyMap<string, SourceModule>;
  /** what Node runs from where it is, by absolute path, with what it hangs on */
  readonly natives: ReadonlyMap<string, CodeFile>;
  /** text of every cell by absolute path */
  readonly sources: ReadonlyMap<string, string>;
  /** project path -> hash of the content, null where a file must stay absent */
  readonly files: Readonly<Record<string, string | null>>;
}

export interface ModuleOptions {
  readonly projectDirectory: string;
  readonly runtimeUrl: string;
  /** absolute */
  readonly cellsDirectory: string;
  readonly cells: readonly CellFile[];
  readonly compiler: SourceCompiler;
  /** the interpreter that the config names, as written */
  readonly python: string | undefined;
}

/**
 * Compiles the cells and every local file they import, and goes through all that these load.
 * @throws {HexError} HEX_CELL_INVALID with the place of a syntax error or of a wrong import
 */
export async function compileModules(options: ModuleOptions): Promise<SourceModules> {
  const { projectDirectory, cells } = options;
  const seen = new SeenFiles(projectDirectory);
  const search: Search = {
    ...options,
    seen,
    packages: new InstalledPackages(seen, projectDirectory),
    cellNames: new Map(cells.map(({ path, name }) => [path, name])),
    visited: new Set(),
    modules: new Map(),
    natives: new Map(),
    sources: new Map(),
  };
  const visits = await Promise.allSettled(
    cells.map(({ path, ending }) => {
      const isScript = ending !== ".md" && ending !== ".sql" && ending !== ".py";
      return visit({ path, as: isScript ? "source" : "text" }, search);
    }),
  );
  // The first fault in file order is reported, not the one found first.
  const failed = visits.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  const { modules, natives, sources } = search;
  return { modules, natives, sources, files: seen.files };
}

interface Search extends ModuleOptions, Omit<CompileTask, "path" | "source"> {
  readonly visited: Set<string>;
  readonly modules: Map<string, SourceModule>;
  readonly natives: Map<string, CodeFile>;
  readonly sources: Map<string, string>;
}

async function visit({ path, as }: CodeLoad, search: Search): Promise<void> {
  const isCompiled = as === "source";
  const key = `${isCompiled ? "compiled" : "as it is"} ${path}`;
  if (search.visited.has(key)) return;
  search.visited.add(key);
  const source = await search.seen.readText(path);
  if (source === undefined) throw goneError(path, search);
  if (search.cellNames.has(path)) search.sources.set(path, source);
  const { loads } = isCompiled
    ? await visitSource(path, source, search)
    : await visitNative(path, source, search);
  await Promise.all(loads.map((each) => visit(each, search)));
}

async function visitSource(path: string, source: string, search: Search): Promise<CodeFile> {
  const module = await compileModule({ ...search, path, source });
  search.modules.set(path, module);
  return module.hangsOn;
}

async function visitNative(path: string, source: string, search: Search): Promise<CodeFile> {
  const { compiler, projectDirectory, natives } = search;
  if (path.endsWith(".py")) {
    const { followPython } = await import("../python/follow-python.ts");
    const followed = await followPython(source, path, search);
    natives.set(path, followed);
    return followed;
  }
  const parsed = isScript(path) ? await compiler.parseScript(source, path) : undefined;
  const found =
    parsed === undefined
      ? NOTHING
      : await followNames(findCodeNames({ ...parsed }, { path, projectDirectory }), path, search);
  natives.set(path, found);
  return found;
}

const NOTHING: CodeFile = { loads: [], packages: [], named: [], written: [] };

/** It was there a moment ago: the watcher tries again. */
function goneError(path: string, { projectDirectory }: Search): Error {
  return new Error(`${toProjectPath(projectDirectory, path)} was removed while it was read`);
}
