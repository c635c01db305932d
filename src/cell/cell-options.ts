import { expectation } from "../errors.ts";
import { parseDuration } from "./duration.ts";
import { isRunContext, RUN_CONTEXTS, type RunContext } from "./run-context.ts";

/** The options that tell what a run does with a cell, as an author wrote them: unchecked. */
export interface CellOptionsSpec {
  readonly title?: unknown;
  readonly computeIn?: unknown;
  readonly maxAge?: unknown;
  readonly key?: unknown;
  readonly watch?: unknown;
}

/** The names of these options, as authors write them. */
export const OPTION_NAMES = ["title", "computeIn", "maxAge", "key", "watch"] as const;

/** The options of a cell that concern its runs. */
export interface CheckedCellOptions {
  readonly title?: string;
  readonly computeIn?: readonly RunContext[];
  /** how old its published frame may be before it is called stale */
  readonly maxAgeMs?: number;
  /** names of the input cells whose values tell its variants apart, in the order of `key` */
  readonly keyInputs?: readonly string[];
  /** globs of files on which it hangs besides those that its code names */
  readonly watch?: readonly string[];
}

/** An option's name as Python has it: `max_age`. */
export function toSnakeCase(option: keyof CellOptionsSpec): string {
  return option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Where options are written, for messages. */
interface OptionsPlace {
  readonly file: string;
  /** the name of an option as the file's language has it; the same unless told */
  readonly spell?: ((option: keyof CellOptionsSpec) => string) | undefined;
}

/**
 * Checks a cell's options.
 * @param named the cell's dependencies: key in its own code -> name of the cell
 * @throws {HexError} HEX_CELL_INVALID with the option and the file
 */
export function parseCellOptions(
  { title, computeIn, maxAge, key, watch }: CellOptionsSpec,
  named: Readonly<Record<string, string>>,
  { file, spell = (option) => option }: OptionsPlace,
): CheckedCellOptions {
  const placeOf = (option: keyof CellOptionsSpec) => `${spell(option)} in ${file}`;
  return {
    ...(typeof title === "string" ? { title } : {}),
    ...(computeIn === undefined
      ? {}
      : { computeIn: parseContexts(computeIn, placeOf("computeIn")) }),
    ...(maxAge === undefined ? {} : { maxAgeMs: parseDuration(maxAge, placeOf("maxAge")) }),
    ...(key === undefined ? {} : { keyInputs: parseKey(key, named, placeOf("key")) }),
    ...(watch === undefined ? {} : { watch: parseWatch(watch, placeOf("watch")) }),
  };
}

function parseContexts(computeIn: unknown, place: string): readonly RunContext[] {
  if (Array.isArray(computeIn) && computeIn.every(isRunContext)) return computeIn;
  throw expectation("HEX_CELL_INVALID", {
    place,
    expected: `a list of ${RUN_CONTEXTS.join(", ")}`,
    got: JSON.stringify(computeIn) ?? typeof computeIn,
  });
}

function parseKey(
  key: unknown,
  named: Readonly<Record<string, string>>,
  place: string,
): readonly string[] {
  const names = Array.isArray(key) ? key.map((each) => named[String(each)]) : [undefined];
  const cells = names.filter((name) => name !== undefined);
  if (cells.length === names.length) return cells;
  throw expectation("HEX_CELL_INVALID", {
    place,
    expected: `a list of the dependencies ${Object.keys(named).join(", ")}`,
    got: JSON.stringify(key) ?? typeof key,
  });
}

function parseWatch(watch: unknown, place: string): readonly string[] {
  if (Array.isArray(watch) && watch.every(isGlobBelow)) return watch;
  throw expectation("HEX_CELL_INVALID", {
    place,
    expected: 'a list of globs below the project\'s folder, such as "model/**"',
    got: JSON.stringify(watch) ?? typeof watch,
    hint: "write them with `/`, without a `/` or `..` at the beginning",
  });
}

function isGlobBelow(glob: unknown): glob is string {
  if (typeof glob !== "string" || glob === "" || /^([/\\]|[A-Za-z]:)/.test(glob)) return false;
  return !glob.split("/").includes("..");
}
