import { dirname, extname, join, resolve as resolvePath } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type InstalledPackage,
  type InstalledPackages,
  isLinked,
  toPackageName,
} from "./installed-packages.ts";
import { type Asking, readPackageFile, resolveField, resolveInScope } from "./package-scope.ts";
import type { SeenFiles } from "./seen-files.ts";

/** The target of a specifier when Node resolves it. */
export interface NativeTarget {
  /** a file that is not part of an installed package */
  readonly path?: string;
  readonly package?: InstalledPackage;
}

export interface NativeSurroundings {
  readonly seen: SeenFiles;
  readonly packages: InstalledPackages;
}

interface Lookup extends NativeSurroundings {
  readonly asking: Asking;
}

/** Follows a specifier in the module at `from` as Node does; empty for Node's own modules and what is missing. */
export async function resolveNative(
  specifier: string,
  from: string,
  lookup: Lookup,
): Promise<NativeTarget> {
  if (/^(\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) {
    return toTarget(await findFile(toPath(specifier, from), lookup));
  }
  const inScope = await resolveInScope(specifier, from, lookup);
  if (inScope !== undefined && /^([\\/]|[A-Za-z]:)/.test(inScope)) {
    return toTarget((await lookup.seen.isFile(inScope)) ? inScope : undefined);
  }
  const wanted = inScope ?? specifier;
  const name = toPackageName(wanted);
  return name === undefined ? {} : resolvePackage(name, wanted, dirname(from), lookup);
}

/** The package that a module in the folder gets, and its file where that is the author's own code. */
export async function resolvePackage(
  name: string,
  specifier: string,
  folder: string,
  lookup: Lookup,
): Promise<NativeTarget> {
  const found = await lookup.packages.find(name, folder);
  if (!isLinked(found)) return { package: found };
  const path = await findEntry(`.${specifier.slice(name.length)}`, found, lookup);
  return { package: found, ...toTarget(path) };
}

/** The file of a package that is being worked on. */
async function findEntry(
  entry: string,
  { folder = "", manifest }: InstalledPackage,
  lookup: Lookup,
): Promise<string | undefined> {
  if (manifest.exports === undefined) {
    return findFile(join(folder, entry), { ...lookup, asking: "require" });
  }
  const found = resolveField("exports", entry, { manifest, asking: lookup.asking });
  const path = found === undefined ? undefined : join(folder, found);
  return path !== undefined && (await lookup.seen.isFile(path)) ? path : undefined;
}

function toTarget(path: string | undefined): NativeTarget {
  return path === undefined ? {} : { path };
}

function toPath(specifier: string, from: string): string {
  return specifier.startsWith("file:")
    ? fileURLToPath(specifier)
    : resolvePath(dirname(from), specifier);
}

/** `import` names a file; `require` may leave out its ending, or name a folder. */
async function findFile(path: string, { seen, asking }: Lookup): Promise<string | undefined> {
  if (await seen.isFile(path)) return path;
  if (asking === "import") return undefined;
  const extended = await firstFile(endingsOf(path), seen);
  if (extended !== undefined) return extended;
  const main = (await readPackageFile(path, seen))?.main;
  const named = main === undefined ? [] : [join(path, main), ...endingsOf(join(path, main))];
  const indexes = main === undefined ? [] : endingsOf(join(path, main, "index"));
  return firstFile([...named, ...indexes, ...endingsOf(join(path, "index"))], seen);
}

function endingsOf(path: string): string[] {
  return [".js", ".json", ".node"].map((ending) => path + ending);
}

async function firstFile(paths: readonly string[], seen: SeenFiles): Promise<string | undefined> {
  for (const path of paths) if (await seen.isFile(path)) return path;
  return undefined;
}

/** Files that hold code which Node can run. */
export function isScript(path: string): boolean {
  return [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"].includes(extname(path));
}
