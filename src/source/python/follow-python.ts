import { dirname, join, resolve } from "node:path";
import { toProjectPath } from "../cell-files.ts";
import {
  type CodeFile,
  type CodeLoad,
  type FollowSurroundings,
  followNames,
} from "../code/follow-names.ts";
import { LOCKS, listRequirements } from "./lock-files.ts";
import { importsOf } from "./python-imports.ts";
import { resolvePython } from "./python-modules.ts";
import { findPythonNames } from "./python-names.ts";
import { type PythonPathScope, readPythonPath } from "./python-paths.ts";
import {
  argumentsOf,
  nodesOf,
  type PythonSource,
  parsePython,
  piecesOf,
  pythonFault,
  textOf,
} from "./python-syntax.ts";

export interface PythonSurroundings extends FollowSurroundings {
  /** absolute */
  readonly cellsDirectory: string;
  /** by absolute path */
  readonly cellNames: ReadonlyMap<string, string>;
  /** the interpreter that the config names, as written */
  readonly python: string | undefined;
}

/**
 * Finds what a Python file hangs on: modules of the project that it imports, files that it names and,
 * for a cell, with what Python and packages it runs.
 * @throws {HexError} HEX_CELL_INVALID at an import of another cell
 */
export async function followPython(
  text: string,
  path: string,
  around: PythonSurroundings,
): Promise<CodeFile> {
  const { projectDirectory, cellsDirectory } = around;
  const source = parsePython(text, toProjectPath(projectDirectory, path));
  const followed = await followNames(
    findPythonNames(source, { path, projectDirectory }),
    path,
    around,
  );
  const modules = await followImports(source, path, around);
  const isCell = around.cellNames.has(path) && dirname(path) === cellsDirectory;
  const environment = isCell ? await readEnvironment(path, around) : NOTHING;
  return {
    ...followed,
    loads: [...modules, ...environment.loads, ...followed.loads],
    packages: [...environment.packages, ...followed.packages],
  };
}

async function followImports(
  source: PythonSource,
  path: string,
  around: PythonSurroundings,
): Promise<CodeLoad[]> {
  const { cellsDirectory, projectDirectory, cellNames, seen } = around;
  const isInCells = path.startsWith(join(cellsDirectory, "/"));
  const scope = { source, path, projectDirectory, constants: NO_CONSTANTS };
  const known = [cellsDirectory, projectDirectory, join(projectDirectory, "src"), dirname(path)];
  const folders = [...new Set([...known, ...foldersAdded(scope)])];
  const loads: CodeLoad[] = [];
  for (const each of importsOf(source)) {
    for (const loaded of await resolvePython(each, path, { path: folders, seen })) {
      const cell = cellNames.get(loaded);
      if (isInCells && cell !== undefined && loaded !== path) {
        throw pythonFault(source, each.node, {
          what: "the import",
          expected: "one of modules that are no cells",
          got: `cell ${cell} (${toProjectPath(projectDirectory, loaded)})`,
          hint: `name ${cell} as a parameter to get its value; share code in a file whose name begins with an underscore`,
        });
      }
      if (loaded !== path) loads.push({ path: loaded, as: "script" });
    }
  }
  return loads;
}

const NO_CONSTANTS: PythonPathScope["constants"] = new Map();

/** Folders that the file adds to the path: `sys.path.append("../lib")`. */
function foldersAdded(scope: PythonPathScope): string[] {
  const { source, projectDirectory } = scope;
  return [...nodesOf(source.top)].flatMap((node) => {
    const [callee, list] = node.name === "CallExpression" ? piecesOf(node) : [];
    if (callee === undefined || list?.name !== "ArgList") return [];
    if (!/^(sys\.)?path\.(append|insert)$/.test(textOf(source, callee))) return [];
    const folder = argumentsOf(list).positional.at(-1);
    const written = folder && readPythonPath(folder, scope);
    if (written === undefined) return [];
    return [written.kind === "place" ? written.path : resolve(projectDirectory, written.text)];
  });
}

type Environment = Pick<CodeFile, "loads" | "packages">;

const NOTHING: Environment = { loads: [], packages: [] };

/** With what Python and packages a cell runs, as far as files tell. */
async function readEnvironment(
  path: string,
  { projectDirectory, python, seen }: PythonSurroundings,
): Promise<Environment> {
  const names = new Set([...LOCKS, ...(await listRequirements(projectDirectory))]);
  const files = [...names].map((name) => join(projectDirectory, name));
  const loads: CodeLoad[] = [];
  // The lock of a script with metadata of its own lies beside it.
  for (const each of [...files, `${path}.lock`]) {
    if (await seen.isFile(each)) loads.push({ path: each, as: "text" });
  }
  const settings = await seen.readText(join(projectDirectory, ".venv", "pyvenv.cfg"));
  const version = /^version(?:_info)?\s*=\s*(.+)$/m.exec(settings ?? "")?.[1];
  return {
    loads,
    packages: [
      ...(python === undefined ? [] : [`interpreter ${python}`]),
      ...(version === undefined ? [] : [`python ${version.trim()}`]),
    ],
  };
}
