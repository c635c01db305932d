import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { toSha256 } from "../sha256.ts";
import type { IndexOptions } from "./build-cell-index.ts";
import { exists, isUnwritable, markUsed, openTemporaryCache } from "./cell-cache.ts";
import { isMissing } from "./cell-files.ts";
import { type CellIndex, readCellIndex, writeCellIndex } from "./cell-index.ts";

/** The cells' index, and the cache folder in which their compiled modules lie. */
export interface LoaderState {
  readonly index: CellIndex;
  readonly cache: string;
}

export interface StateOptions extends IndexOptions {
  /** the preferred cache folder */
  readonly cache: string;
  /** tells the versions and places apart for which an index holds */
  readonly key: string;
}

/**
 * The state of the cells as their files are now: the one written earlier if nothing changed,
 * otherwise a new one. The cache of a project that cannot be written to is elsewhere.
 */
export async function openLoaderState(options: StateOptions): Promise<LoaderState> {
  const { cache } = options;
  const found = await findState(cache, options);
  if (found !== undefined) return found;
  try {
    return await makeState(cache, options);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    const other = await openTemporaryCache(options.projectDirectory);
    if (other === undefined) throw error;
    return (await findState(other, options)) ?? (await makeState(other, options));
  }
}

async function findState(cache: string, options: StateOptions): Promise<LoaderState | undefined> {
  const index = await readCellIndex(cache, options.key);
  if (index === undefined || !isCurrent(index, options)) return undefined;
  const modules = join(cache, "modules", index.modules);
  if (!(await exists(modules))) return undefined;
  await markUsed(modules);
  return { index, cache };
}

async function makeState(cache: string, options: StateOptions): Promise<LoaderState> {
  // What parses and compiles is loaded only when something changed.
  const { buildCellIndex, writeModules } = await import("./build-cell-index.ts");
  const built = await buildCellIndex(options);
  await writeModules(cache, built);
  await writeCellIndex(cache, options.key, built.index);
  return { index: built.index, cache };
}

/** Whether the cells are the same files, and every file that was looked at is as it was. */
function isCurrent(index: CellIndex, options: StateOptions): boolean {
  const { cells, projectDirectory } = options;
  if (cells.length !== index.cells.length) return false;
  if (cells.some(({ file }, place) => index.cells[place]?.file !== file)) return false;
  return Object.entries(index.files).every(([file, hash]) => {
    const path = resolve(projectDirectory, file);
    return hash === null ? !isFile(path) : readHash(path) === hash;
  });
}

/** Waits for the disk: for a few small files that takes a quarter of what handing them over takes. */
function readHash(path: string): string | null {
  try {
    return toSha256(readFileSync(path));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
