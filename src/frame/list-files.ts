import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

/** Files that a list of paths and globs stands for; paths below a folder, with `/`. */
export interface ListedFiles {
  readonly files: Set<string>;
  /** folders in which a new file would be one of them */
  readonly folders: Set<string>;
}

/** Never data: what the runtime keeps, what is installed, what git keeps. */
const LEFT_OUT = new Set([".hex", "node_modules", ".venv", "__pycache__", ".git"]);

/** Whether a path, below the project's folder, leads to what is never data. */
export function isLeftOut(path: string): boolean {
  return path.split("/").some((each) => LEFT_OUT.has(each));
}

/** Adds the files that match a glob; a path without signs of globs stands for itself, a folder for its files. */
export async function addMatches(
  glob: string,
  directory: string,
  listed: ListedFiles,
): Promise<void> {
  const { default: picomatch } = await import("picomatch");
  const { base, isGlob } = picomatch.scan(glob);
  const folder = base.replace(/^\.\/|\/$/g, "");
  if (isGlob) {
    const matches = picomatch(glob);
    await addBelow(folder, directory, { ...listed, isData: (path) => matches(path) });
  } else if (await isFolder(folder, directory)) {
    await addBelow(folder, directory, listed);
  } else {
    listed.files.add(folder);
  }
}

interface Listing extends ListedFiles {
  /** all are unless told */
  readonly isData?: (path: string) => boolean;
  /** real paths of folders that were gone through: links may lead in a circle */
  readonly seen?: Set<string>;
}

/** Adds the files in a folder and below it. */
export async function addBelow(folder: string, directory: string, listing: Listing): Promise<void> {
  const { files, folders, isData = () => true, seen = new Set() } = listing;
  const place = join(directory, folder);
  folders.add(folder === "" ? "." : folder);
  const real = await realpath(place).catch(unlessMissing);
  if (real === undefined || seen.has(real)) return;
  seen.add(real);
  const entries = await readdir(place, { withFileTypes: true });
  for (const entry of entries.filter(({ name }) => !LEFT_OUT.has(name))) {
    const path = join(folder, entry.name).replaceAll("\\", "/");
    const kind = await toKind(entry, path, directory);
    if (kind === "folder") await addBelow(path, directory, { ...listing, seen });
    else if (kind === "file" && isData(path)) files.add(path);
  }
}

async function toKind(
  entry: Dirent,
  path: string,
  directory: string,
): Promise<"file" | "folder" | "other"> {
  if (entry.isDirectory()) return "folder";
  if (entry.isSymbolicLink()) return (await isFolder(path, directory)) ? "folder" : "file";
  return entry.isFile() ? "file" : "other";
}

export async function isFolder(path: string, directory: string): Promise<boolean> {
  const found = await stat(join(directory, path)).catch(unlessMissing);
  return found?.isDirectory() === true;
}

/** Nothing for an error that says that there is nothing at a path. */
function unlessMissing(error: unknown): undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "EISDIR") throw error;
  return undefined;
}
