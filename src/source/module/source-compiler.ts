import { extname } from "node:path";
import type { Module, Options, ParseOptions, Script } from "@swc/core";
import { expectation, toMessage } from "../../errors.ts";

/** A source file as JavaScript, with the map that leads back to it. */
export interface CompiledSource {
  readonly code: string;
  /** a source map, as JSON */
  readonly map: string;
}

/** Reads and compiles source text. `path` is absolute, `file` is how messages call it. */
export interface SourceCompiler {
  /** @throws {HexError} HEX_CELL_INVALID with line and column of a syntax error */
  parse(source: string, path: string, file: string): Promise<Module>;
  /** Reads what Node runs as it is, CommonJS too; undefined where it cannot be read. */
  parseScript(source: string, path: string): Promise<Module | Script | undefined>;
  /** @throws {HexError} HEX_CELL_INVALID with line and column of a syntax error */
  compile(source: string, path: string, file: string): Promise<CompiledSource>;
}

/** The compiler that is used unless a test brings its own; loaded only when something changed. */
export async function openSourceCompiler(): Promise<SourceCompiler> {
  const { parse, transform } = (await import("@swc/core")).default;
  return {
    async parse(source, path, file) {
      const options = { ...toSyntax(path), target: "es2022" } satisfies ParseOptions;
      return parse(source, options).catch((error: unknown) => {
        throw syntaxError(error, path, file);
      });
    },
    async parseScript(source, path) {
      const loose = { isModule: "unknown", allowReturnOutsideFunction: true } as const;
      const options = { ...toSyntax(path), target: "es2022", ...loose } satisfies LooseOptions;
      // Node tells what is wrong with it when it is loaded.
      return parse(source, options).catch(() => undefined);
    },
    async compile(source, path, file) {
      const { code, map } = await transform(source, toOptions(path)).catch((error: unknown) => {
        throw syntaxError(error, path, file);
      });
      return { code, map: map ?? "" };
    },
  };
}

type LooseOptions = ParseOptions & { readonly isModule: "unknown" };

function toOptions(path: string): Options {
  return {
    filename: path,
    swcrc: false,
    configFile: false,
    sourceMaps: true,
    isModule: true,
    module: { type: "es6" },
    jsc: {
      target: "es2022",
      parser: toSyntax(path),
      transform: { decoratorVersion: "2022-03" },
      experimental: { keepImportAttributes: true },
    },
  };
}

type Syntax =
  | { syntax: "typescript"; decorators: true; tsx: boolean }
  | { syntax: "ecmascript"; decorators: true; importAttributes: true };

function toSyntax(path: string): Syntax {
  return isTypeScript(path)
    ? { syntax: "typescript", decorators: true, tsx: path.endsWith(".tsx") }
    : { syntax: "ecmascript", decorators: true, importAttributes: true };
}

function isTypeScript(path: string): boolean {
  return [".ts", ".mts", ".cts", ".tsx"].includes(extname(path));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape codes
const COLOUR = /\u001b\[[0-9;]*m/g;

/**
 * The parser tells each of its complaints as
 *   "x MESSAGE", a header ",-[file:LINE:1]", numbered lines of code, and carets under the fault.
 * The last one at the first place is the one that made it give up.
 */
function syntaxError(error: unknown, path: string, file: string): Error {
  const [, ...complaints] = toMessage(error)
    .replace(COLOUR, "")
    .split(/^[ \t]*[x×] /m);
  const places = complaints.map((each) => findCaret(each) ?? findHeader(each));
  const [first = "1:1"] = places;
  const complaint = complaints[places.lastIndexOf(first)] ?? toMessage(error);
  const [message = ""] = complaint.split("\n", 1);
  return expectation(
    "HEX_CELL_INVALID",
    {
      place: `${file}:${first}`,
      expected: isTypeScript(path) ? "TypeScript" : "JavaScript",
      got: `a syntax error: ${message.replace(/\.$/, "")}`,
    },
    { cause: error },
  );
}

function findCaret(report: string): string | undefined {
  const found = /^([ \t]*(\d+) [|│] ).*\n[ \t]*[:·] ([ \t─┬]*)\^/m.exec(report);
  return found === null ? undefined : `${found[2]}:${(found[3] ?? "").length + 1}`;
}

function findHeader(report: string): string {
  const found = /[[:](\d+:\d+)\]/.exec(report);
  return found?.[1] ?? "1:1";
}
