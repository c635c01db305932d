import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type CellFileName, compareCellFiles, parseCellFileName } from "../cell/cell-name.ts";
import { expectation } from "../errors.ts";

/** A cell's file: what its name says and where it lies. */
export interface CellFile extends CellFileName {
  /** absolute */
  readonly path: string;
  /** below the project's folder, with `/` */
  readonly file: string;
}

/**
 * The cells of a folder, in file order.
 * @throws {HexError} HEX_CELL_INVALID when the folder is missing, or two files are one cell
 */
export async function listCellFiles(
  projectDirectory: string,
  cellsDirectory: string,
): Promise<readonly CellFile[]> {
  const cells: CellFile[] = [];
  for (const fileName of await readFolder(projectDirectory, cellsDirectory)) {
    const path = join(cellsDirectory, fileName);
    const file = toProjectPath(projectDirectory, path);
    const name = parseCellFileName(fileName, file);
    if (name !== undefined) cells.push({ ...name, path, file });
  }
  cells.sort(compareCellFiles);
  refuseSharedNames(cells);
  return cells;
}

/** The path as messages and the index write it: below the project's folder, with `/`. */
export function toProjectPath(projectDirectory: string, path: string): string {
  return relative(projectDirectory, path).split(sep).join("/");
}

/** Whether the error says that there is nothing at a path. */
export function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR";
}

async function readFolder(projectDirectory: string, folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw expectation("HEX_CELL_INVALID", {
      place: toProjectPath(projectDirectory, folder) || ".",
      expected: "the folder with the project's cells",
      got: "nothing there",
      hint: "create it, or name another folder under `cells` in hex.config.json",
    });
  }
}

/** Names that differ in case only would be one file on half of all disks, and one table in SQL. */
function refuseSharedNames(cells: readonly CellFile[]): void {
  const owners = new Map<string, CellFile>();
  for (const cell of cells) {
    const owner = owners.get(cell.name.toLowerCase());
    if (owner !== undefined) {
      throw expectation("HEX_CELL_INVALID", {
        place: `the cell name of ${cell.file}`,
        expected: "its own",
        got: `${JSON.stringify(cell.name)}, which ${owner.file} has as well`,
        hint: "rename one of the two files; upper and lower case count as the same",
      });
    }
    owners.set(cell.name.toLowerCase(), cell);
  }
}
