import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { CodeCache, toCodeFolders } from "./code-cache.ts";

type Namespace = Readonly<Record<string, unknown>>;

/** What a script of tools/build.mjs asks for, and the modules that it gives. */
type RunScript = (
  load: (id: string) => Namespace,
  importModule: (specifier: string) => Promise<Namespace>,
  require: NodeJS.Require,
  directory: string,
  url: string,
  now: () => number,
) => Readonly<Record<string, () => Namespace>>;

/**
 * The scripts of this package by name, and the modules that each gives to others; tools/build.mjs
 * sets it. A script is many modules in one file, linked ahead, whose compiled code can be kept.
 */
declare const SCRIPTS: Readonly<Record<string, readonly string[]>>;

const directory = dirname(fileURLToPath(import.meta.url));
const folders = toCodeFolders(dirname(directory));
const require = createRequire(import.meta.url);
const scriptOf = new Map(
  Object.entries(SCRIPTS).flatMap(([name, ids]) => ids.map((id) => [id, name] as const)),
);
const scripts = new Map<string, ReturnType<RunScript>>();
const modules = new Map<string, Namespace>();

/** A module of a script, which is read and run when its first module is asked for. */
export function load(id: string): Namespace {
  const loaded = modules.get(id);
  if (loaded !== undefined) return loaded;
  const name = scriptOf.get(id);
  const namespace = name && runOnce(name)[id]?.();
  if (!namespace) throw new Error(`Expected a module of this package, got ${id}`);
  modules.set(id, namespace);
  return namespace;
}

function runOnce(name: string): ReturnType<RunScript> {
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const path = join(directory, `${name}.cjs`);
  const run = compile(name, path).runInThisContext() as RunScript;
  const given = run(load, importModule, require, directory, pathToFileURL(path).href, now);
  scripts.set(name, given);
  return given;
}

const { hrtime } = process;

/** As `performance.now` has it: milliseconds, of which only the distance between two counts. */
function now(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Scripts have no `import()` of their own: V8 would not let it through kept code. */
async function importModule(specifier: string): Promise<Namespace> {
  return scriptOf.has(specifier) ? load(specifier) : import(specifier);
}

function compile(name: string, path: string): Script {
  const { source, bytes, found } = readSource(path);
  const cache = new CodeCache({
    name: `${name}-${PROFILE}`,
    key: [bytes, VERSIONS],
    source: found,
    folders,
  });
  // What is covered or profiled is to be compiled here and now.
  const kept = isWatched ? undefined : cache.read();
  const script = new Script(source, { filename: path, cachedData: kept?.data });
  const additions = script.cachedDataRejected === true ? 0 : (kept?.additions ?? 0);
  if (!isWatched && additions < MOST_ADDITIONS) {
    keepLater(() => {
      const data = script.createCachedData();
      const isMore = data.length > (kept?.data.length ?? 0) * WORTHWHILE;
      cache.write({ data, additions: isMore ? additions + 1 : MOST_ADDITIONS });
    });
  }
  return script;
}

function readSource(path: string) {
  const descriptor = openSync(path, "r");
  try {
    const bytes = readFileSync(descriptor);
    // The build writes nothing but ASCII.
    return { bytes, source: bytes.toString("latin1"), found: fstatSync(descriptor) };
  } finally {
    closeSync(descriptor);
  }
}

const isWatched = process.env["NODE_V8_COVERAGE"] !== undefined;

/** V8 refuses other versions and flags; with them in its name each finds its own. */
const VERSIONS = JSON.stringify([
  process.version,
  process.arch,
  process.execArgv,
  process.env["NODE_OPTIONS"],
]);

/** Processes of one kind run much the same functions; only these are kept for the next of them. */
const PROFILE = toProfile(process.argv);

function toProfile([, program = "", command = "", ...flags]: readonly string[]): string {
  const name = basename(program, ".js");
  if (name === "run-child") return name;
  if (name !== "hex" || !/^[a-z]{1,12}$/.test(command)) return "index";
  const context = flags[flags.indexOf("--context") + 1] ?? "";
  const isContext = flags.includes("--context") && /^[a-z-]{1,20}$/.test(context);
  return isContext ? `${command}-${context}` : command;
}

/** What one process did not run, the next one may: so many may add to the code that is kept. */
const MOST_ADDITIONS = 3;
const WORTHWHILE = 1.05;

/** A server is not to lose what it compiled when it is killed. */
const SETTLED_MS = 5_000;

/** Keeps code once the process has done its work or, if that takes long, while it goes on. */
function keepLater(keep: () => void): void {
  let isKept = false;
  const keepOnce = () => {
    if (!isKept) keep();
    isKept = true;
  };
  setTimeout(keepOnce, SETTLED_MS).unref();
  process.once("exit", (exitCode) => {
    if (exitCode === 0) keepOnce();
  });
}
