import type { Argument, Expression, Module, ObjectExpression } from "@swc/core";
import { type CellDefinition, isCellDefinition } from "../cell/cell.ts";
import { type CellOptionsSpec, OPTION_NAMES } from "../cell/cell-options.ts";
import * as inputs from "../cell/input.ts";
import type { InputWidget } from "../cell/input-widget.ts";
import { type Literal, readConstants, readKey, readLiteral, stripTypes } from "./cell-literals.ts";

/** Facts about a cell that are known without running its function. */
export interface CellFacts {
  readonly kind: CellDefinition["kind"];
  /** key in the cell's own code -> name of the cell, in the order written */
  readonly named: Readonly<Record<string, string>>;
  /** name of the frame that a cached cell publishes */
  readonly frame?: string;
  /** the options that runs go by, unchecked */
  readonly options?: CellOptionsSpec;
  /** the columns that a cached cell declares, unchecked; "elsewhere" where they are not written out */
  readonly schema?: unknown;
  /** with defaults filled in, where the input's spec is written out */
  readonly widget?: InputWidget;
}

/** The names of the functions that make cells, as this package exports them. */
const INPUT_MAKERS: ReadonlyMap<string, (spec: never) => unknown> = new Map(Object.entries(inputs));

interface CellModule {
  readonly module: Module;
  /** import specifier -> name of the cell */
  readonly cells: ReadonlyMap<string, string>;
  readonly constants: ReadonlyMap<string, Expression>;
}

/**
 * Reads a cell's facts off its source. Undefined when any of them is not written out: then only
 * evaluating the module tells them, and nothing is guessed.
 */
export function readCellFacts(
  module: Module,
  cells: ReadonlyMap<string, string>,
): CellFacts | undefined {
  const own = { module, cells, constants: readConstants(module) };
  const made = findDefault(own);
  if (made?.type !== "CallExpression" || made.arguments.some(({ spread }) => spread)) {
    return undefined;
  }
  if (made.callee.type === "Super" || made.callee.type === "Import") return undefined;
  const maker = findMaker(made.callee, module);
  if (maker === "cell") return readComputed("cell", made.arguments, own);
  if (maker === "cached") return readCached(made.arguments, own);
  return maker !== undefined && INPUT_MAKERS.has(maker)
    ? readInput(maker, made.arguments, own)
    : undefined;
}

function findDefault({ module, constants }: CellModule): Expression | undefined {
  for (const item of module.body) {
    if (item.type !== "ExportDefaultExpression") continue;
    const written = stripTypes(item.expression);
    return written.type === "Identifier" ? constants.get(written.value) : written;
  }
  return undefined;
}

/** The name under which this package exports the called function. */
function findMaker(callee: Expression, module: Module): string | undefined {
  const called = stripTypes(callee);
  if (called.type === "Identifier") return findImported(called.value, module, "hex-runtime");
  if (called.type !== "MemberExpression" || called.property.type !== "Identifier") return undefined;
  const object = stripTypes(called.object);
  const isNamespace =
    object.type === "Identifier" && findImported(object.value, module, "hex-runtime") === "*";
  return isNamespace ? called.property.value : undefined;
}

/** The exported name that a local one stands for: `*` for a namespace. */
function findImported(local: string, module: Module, from: string): string | undefined {
  const specifiers = module.body.flatMap((item) =>
    item.type === "ImportDeclaration" && item.source.value === from ? item.specifiers : [],
  );
  const specifier = specifiers.find((each) => each.local.value === local);
  switch (specifier?.type) {
    case undefined:
      return undefined;
    case "ImportDefaultSpecifier":
      return "default";
    case "ImportNamespaceSpecifier":
      return "*";
    case "ImportSpecifier":
      return specifier.imported?.value ?? local;
  }
}

function readCached(written: readonly Argument[], own: CellModule): CellFacts | undefined {
  const [name, ...others] = written;
  const frame = name && readLiteral(name.expression, own.constants);
  if (typeof frame !== "string") return undefined;
  const facts = readComputed("cached", others, own);
  return facts && { ...facts, frame };
}

/** The arguments `(dependencies, function, options)`, of which the first and the last may be left out. */
function readComputed(
  kind: "cell" | "cached",
  written: readonly Argument[],
  own: CellModule,
): CellFacts | undefined {
  const [first, second, third] = written.map(({ expression }) => stripTypes(expression));
  if (first === undefined) return undefined;
  const isAlone = written.length === 1 || isFunction(first, own);
  const named = isAlone ? {} : readNamed(first, own);
  const { options, schema } = readOptions(isAlone ? second : third, own) ?? {};
  return named && options && { kind, named, options, ...(schema === undefined ? {} : { schema }) };
}

function readInput(
  maker: string,
  written: readonly Argument[],
  own: CellModule,
): CellFacts | undefined {
  const [first, second] = written.map(({ expression }) => stripTypes(expression));
  if (first === undefined) return undefined;
  if (second !== undefined) {
    const named = readNamed(first, own);
    return named && { kind: "input", named };
  }
  const spec = readLiteral(first, own.constants);
  const widget = spec === undefined ? undefined : makeWidget(maker, spec);
  return { kind: "input", named: {}, ...(widget === undefined ? {} : { widget }) };
}

/** The widget as the running cell would make it. A spec it cannot be made from is told then. */
function makeWidget(maker: string, spec: Literal): InputWidget | undefined {
  const definition = INPUT_MAKERS.get(maker)?.(spec as never);
  if (!isCellDefinition(definition) || definition.kind !== "input") return undefined;
  try {
    return definition.widget({});
  } catch {
    return undefined;
  }
}

/** A function as written, or one that `over` makes. */
function isFunction(written: Expression, { module }: CellModule): boolean {
  if (written.type === "CallExpression" && written.callee.type !== "Super") {
    return written.callee.type !== "Import" && findMaker(written.callee, module) === "over";
  }
  return written.type === "ArrowFunctionExpression" || written.type === "FunctionExpression";
}

/** An object literal whose values are default imports of cells; undefined for anything else. */
function readNamed(written: Expression, own: CellModule): Record<string, string> | undefined {
  if (written.type !== "ObjectExpression") return undefined;
  const named: Record<string, string> = {};
  for (const property of written.properties) {
    const [key, value] = readProperty(property);
    const cell = value?.type === "Identifier" ? findCell(value.value, own) : undefined;
    if (key === undefined || cell === undefined) return undefined;
    named[key] = cell;
  }
  return named;
}

type Property = ObjectExpression["properties"][number];

function readProperty(property: Property): [key?: string | undefined, value?: Expression] {
  if (property.type === "Identifier") return [property.value, property];
  if (property.type !== "KeyValueProperty") return [];
  return [readKey(property.key), stripTypes(property.value)];
}

function findCell(local: string, { module, cells }: CellModule): string | undefined {
  for (const [specifier, name] of cells) {
    if (findImported(local, module, specifier) === "default") return name;
  }
  return undefined;
}

/** A title or a schema that is computed is no fact that a plan needs; the others are. */
function readOptions(
  written: Expression | undefined,
  own: CellModule,
): Pick<CellFacts, "options" | "schema"> | undefined {
  if (written === undefined) return { options: {} };
  if (written.type !== "ObjectExpression") return undefined;
  const options = new Map<string, Literal | undefined>();
  for (const property of written.properties) {
    const [key, value] = readProperty(property);
    if (key === undefined || value === undefined) return undefined;
    options.set(key, readLiteral(value, own.constants));
  }
  const present = OPTION_NAMES.filter((name) => options.has(name));
  const literal = present.filter((name) => options.get(name) !== undefined);
  if (present.some((name) => name !== "title" && !literal.includes(name))) return undefined;
  const schema = options.has("schema") ? (options.get("schema") ?? "elsewhere") : undefined;
  return { options: Object.fromEntries(literal.map((name) => [name, options.get(name)])), schema };
}
