import { dirname, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Module } from "@swc/core";
import { expectation } from "../../errors.ts";
import { toProjectPath } from "../cell-files.ts";
import { findCodeNames } from "../code/code-names.ts";
import {
  type CodeFile,
  type CodeLoad,
  type FollowSurroundings,
  followNames,
  packageDigest,
} from "../code/follow-names.ts";
import { toPackageName } from "../code/installed-packages.ts";
import { resolvePackage } from "../code/native-resolution.ts";
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
export interface SourceModule {
  /** absolute path of the original */
  readonly path: string;
  readonly code: string;
  /** empty when the code was not compiled */
  readonly map: string;
  /** specifier -> name of the cell */
  readonly cells: ReadonlyMap<string, string>;
  /** undefined when the code was not compiled */
  readonly parsed: Module | undefined;
  /** what it hangs on */
  readonly hangsOn: CodeFile;
}

export interface CompileTask extends FollowSurroundings {
  readonly path: string;
  readonly source: string;
  readonly runtimeUrl: string;
  readonly compiler: SourceCompiler;
  /** by absolute path */
  readonly cellNames: ReadonlyMap<string, string>;
}

/**
 * Compiles a source file and finds what it hangs on.
 * @throws {HexError} HEX_CELL_INVALID with the place of a syntax error or of a wrong import
 */
export async function compileModule(task: CompileTask): Promise<SourceModule> {
  const { path, source, compiler, projectDirectory } = task;
  const file = toProjectPath(projectDirectory, path);
  const compiled = await compiler.compile(source, path, file);
  const found = await readImports(compiled.code);
  if (!found.isModule && path.endsWith(".js") && !task.cellNames.has(path)) return toPassage(path);
  const targets = new Map<string, ImportTarget>();
  for (const { specifier } of found.imports) {
    targets.set(specifier, await resolveImport(specifier, path, task));
  }
  for (const each of found.imports) refuseImport(each, targets.get(each.specifier), compiled, task);
  const parsed = await compiler.parse(source, path, file);
  return {
    path,
    parsed,
    map: toMap(compiled.map, path),
    code: link(compiled.code, found, targets, task),
    cells: readCells(targets),
    hangsOn: await followModule(parsed, [...targets.values()], task),
  };
}

async function followModule(
  parsed: Module,
  targets: readonly ImportTarget[],
  task: CompileTask,
): Promise<CodeFile> {
  const { path, projectDirectory } = task;
  // What it imports is known better from the compiled code: types are gone there.
  const names = { ...findCodeNames({ ...parsed }, { path, projectDirectory }), imports: [] };
  const followed = await followNames(names, path, task);
  const imported = await Promise.all(targets.map((target) => followImport(target, task)));
  return {
    ...followed,
    loads: [...imported.flatMap(({ loads }) => loads), ...followed.loads],
    packages: [...imported.flatMap(({ packages }) => packages), ...followed.packages],
  };
}

async function followImport(
  target: ImportTarget,
  task: CompileTask,
): Promise<Pick<CodeFile, "loads" | "packages">> {
  switch (target.kind) {
    case "source":
      return { loads: [{ path: target.path, as: "source" }], packages: [] };
    case "file": {
      const as = target.version === undefined ? "native" : "text";
      return { loads: [{ path: target.path, as }], packages: [] };
    }
    case "package":
      return followPackage(target.specifier, task);
    case "cell":
    case "runtime":
    case "missing":
      return { loads: [], packages: [] };
  }
}

/** Compiled modules lie below the project's folder: Node looks for packages from there. */
async function followPackage(
  specifier: string,
  task: CompileTask,
): Promise<Pick<CodeFile, "loads" | "packages">> {
  const name = toPackageName(specifier);
  if (name === undefined) return { loads: [], packages: [] };
  const asked = { ...task, asking: "import" as const };
  const { package: found, path } = await resolvePackage(
    name,
    specifier,
    task.projectDirectory,
    asked,
  );
  const loads: CodeLoad[] = path === undefined ? [] : [{ path, as: "native" }];
  return { loads, packages: found === undefined ? [] : [await packageDigest(found, task)] };
}

function readCells(targets: ReadonlyMap<string, ImportTarget>): Map<string, string> {
  const cells = new Map<string, string>();
  for (const [specifier, target] of targets) {
    if (target.kind === "cell") cells.set(specifier, target.name);
  }
  return cells;
}

/** A script without imports and exports is CommonJS or next to it: Node runs it where it is. */
function toPassage(path: string): SourceModule {
  const url = JSON.stringify(pathToFileURL(path).href);
  return {
    path,
    code: `import * as all from ${url};\nexport * from ${url};\nexport default all.default;\n`,
    map: "",
    cells: new Map(),
    parsed: undefined,
    hangsOn: { loads: [{ path, as: "native" }], packages: [], named: [], written: [] },
  };
}

function link(
  code: string,
  found: ModuleImports,
  targets: ReadonlyMap<string, ImportTarget>,
  { path, projectDirectory, runtimeUrl }: CompileTask,
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
      case "package":
        return target.specifier === specifier ? undefined : target.specifier;
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
  task: CompileTask,
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

function toPlace(found: FoundImport, { code, map }: CompiledSource, task: CompileTask): string {
  const file = toProjectPath(task.projectDirectory, task.path);
  const before = code.slice(0, found.start).split("\n");
  const line = before.length;
  const position = toOriginal(map, { line, column: (before.at(-1)?.length ?? 0) + 1 });
  return formatPlace({ file, line: position?.line ?? line, column: position?.column ?? 1 });
}
