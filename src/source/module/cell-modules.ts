import { readFile } from "node:fs/promises";
import { dirname, extname, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { expectation } from "../../errors.ts";
import { type CellFile, toHash, toProjectPath } from "../cell-files.ts";
import { findDataFiles } from "./data-files.ts";
import {
  type FoundImport,
  type ModuleImports,
  readImports,
  rewriteImports,
} from "./module-imports.ts";
import { toHandlePath, toModulePath } from "./module-path.ts";
import { type ImportTarget, resolveImport } from "./module-resolution.ts";
import type { CompiledSource, SourceCompiler } from "./source-compiler.ts";
import { toOriginal } from "./source-map.ts";
import { formatPlace } from "./source-place.ts";

/** A source file of the project, compiled, with its imports led to other compiled files. */
interface SourceModule {
  /** absolute path of the original */
  readonly path: string;
  /** below the project's folder, with `/` */
  readonly file: string;
  readonly code: string;
  /** empty when the code was not compiled */
  readonly map: string;
  /** specifier -> name of the cell */
  readonly cells: ReadonlyMap<string, string>;
  /** absolute paths of the local files it imports */
  readonly imports: readonly string[];
  /** absolute paths of the files beside it that it names: `new URL("…", import.meta.url)` */
  readonly dataFiles: readonly string[];
}

/** All source files that the cells reach, and what was looked at to find them. */
export interface SourceModules {
  /** by absolute path */
  readonly modules: ReadonlyMap<string, SourceModule>;
  /** text of every local file that was reached, by absolute path */
  readonly sources: ReadonlyMap<string, string>;
  /** absolute path -> project path, of every local file that was reached */
  readonly names: ReadonlyMap<string, string>;
  /** project path -> hash of the content, null where a file must stay absent */
  readonly files: Readonly<Record<string, string | null>>;
}

export interface ModuleOptions {
  readonly projectDirectory: string;
  readonly runtimeUrl: string;
  readonly cells: readonly CellFile[];
  readonly compiler: SourceCompiler;
}

/**
 * Compiles the cells and every local file they import.
 * @throws {HexError} HEX_CELL_INVALID with the place of a syntax error or of a wrong import
 */
export async function compileModules(options: ModuleOptions): Promise<SourceModules> {
  const files: Record<string, string | null> = {};
  const modules = new Map<string, SourceModule>();
  const sources = new Map<string, string>();
  const names = new Map<string, string>();
  const cellNames = new Map(options.cells.map(({ path, name }) => [path, name]));
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = toProjectPath(options.projectDirectory, path);
    const source = await readFile(path, "utf8");
    files[file] = toHash(source);
    sources.set(path, source);
    names.set(path, file);
    if (!COMPILED.includes(extname(path))) return;
    const module = await compileModule({ ...options, path, file, source, cellNames, files });
    modules.set(path, module);
    await Promise.all(module.imports.map(visit));
  };
  const visits = await Promise.allSettled(options.cells.map(({ path }) => visit(path)));
  // The first fault in file order is told, whichever was found first.
  const failed = visits.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return { modules, sources, names, files };
}

const COMPILED = [".ts", ".mts", ".tsx", ".js", ".mjs"];

interface ModuleTask extends ModuleOptions {
  readonly path: string;
  readonly file: string;
  readonly source: string;
  readonly cellNames: ReadonlyMap<string, string>;
  /** gets the places where a new file would change what an import means */
  readonly files: Record<string, string | null>;
}

async function compileModule(task: ModuleTask): Promise<SourceModule> {
  const { path, file, source, compiler } = task;
  const compiled = await compiler.compile(source, path, file);
  const found = await readImports(compiled.code);
  if (!found.isModule && path.endsWith(".js") && !task.cellNames.has(path)) {
    const nothing = { map: "", cells: new Map(), imports: [], dataFiles: [] };
    return { path, file, code: toPassage(path), ...nothing };
  }
  const targets = new Map<string, ImportTarget>();
  for (const { specifier } of found.imports) {
    const { target, absent } = await resolveImport(specifier, path, task.cellNames);
    targets.set(specifier, target);
    for (const each of absent) task.files[toProjectPath(task.projectDirectory, each)] ??= null;
  }
  for (const each of found.imports) refuseImport(each, targets.get(each.specifier), compiled, task);
  return {
    path,
    file,
    map: toMap(compiled.map, path),
    code: link(compiled.code, found, targets, task),
    cells: readCells(targets),
    imports: [...targets.values()].flatMap((target) => ("path" in target ? [target.path] : [])),
    dataFiles: findDataFiles(compiled.code, found, path),
  };
}

function readCells(targets: ReadonlyMap<string, ImportTarget>): Map<string, string> {
  const cells = new Map<string, string>();
  for (const [specifier, target] of targets) {
    if (target.kind === "cell") cells.set(specifier, target.name);
  }
  return cells;
}

/** A script without imports and exports is CommonJS or next to it: Node runs it where it is. */
function toPassage(path: string): string {
  const url = JSON.stringify(pathToFileURL(path).href);
  return `import * as all from ${url};\nexport * from ${url};\nexport default all.default;\n`;
}

function link(
  code: string,
  found: ModuleImports,
  targets: ReadonlyMap<string, ImportTarget>,
  { path, projectDirectory, runtimeUrl }: ModuleTask,
): string {
  const own = toModulePath(projectDirectory, path);
  const original = { path, url: pathToFileURL(path).href, directory: dirname(path) };
  const linked = rewriteImports(code, found, original, ({ specifier }) => {
    const target = targets.get(specifier);
    switch (target?.kind) {
      case "cell":
        return toRelative(own, toHandlePath(target.name));
      case "source":
        return toRelative(own, toModulePath(projectDirectory, target.path));
      case "file":
        return pathToFileURL(target.path).href + (target.version ? `?${target.version}` : "");
      case "runtime":
        return runtimeUrl;
      default:
        return undefined;
    }
  });
  return `${linked.trimEnd()}\n//# sourceMappingURL=${encodeURIComponent(own.split("/").at(-1) ?? "")}.map\n`;
}

function toRelative(from: string, to: string): string {
  const path = relative(dirname(from), to).split(sep).map(encodeURIComponent).join("/");
  return path.startsWith("../") ? path : `./${path}`;
}

function toMap(map: string, path: string): string {
  return JSON.stringify({ ...JSON.parse(map), sources: [path] });
}

function refuseImport(
  found: FoundImport,
  target: ImportTarget | undefined,
  compiled: CompiledSource,
  task: ModuleTask,
): void {
  if (target?.kind === "missing") {
    throw expectation("HEX_CELL_INVALID", {
      place: `the import at ${toPlace(found, compiled, task)}`,
      expected: "a file",
      got: `${JSON.stringify(found.specifier)}, which does not exist`,
      hint: "correct the path",
    });
  }
  const name = found.names.find((each) => each !== "default");
  if (target?.kind !== "cell" || name === undefined) return;
  throw expectation("HEX_CELL_INVALID", {
    place: `the import of ${JSON.stringify(found.specifier)} at ${toPlace(found, compiled, task)}`,
    expected: "only the default export of a cell",
    got: name === "*" ? "all of its exports" : `its export ${name} as well`,
    hint: `move ${name === "*" ? "what is needed" : name} to a file that is no cell: its name begins with an underscore, or it lies outside the cells folder`,
  });
}

function toPlace(found: FoundImport, { code, map }: CompiledSource, { file }: ModuleTask): string {
  const before = code.slice(0, found.start).split("\n");
  const line = before.length;
  const position = toOriginal(map, { line, column: (before.at(-1)?.length ?? 0) + 1 });
  return formatPlace({ file, line: position?.line ?? line, column: position?.column ?? 1 });
}
