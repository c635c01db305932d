import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./cell-files.ts";

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

/** Never data: what the runtime keeps, what is installed, what git keeps. */
const LEFT_OUT = new Set([".hex", "node_modules", ".venv", "__pycache__", ".git"]);

/** The files that are a cell's data. A folder stands for the files in it and below. */
export async function listDataFiles(
  { named, watch, written }: NamedData,
  projectDirectory: string,
): Promise<DataFiles> {
  const files = new Set<string>();
  const folders = new Set<string>();
  const place = { projectDirectory, files, folders, seen: new Set<string>() };
  for (const path of named) {
    if (isLeftOut(path)) continue;
    if (!(await isFolder(path, projectDirectory))) files.add(path);
    // A folder above the project holds far more than a cell's data.
    else if (!/^(\.\.\/)*\.\.$/.test(path)) await addBelow(path, () => true, place);
  }
  for (const glob of watch) await addMatches(glob, place);
  for (const path of written) files.delete(path);
  return { files: [...files].sort(), folders: [...folders].sort() };
}

/** Whether a path, below the project's folder, leads to what is never data. */
export function isLeftOut(path: string): boolean {
  return path.split("/").some((each) => LEFT_OUT.has(each));
}

async function isFolder(path: string, projectDirectory: string): Promise<boolean> {
  try {
    return (await stat(join(projectDirectory, path))).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

interface Listing {
  readonly projectDirectory: string;
  readonly files: Set<string>;
  readonly folders: Set<string>;
  /** real paths of folders that were gone through: links may lead in a circle */
  readonly seen: Set<string>;
}

async function addMatches(glob: string, listing: Listing): Promise<void> {
  const { default: picomatch } = await import("picomatch");
  const { base, isGlob } = picomatch.scan(glob);
  const folder = base.replace(/^\.\/|\/$/g, "");
  if (isGlob) {
    const matches = picomatch(glob);
    await addBelow(folder, (path) => matches(path), { ...listing, seen: new Set() });
  } else if (await isFolder(folder, listing.projectDirectory)) {
    await addBelow(folder, () => true, { ...listing, seen: new Set() });
  } else {
    listing.files.add(folder);
  }
}

async function addBelow(
  folder: string,
  isData: (path: string) => boolean,
  listing: Listing,
): Promise<void> {
  const { projectDirectory, files, folders, seen } = listing;
  const place = join(projectDirectory, folder);
  folders.add(folder === "" ? "." : folder);
  const real = await realpath(place).catch(unlessMissing);
  if (real === undefined || seen.has(real)) return;
  seen.add(real);
  const entries = await readdir(place, { withFileTypes: true });
  for (const entry of entries.filter(({ name }) => !LEFT_OUT.has(name))) {
    const path = join(folder, entry.name).replaceAll("\\", "/");
    const kind = await toKind(entry, path, projectDirectory);
    if (kind === "folder") await addBelow(path, isData, listing);
    else if (kind === "file" && isData(path)) files.add(path);
  }
}

async function toKind(
  entry: Dirent,
  path: string,
  projectDirectory: string,
): Promise<"file" | "folder" | "other"> {
  if (entry.isDirectory()) return "folder";
  if (entry.isSymbolicLink()) return (await isFolder(path, projectDirectory)) ? "folder" : "file";
  return entry.isFile() ? "file" : "other";
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
  return undefined;
}
