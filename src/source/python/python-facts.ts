import type { SyntaxNode } from "@lezer/common";
import type { CellFacts } from "../cell-facts.ts";
import type { CellFile } from "../cell-files.ts";
import { nearestNames } from "./nearest-names.ts";
import { refuseModuleName } from "./own-modules.ts";
import { type CachedFunction, findCached } from "./python-decorator.ts";
import { readParameters } from "./python-function.ts";
import { checkOptions, readOptions } from "./python-options.ts";
import { type GlobalNames, readGlobalNames } from "./python-scopes.ts";
import {
  findError,
  isAtTop,
  nodesOf,
  type PythonSource,
  parsePython,
  pythonFault,
  textOf,
} from "./python-syntax.ts";

/** How a Python cell is carried out. */
export interface PythonForm {
  readonly form: "cached" | "script";
  /** names of the cells whose values its function takes, or the script reads */
  readonly takes: readonly string[];
  /** names of the cells whose values the function that gives the items takes; absent without parts */
  readonly itemsTake?: readonly string[];
  /** whether it may see which context it runs in */
  readonly seesContext: boolean;
}

/** All that is told of a Python cell by its source. */
export interface PythonFacts {
  readonly facts: CellFacts;
  readonly python: PythonForm;
}

/**
 * Reads a Python cell's facts off its source, without Python.
 * @throws {HexError} HEX_CELL_INVALID with the place of what cannot be known or is wrong
 */
export function readPythonFacts(
  text: string,
  cell: Pick<CellFile, "file" | "name">,
  cells: readonly Pick<CellFile, "name">[],
): PythonFacts {
  refuseModuleName(cell);
  const source = parsePython(text, cell.file);
  const others = cells.map(({ name }) => name).filter((name) => name !== cell.name);
  const cached = findCached(source);
  return cached === undefined
    ? readScript(source, cell.name, others)
    : readCached(source, cached, others);
}

function readCached(
  source: PythonSource,
  { list, function: definition, name }: CachedFunction,
  cells: readonly string[],
): PythonFacts {
  const { frame, options, schema, over } = readOptions(source, list);
  const parameters = readFunction(source, definition, { name, cells, hasItem: over !== undefined });
  const { cellNames: takes } = parameters;
  const items = over === undefined ? undefined : readItems(source, over, cells);
  const named = toNamed([...takes, ...(items?.cellNames ?? [])]);
  checkOptions(source, list, { options, named });
  return {
    facts: { kind: "cached", named, frame, options, ...(schema === undefined ? {} : { schema }) },
    python: {
      form: "cached",
      takes,
      ...(items === undefined ? {} : { itemsTake: items.cellNames }),
      seesContext: /\brun_context\b/.test(source.text),
    },
  };
}

interface ReadFunction {
  /** names of the cells whose values it takes */
  readonly cellNames: readonly string[];
  readonly handed: readonly string[];
}

function readFunction(
  source: PythonSource,
  definition: SyntaxNode,
  rules: Parameters<typeof readParameters>[2],
): ReadFunction {
  const list = definition.getChild("ParamList");
  if (list === null) return { cellNames: [], handed: [] };
  const { positional, handed } = readParameters(source, list, rules);
  const cells = rules.hasItem ? positional.slice(1) : positional;
  return { cellNames: cells.map((each) => textOf(source, each)), handed };
}

/** The function that gives the items, which stands in the file itself. */
function readItems(source: PythonSource, over: SyntaxNode, cells: readonly string[]): ReadFunction {
  const name = textOf(source, over);
  for (const each of nodesOf(source.top)) {
    if (!isFunctionAtTop(source, each, name)) continue;
    return readFunction(source, each, { name, cells, hasItem: false });
  }
  throw pythonFault(source, over, {
    what: "over",
    expected: "a function at the top of the file that gives the items",
    got: `${name}, which is none`,
    hint: `write def ${name}(): return [...]`,
  });
}

function isFunctionAtTop(source: PythonSource, node: SyntaxNode, name: string): boolean {
  const own = node.name === "FunctionDefinition" ? node.getChild("VariableName") : null;
  if (own === null || textOf(source, own) !== name) return false;
  return isAtTop(source, node.parent?.name === "DecoratedStatement" ? node.parent : node);
}

function toNamed(names: readonly string[]): Record<string, string> {
  return Object.fromEntries([...new Set(names)].map((name) => [name, name]));
}

/** Names by which code may see any global one. */
const DYNAMIC = /\b(hex_run_context|run_context|globals|locals|vars|exec|eval|__main__|__dict__)\b/;

function readScript(source: PythonSource, name: string, cells: readonly string[]): PythonFacts {
  const names = readGlobalNames(source);
  const seesContext = DYNAMIC.test(source.text);
  refuseUnset(source, name, names);
  const takes: string[] = [];
  for (const [each, node] of names.loaded) {
    if (names.bound.has(each) || !cells.includes(each)) continue;
    if (BUILT_IN.has(each)) throw builtInFault(source, node);
    takes.push(each);
  }
  return {
    facts: { kind: "cell", named: toNamed(takes), options: {} },
    python: { form: "script", takes, seesContext },
  };
}

/** What cannot be read, or sets names that are not written, may set it all the same: Python tells then. */
function refuseUnset(source: PythonSource, name: string, { bound, hasStar }: GlobalNames): void {
  const mayBeSet = bound.has(name) || hasStar || /\b(globals|exec)\b/.test(source.text);
  if (mayBeSet || findError(source.top) !== undefined) return;
  const near = nearestNames(name, [...bound]);
  throw pythonFault(
    source,
    { from: 0 },
    {
      what: "the script",
      expected: `one that sets ${name}, the cell's value`,
      got: near.length > 0 ? `one that sets ${near.join(" and ")}` : "one that does not",
      hint: `write ${name} = …, or decorate a function with @cached("frame/name") of hex_runtime; files that are no cells begin with an underscore`,
    },
  );
}

function builtInFault(source: PythonSource, node: SyntaxNode) {
  const name = textOf(source, node);
  return pythonFault(source, node, {
    what: `name ${name}`,
    expected: "either a cell or what Python has built in",
    got: "both",
    hint: "rename the cell",
  });
}

const BUILT_IN: ReadonlySet<string> = new Set(
  (
    "abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile " +
    "complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float format " +
    "frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len license " +
    "list locals map max memoryview min next object oct open ord pow print property quit range repr " +
    "reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip"
  ).split(" "),
);
