import { stat } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { isLeftOut } from "../../frame/list-files.ts";
import { isMissing, toProjectPath } from "../cell-files.ts";
import type { CodeNames } from "./code-names.ts";
import type { InstalledPackage } from "./installed-packages.ts";
import { isScript, type NativeSurroundings, resolveNative } from "./native-resolution.ts";
import type { WrittenPath } from "./written-path.ts";

/** A file that code loads, and how. */
export interface CodeLoad {
  /** absolute */
  readonly path: string;
  /**
   * source: compiled · native: Node loads it from where it is, and keeps it · script: another process
   * or thread runs it · text: read anew whenever it changes
   */
  readonly as: "source" | "native" | "script" | "text";
}

/** All that one file of code hangs on directly. */
export interface CodeFile {
  readonly loads: readonly CodeLoad[];
  /** specifiers with digests of the packages that they lead to */
  readonly packages: readonly string[];
  /** absolute paths of files and folders that it may read; some may not be there */
  readonly named: readonly string[];
  /** absolute paths of files that it writes */
  readonly written: readonly string[];
}

export interface FollowSurroundings extends NativeSurroundings {
  readonly projectDirectory: string;
}

/** Finds the files and packages that the names in the module at `path` lead to. */
export async function followNames(
  { imports, requires, named, written }: CodeNames,
  path: string,
  around: FollowSurroundings,
): Promise<CodeFile> {
  const loads: CodeLoad[] = [];
  const packages: string[] = [];
  const data: string[] = [];
  const asked = [
    ...imports.map((specifier) => ({ specifier, asking: "import" as const })),
    ...requires.map((specifier) => ({ specifier, asking: "require" as const })),
  ];
  for (const { specifier, asking } of asked) {
    const target = await resolveNative(specifier, path, { ...around, asking });
    if (target.path !== undefined) loads.push({ path: target.path, as: "native" });
    if (target.package !== undefined) packages.push(await packageDigest(target.package, around));
  }
  for (const each of await findNamed(named, path, around)) {
    if (each.isRun) loads.push({ path: each.path, as: "script" });
    else data.push(each.path);
    packages.push(...(await packageOf(each.path, around)));
  }
  const places = written.flatMap((each) => placesOf(each, path, around));
  return { loads, packages, named: data, written: places };
}

/** A package by its name and what is installed under it. */
export async function packageDigest(
  found: InstalledPackage,
  { packages }: NativeSurroundings,
): Promise<string> {
  return `${found.name} ${await packages.digest(found)}`;
}

/** Endings of files that something runs. */
const RUN = [".py", ".r", ".R", ".sh", ".bash", ".rb", ".pl", ".jl", ".sql", ".ps1"];

/** A text that may become the name of a file: it has an ending, and nothing that paths seldom have. */
const FILE_NAME = /^[\w@.\-/\\()+,=%~ ]*\.[A-Za-z0-9]{1,8}$/;
const MOST_CHARACTERS = 260;

/** Where a written path may lead. */
function placesOf(
  written: WrittenPath,
  from: string,
  { projectDirectory }: FollowSurroundings,
): string[] {
  if (written.kind === "place") return [written.path];
  const { text } = written;
  if (text === "" || text.length > MOST_CHARACTERS || /[\n\r\0]|^[a-z]+:/.test(text)) return [];
  const places = [resolve(projectDirectory, text), resolve(dirname(from), text)];
  return [...new Set(places)].filter((place) => isBelow(place, projectDirectory));
}

function isBelow(place: string, projectDirectory: string): boolean {
  const path = toProjectPath(projectDirectory, place);
  return path !== "" && !path.startsWith("..") && !/^[A-Za-z]:/.test(path) && !isLeftOut(path);
}

/** A file or folder that code names. */
interface NamedFile {
  readonly path: string;
  /** whether something runs it */
  readonly isRun: boolean;
}

async function findNamed(
  named: readonly WrittenPath[],
  from: string,
  around: FollowSurroundings,
): Promise<NamedFile[]> {
  const found = new Map<string, NamedFile>();
  for (const written of named) {
    for (const place of placesOf(written, from, around)) {
      const file = place === from ? undefined : await findPlace(place, written, around);
      if (file !== undefined) found.set(place, file);
    }
  }
  return [...found.values()];
}

async function findPlace(
  path: string,
  written: WrittenPath,
  { seen }: FollowSurroundings,
): Promise<NamedFile | undefined> {
  const isCode = isScript(path) || RUN.includes(extname(path));
  const stats = await stat(path).catch(unlessMissing);
  if (stats?.isFile() === true) return { path, isRun: isCode };
  if (written.kind === "word") return undefined;
  const isMeant = written.kind === "place";
  if (stats !== undefined) {
    return isMeant || written.text.includes("/") ? { path, isRun: false } : undefined;
  }
  // When it comes, it is code, or data that was not known of.
  if (isCode || (!isMeant && FILE_NAME.test(written.text))) seen.noteAbsent(path);
  return isMeant ? { path, isRun: false } : undefined;
}

/** The package in whose folder a named file lies. */
async function packageOf(place: string, around: FollowSurroundings): Promise<string[]> {
  const [, above, name] =
    /^(.*)[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(place) ?? [];
  if (above === undefined || name === undefined) return [];
  const found = await around.packages.find(name.replaceAll("\\", "/"), above);
  return [await packageDigest(found, around)];
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
  return undefined;
}
