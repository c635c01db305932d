import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { exports as resolveExports, imports as resolveImports } from "resolve.exports";
import type { SeenFiles } from "./seen-files.ts";

/** The part of a package.json that is used here. */
export interface PackageFile {
  readonly name?: string;
  readonly version?: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly imports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly os?: unknown;
  readonly cpu?: unknown;
}

interface PackageScope {
  readonly folder: string;
  readonly manifest: PackageFile;
}

/** How a module asks: with `import` or with `require`. */
export type Asking = "import" | "require";

/** The package.json in a folder; undefined when there is none that can be read. */
export async function readPackageFile(
  folder: string,
  seen: SeenFiles,
): Promise<PackageFile | undefined> {
  const text = await seen.readText(join(folder, "package.json"));
  try {
    return text === undefined ? undefined : (JSON.parse(text) as PackageFile);
  } catch {
    // Node complains of it when something is loaded through it.
    return {};
  }
}

/** The package that a file is part of: the nearest package.json above it. */
async function findScope(path: string, seen: SeenFiles): Promise<PackageScope | undefined> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (/[\\/]node_modules$/.test(folder)) return undefined;
    const manifest = await readPackageFile(folder, seen);
    if (manifest !== undefined) return { folder, manifest };
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Target of a specifier that a package resolves itself: `#lib/x`, or its own name. A path when it is a
 * file of the package, else the specifier of another package; undefined when the package has none.
 */
export async function resolveInScope(
  specifier: string,
  from: string,
  { seen, asking }: { readonly seen: SeenFiles; readonly asking: Asking },
): Promise<string | undefined> {
  const scope = isBuiltin(specifier) ? undefined : await findScope(from, seen);
  if (scope === undefined) return undefined;
  const { folder, manifest } = scope;
  const isOwn = manifest.name !== undefined && `${specifier}/`.startsWith(`${manifest.name}/`);
  const field = specifier.startsWith("#") ? "imports" : isOwn ? "exports" : undefined;
  if (field === undefined) return undefined;
  const entry = isOwn ? `.${specifier.slice(manifest.name?.length)}` : specifier;
  const found = resolveField(field, entry, { manifest, asking });
  return found?.startsWith("./") ? join(folder, found) : found;
}

/**
 * Target of a field of package.json: `./…` below the package's folder, or another specifier.
 * @param entry `.`, `./x` or `#x`
 */
export function resolveField(
  field: "exports" | "imports",
  entry: string,
  { manifest, asking }: { readonly manifest: PackageFile; readonly asking: Asking },
): string | undefined {
  const resolve = field === "exports" ? resolveExports : resolveImports;
  try {
    const found = resolve({ name: "", ...manifest }, entry, {
      conditions: ["module-sync", "node-addons"],
      require: asking === "require",
    });
    return found?.[0];
  } catch {
    // Nothing that fits: Node tells so when it is loaded.
    return undefined;
  }
}
