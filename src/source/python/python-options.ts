import type { SyntaxNode } from "@lezer/common";
import { type CellOptionsSpec, parseCellOptions, toSnakeCase } from "../../cell/cell-options.ts";
import { HexError } from "../../errors.ts";
import { toSchema } from "../../frame/schema.ts";
import type { Literal } from "../cell-literals.ts";
import { nearestNames } from "./nearest-names.ts";
import { readPythonLiteral } from "./python-literal.ts";
import { argumentsOf, type PythonSource, placeOf, pythonFault, textOf } from "./python-syntax.ts";

/** The options of `@cached(…)`, as Python writes them. */
const OPTIONS = {
  title: "title",
  compute_in: "computeIn",
  max_age: "maxAge",
  key: "key",
  watch: "watch",
  schema: "schema",
} as const;

type Option = keyof typeof OPTIONS;

/** What stands in the brackets of `@cached(…)`. */
export interface WrittenOptions {
  readonly frame: string;
  readonly options: CellOptionsSpec;
  readonly schema: Literal | undefined;
  /** the name of the function that gives the items */
  readonly over: SyntaxNode | undefined;
}

/**
 * Reads the arguments of `@cached(…)`, which must be written out.
 * @throws {HexError} HEX_CELL_INVALID at the argument that is wrong or not known before Python runs
 */
export function readOptions(source: PythonSource, list: SyntaxNode): WrittenOptions {
  const { positional, keywords, spread } = argumentsOf(list);
  if (spread !== undefined) throw unwrittenFault(source, "the options", spread);
  const [name, second] = positional;
  if (second !== undefined) throw secondFault(source, second);
  const options: Partial<Record<keyof CellOptionsSpec, Literal>> = {};
  let schema: Literal | undefined;
  let over: SyntaxNode | undefined;
  for (const { name: key, value } of keywords) {
    const written = textOf(source, key);
    if (written === "over") {
      over = readOver(source, value);
      continue;
    }
    if (!isOption(written)) throw unknownFault(source, key);
    const literal = readWritten(source, written, value);
    if (written === "schema") schema = checkSchema(source, value, literal);
    else options[OPTIONS[written] as keyof CellOptionsSpec] = literal;
  }
  return { frame: readFrame(source, list, name), options, schema, over };
}

/**
 * Checks the options once the parameters of the function are known.
 * @param named what it takes, by name
 * @throws {HexError} HEX_CELL_INVALID at the option
 */
export function checkOptions(
  source: PythonSource,
  list: SyntaxNode,
  {
    options,
    named,
  }: { readonly options: CellOptionsSpec; readonly named: Readonly<Record<string, string>> },
): void {
  for (const { name, value } of argumentsOf(list).keywords) {
    const option = textOf(source, name);
    if (!isOption(option) || option === "schema") continue;
    const key = OPTIONS[option];
    if (key === "title" && typeof options.title !== "string") throw titleFault(source, value);
    parseCellOptions({ [key]: options[key] }, named, {
      file: placeOf(source, value),
      spell: toSnakeCase,
    });
  }
}

function isOption(name: string): name is Option {
  return Object.hasOwn(OPTIONS, name);
}

function readFrame(source: PythonSource, list: SyntaxNode, name: SyntaxNode | undefined): string {
  const frame = name && readWritten(source, "the frame's name", name);
  if (typeof frame === "string" && frame !== "") return frame;
  throw pythonFault(source, name ?? list, {
    what: "the frame's name",
    expected: 'a text, as in @cached("frame/name")',
    got: name === undefined ? "none" : textOf(source, name),
  });
}

function readWritten(source: PythonSource, what: string, node: SyntaxNode): Literal {
  const read = readPythonLiteral(source, node);
  if ("unknown" in read) throw unwrittenFault(source, what, read.unknown);
  return read.value;
}

function readOver(source: PythonSource, value: SyntaxNode): SyntaxNode {
  if (value.name === "VariableName") return value;
  throw pythonFault(source, value, {
    what: "over",
    expected: "the name of a function of the file that gives the items",
    got: shorten(textOf(source, value)),
  });
}

function checkSchema(source: PythonSource, node: SyntaxNode, schema: Literal): Literal {
  const isObject = typeof schema === "object" && schema !== null && !Array.isArray(schema);
  const fault = isObject ? findSchemaFault(schema as Readonly<Record<string, never>>) : "";
  if (fault === undefined) return schema;
  throw pythonFault(source, node, {
    what: "schema",
    expected: 'columns and their types, as in {"day": "date", "total": "number"}',
    got: fault === "" ? shorten(textOf(source, node)) : `what breaks a rule: ${fault}`,
  });
}

function findSchemaFault(schema: Readonly<Record<string, never>>): string | undefined {
  try {
    toSchema(schema);
    return undefined;
  } catch (error) {
    if (error instanceof HexError) return error.message;
    throw error;
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function unwrittenFault(source: PythonSource, what: string, node: SyntaxNode) {
  return pythonFault(source, node, {
    what,
    expected: "written out as text, number, list or dictionary",
    got: shorten(textOf(source, node)),
    hint: "it must be known before Python is started",
  });
}

function secondFault(source: PythonSource, node: SyntaxNode) {
  return pythonFault(source, node, {
    what: "the options",
    expected: 'written by name, as in max_age="24h"',
    got: shorten(textOf(source, node)),
  });
}

function unknownFault(source: PythonSource, key: SyntaxNode) {
  const all = [...Object.keys(OPTIONS), "over"];
  const name = textOf(source, key);
  const near = nearestNames(name, all);
  return pythonFault(source, key, {
    what: `option ${name}`,
    expected: `one of ${all.join(", ")}`,
    got: "another name",
    ...(near.length > 0 ? { hint: `did you mean ${near.join(" or ")}?` } : {}),
  });
}

function titleFault(source: PythonSource, node: SyntaxNode) {
  return pythonFault(source, node, {
    what: "title",
    expected: "a text",
    got: shorten(textOf(source, node)),
  });
}
