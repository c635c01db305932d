import { addBelow, addMatches, isFolder, isLeftOut } from "../frame/list-files.ts";

/** Files that a cell names and watches; paths below the project's folder, with `/`. */
export interface NamedData {
  /** files and folders; some may not be there */
  readonly named: readonly string[];
  /** globs */
  readonly watch: readonly string[];
  /** what it writes itself, which it does not hang on */
  readonly written: readonly string[];
}

export interface DataFiles {
  /** sorted */
  readonly files: readonly string[];
  /** folders in which a new file would be one of them */
  readonly folders: readonly string[];
}

/** The files that are a cell's data. A folder stands for the files in it and below. */
export async function listDataFiles(
  { named, watch, written }: NamedData,
  projectDirectory: string,
): Promise<DataFiles> {
  const files = new Set<string>();
  const folders = new Set<string>();
  const seen = new Set<string>();
  for (const path of named) {
    if (isLeftOut(path)) continue;
    if (!(await isFolder(path, projectDirectory))) files.add(path);
    // A folder above the project holds far more than a cell's data.
    else if (!/^(\.\.\/)*\.\.$/.test(path)) {
      await addBelow(path, projectDirectory, { files, folders, seen });
    }
  }
  for (const glob of watch) await addMatches(glob, projectDirectory, { files, folders });
  for (const path of written) files.delete(path);
  return { files: [...files].sort(), folders: [...folders].sort() };
}
