import { readFile, stat } from "node:fs/promises";
import { dirname, extname, resolve as resolvePath } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMissing, toHash } from "../cell-files.ts";

/** What an import leads to. */
export type ImportTarget =
  /** another cell: a handle takes its place */
  | { readonly kind: "cell"; readonly name: string }
  /** a source file of the project that is compiled */
  | { readonly kind: "source"; readonly path: string }
  /** a file that Node imports from where it is; JSON has a version, or Node would keep the first */
  | { readonly kind: "file"; readonly path: string; readonly version?: string }
  /** this package */
  | { readonly kind: "runtime" }
  /** a package or a module of Node's own: the specifier stays as it is */
  | { readonly kind: "package" }
  /** a local file that does not exist */
  | { readonly kind: "missing" };

export interface ResolvedImport {
  readonly target: ImportTarget;
  /** places at which a new file would change what the import means */
  readonly absent: readonly string[];
}

/** The name under which authors import this package. */
const RUNTIME = "hex-runtime";

const SOURCE_ENDINGS = [".ts", ".mts", ".tsx", ".js", ".mjs"];

/** Endings by which TypeScript lets a file be imported before it is compiled. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** Follows an import of the module at `from`. `cellNames` is keyed by absolute path. */
export async function resolveImport(
  specifier: string,
  from: string,
  cellNames: ReadonlyMap<string, string>,
): Promise<ResolvedImport> {
  if (specifier === RUNTIME) return { target: { kind: "runtime" }, absent: [] };
  if (!/^(\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) {
    return { target: { kind: "package" }, absent: [] };
  }
  const absent: string[] = [];
  for (const path of candidates(toPath(specifier, from))) {
    if (await isFile(path)) return { target: await toTarget(path, cellNames), absent };
    absent.push(path);
  }
  return { target: { kind: "missing" }, absent };
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
  cellNames: ReadonlyMap<string, string>,
): Promise<ImportTarget> {
  const name = cellNames.get(path);
  if (name !== undefined) return { kind: "cell", name };
  const ending = extname(path);
  if (ending === ".json") return { kind: "file", path, version: toHash(await readFile(path)) };
  const isSource = SOURCE_ENDINGS.includes(ending) && !/[\\/]node_modules[\\/]/.test(path);
  return { kind: isSource ? "source" : "file", path };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
