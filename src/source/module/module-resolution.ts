import { dirname, extname, isAbsolute, resolve as resolvePath } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { toSha256 } from "../../sha256.ts";
import { resolveInScope } from "../code/package-scope.ts";
import type { SeenFiles } from "../code/seen-files.ts";

/** The target of an import. */
export type ImportTarget =
  /** another cell: a handle takes its place */
  | { readonly kind: "cell"; readonly name: string }
  /** a source file of the project that is compiled */
  | { readonly kind: "source"; readonly path: string }
  /** a file that Node imports from where it is; JSON has a version, or Node would keep the first */
  | { readonly kind: "file"; readonly path: string; readonly version?: string }
  /** this package */
  | { readonly kind: "runtime" }
  /** a package or a module of Node's own, under the name by which Node is asked for it */
  | { readonly kind: "package"; readonly specifier: string }
  /** a local file that does not exist */
  | { readonly kind: "missing" };

/** The name under which authors import this package. */
const RUNTIME = "hex-runtime";

const SOURCE_ENDINGS = [".ts", ".mts", ".tsx", ".js", ".mjs"];

/** Endings by which TypeScript lets a file be imported before it is compiled. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

export interface ImportSurroundings {
  /** by absolute path */
  readonly cellNames: ReadonlyMap<string, string>;
  /** notes what was looked at */
  readonly seen: SeenFiles;
}

/** Follows an import of the module at `from`. */
export async function resolveImport(
  specifier: string,
  from: string,
  around: ImportSurroundings,
): Promise<ImportTarget> {
  if (specifier === RUNTIME) return { kind: "runtime" };
  if (/^(\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) {
    return findTarget(toPath(specifier, from), around);
  }
  const inScope = await resolveInScope(specifier, from, { ...around, asking: "import" });
  if (inScope === RUNTIME) return { kind: "runtime" };
  return inScope !== undefined && isAbsolute(inScope)
    ? findTarget(inScope, around)
    : { kind: "package", specifier: inScope ?? specifier };
}

async function findTarget(path: string, around: ImportSurroundings): Promise<ImportTarget> {
  for (const each of candidates(path)) {
    if (await around.seen.isFile(each)) return toTarget(each, around);
  }
  return { kind: "missing" };
}

function toPath(specifier: string, from: string): string {
  try {
    return fileURLToPath(new URL(specifier, pathToFileURL(from)));
  } catch {
    // A specifier that is no URL, like "./100%.ts", can still be a path.
    return resolvePath(dirname(from), specifier);
  }
}

function candidates(path: string): readonly string[] {
  const ending = extname(path);
  const stem = path.slice(0, path.length - ending.length);
  const renamed = (WRITTEN_AS[ending] ?? []).map((each) => stem + each);
  if (SOURCE_ENDINGS.includes(ending)) return [path, ...renamed];
  const extended = SOURCE_ENDINGS.map((each) => path + each);
  return [path, ...renamed, ...extended, ...SOURCE_ENDINGS.map((each) => `${path}/index${each}`)];
}

async function toTarget(
  path: string,
  { cellNames, seen }: ImportSurroundings,
): Promise<ImportTarget> {
  const name = cellNames.get(path);
  if (name !== undefined) return { kind: "cell", name };
  const ending = extname(path);
  if (ending === ".json") {
    return { kind: "file", path, version: toSha256((await seen.readText(path)) ?? "") };
  }
  const isSource = SOURCE_ENDINGS.includes(ending) && !/[\\/]node_modules[\\/]/.test(path);
  return { kind: isSource ? "source" : "file", path };
}
