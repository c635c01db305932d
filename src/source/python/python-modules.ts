import { dirname, join } from "node:path";
import type { SeenFiles } from "../code/seen-files.ts";
import type { PythonImport } from "./python-imports.ts";

export interface ModuleSurroundings {
  /** absolute paths of the folders in which modules are looked for, first to last */
  readonly path: readonly string[];
  /** notes what was looked at */
  readonly seen: SeenFiles;
}

/**
 * The files of the project that an import of the file at `from` loads: packages from the outside in,
 * then the module. None for what is installed or comes with Python.
 */
export async function resolvePython(
  { level, module, names = [] }: PythonImport,
  from: string,
  { path, seen }: ModuleSurroundings,
): Promise<string[]> {
  const loaded: string[] = [];
  let folders = level === 0 ? path : [above(dirname(from), level - 1)];
  if (level > 0) loaded.push(...(await firstFile([join(folders[0] ?? "", "__init__.py")], seen)));
  for (const part of module) {
    const found = await findModule(part, folders, seen);
    loaded.push(...found.files);
    folders = found.folders;
    if (folders.length === 0) return loaded;
  }
  // What is taken from a package may be a module of it.
  for (const { name } of names) {
    if (name !== "*") loaded.push(...(await findModule(name, folders, seen)).files);
  }
  return loaded;
}

interface FoundModule {
  readonly files: readonly string[];
  /** where its own modules are looked for: none in a plain module */
  readonly folders: readonly string[];
}

/** As Python does: in each folder a package, then a module; else any folders of the name together. */
async function findModule(
  name: string,
  folders: readonly string[],
  seen: SeenFiles,
): Promise<FoundModule> {
  for (const folder of folders) {
    const [init] = await firstFile([join(folder, name, "__init__.py")], seen);
    if (init !== undefined) return { files: [init], folders: [dirname(init)] };
    const files = await firstFile([join(folder, `${name}.py`)], seen);
    if (files.length > 0) return { files, folders: [] };
  }
  return { files: [], folders: folders.map((folder) => join(folder, name)) };
}

async function firstFile(paths: readonly string[], seen: SeenFiles): Promise<string[]> {
  for (const path of paths) if (await seen.isFile(path)) return [path];
  return [];
}

function above(folder: string, levels: number): string {
  return levels <= 0 ? folder : above(dirname(folder), levels - 1);
}
