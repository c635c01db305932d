import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, rename, rm, stat, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { toSha256 } from "../sha256.ts";
import { isMissing } from "./cell-files.ts";

/** The folder in which a project keeps what the loader made, unless it cannot be written to. */
export function toOwnCache(projectDirectory: string): string {
  return join(projectDirectory, ".hex", "cache");
}

/**
 * The folder that takes its place when the project is read-only: the user's own, below the
 * system's temporary folder. Undefined when somebody else's folder is in that place.
 */
export async function openTemporaryCache(projectDirectory: string): Promise<string | undefined> {
  const user = process.getuid?.();
  const root = join(tmpdir(), `hex-runtime-${user ?? "cells"}`);
  await mkdir(root, { mode: 0o700, recursive: true });
  const found = await lstat(root);
  const isOurs = user === undefined || (found.uid === user && (found.mode & 0o022) === 0);
  if (!found.isDirectory() || !isOurs) return undefined;
  return linkPackages(projectDirectory, join(root, toSha256(projectDirectory).slice(0, 32)));
}

/** Node looks for packages in all folders above a module: links give it those of the project. */
async function linkPackages(projectDirectory: string, root: string): Promise<string> {
  let folder = root;
  await mkdir(folder, { recursive: true });
  for (const packages of await findPackages(projectDirectory)) {
    folder = join(folder, toSha256(packages).slice(0, 8));
    await mkdir(folder, { recursive: true });
    await symlink(packages, join(folder, "node_modules"), "junction").catch(unless("EEXIST"));
  }
  return folder;
}

/** The `node_modules` at and above the project, outermost first. */
async function findPackages(directory: string): Promise<string[]> {
  const parent = dirname(directory);
  const above = parent === directory ? [] : await findPackages(parent);
  const own = join(directory, "node_modules");
  return (await exists(own)) ? [...above, own] : above;
}

/** Whether a failed write means that the folder is closed to us, not that something broke. */
export function isUnwritable(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].some((code) => hasCode(error, code));
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/**
 * Makes a folder appear whole or not at all. `fill` gets an empty folder beside it. Whoever comes
 * second leaves the first one's folder as it is, since both would hold the same.
 */
export async function publishFolder(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const draft = join(dirname(path), `.draft-${randomUUID()}`);
  await mkdir(draft, { recursive: true });
  try {
    await fill(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(path))) throw error;
  }
}

/** Unused for as long, something in the cache is removed. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Tells that something in the cache is in use. A read-only cache is never cleaned up. */
export async function markUsed(path: string, now: Date = new Date()): Promise<void> {
  await utimes(path, now, now).catch((error: unknown) => {
    if (!isUnwritable(error) && !isMissing(error)) throw error;
  });
}

/** Removes what has not been used for a day. */
export async function removeUnused(folder: string, now: Date = new Date()): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Another process may be cleaning up as well.
    const found = await stat(path).catch(unless("ENOENT"));
    if (found && now.getTime() - found.mtimeMs > KEPT_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, code)) throw error;
    return undefined;
  };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
