import type { SyntaxNode } from "@lezer/common";
import type { Literal } from "../cell-literals.ts";
import { itemsOf, type PythonSource, piecesOf, textOf } from "./python-syntax.ts";

/** A value that stands wholly written in Python, or the part of it that does not. */
export type ReadLiteral = { readonly value: Literal } | { readonly unknown: SyntaxNode };

/** Thrown inside this file's reader only: only Python could tell the value. */
class NotLiteral extends Error {
  readonly node: SyntaxNode;

  constructor(node: SyntaxNode) {
    super();
    this.node = node;
  }
}

/**
 * Reads texts (also several in a row), numbers, `True`, `False`, `None`, and lists, tuples and
 * dictionaries of these.
 */
export function readPythonLiteral(source: PythonSource, node: SyntaxNode): ReadLiteral {
  try {
    return { value: toLiteral(source, node) };
  } catch (error) {
    if (error instanceof NotLiteral) return { unknown: error.node };
    throw error;
  }
}

function toLiteral(source: PythonSource, node: SyntaxNode): Literal {
  switch (node.name) {
    case "String":
    case "ContinuedString":
    case "FormatString":
      return orThrow(readPythonText(source, node), node);
    case "Number":
      return orThrow(readNumber(textOf(source, node)), node);
    case "Boolean":
      return textOf(source, node) === "True";
    case "None":
      return null;
    case "UnaryExpression":
      return toSigned(source, node);
    case "ParenthesizedExpression":
      return toLiteral(source, orThrow(inParentheses(node), node));
    case "ArrayExpression":
    case "TupleExpression":
      return itemsOf(node).flatMap((item) => toElement(source, item, node));
    case "DictionaryExpression":
      return toDictionary(source, node);
    default:
      throw new NotLiteral(node);
  }
}

function orThrow<Found>(found: Found | undefined, node: SyntaxNode): Found {
  if (found === undefined) throw new NotLiteral(node);
  return found;
}

/** What stands in parentheses; undefined when that is not one expression. */
export function inParentheses(node: SyntaxNode): SyntaxNode | undefined {
  const [item, ...others] = itemsOf(node);
  return others.length === 0 && item?.length === 1 ? item[0] : undefined;
}

/** A comma may stand after the last element. */
function toElement(source: PythonSource, item: readonly SyntaxNode[], list: SyntaxNode): Literal[] {
  const [first, ...others] = item;
  if (first === undefined) return [];
  if (others.length > 0 || first.name === "*") throw new NotLiteral(list);
  return [toLiteral(source, first)];
}

function toDictionary(source: PythonSource, node: SyntaxNode): Literal {
  const entries = itemsOf(node).flatMap((item): [string, Literal][] => {
    const [key, colon, value] = item;
    if (key === undefined) return [];
    if (colon?.name !== ":" || value === undefined) throw new NotLiteral(key);
    return [[orThrow(readPythonText(source, key), key), toLiteral(source, value)]];
  });
  return Object.fromEntries(entries);
}

function toSigned(source: PythonSource, node: SyntaxNode): number {
  const [sign, argument] = piecesOf(node);
  const value = argument === undefined ? undefined : toLiteral(source, argument);
  const written = sign === undefined ? "" : textOf(source, sign);
  if (typeof value !== "number" || (written !== "-" && written !== "+")) throw new NotLiteral(node);
  return written === "-" ? -value : value;
}

/** Whole numbers that JavaScript would round, and imaginary ones, are none that can be handed on. */
function readNumber(written: string): number | undefined {
  const value = Number(written.replaceAll("_", ""));
  const isWhole = !/[.eE]/.test(written) || /^0[xX]/.test(written);
  if (Number.isNaN(value) || (isWhole && !Number.isSafeInteger(value))) return undefined;
  return value;
}

const STRING = /^([A-Za-z]*)("""|'''|"|')([\s\S]*)\2$/;

/** The text of a string or of several in a row; undefined for bytes and for what is put together. */
export function readPythonText(source: PythonSource, node: SyntaxNode): string | undefined {
  if (node.name === "ContinuedString") {
    const texts = piecesOf(node).map((each) => readPythonText(source, each));
    return texts.includes(undefined) ? undefined : texts.join("");
  }
  if (node.name === "ParenthesizedExpression") {
    const inner = inParentheses(node);
    return inner && readPythonText(source, inner);
  }
  if (node.name !== "String" && node.name !== "FormatString") return undefined;
  const [, prefix = "", , inner] = STRING.exec(textOf(source, node)) ?? [];
  if (inner === undefined || /[bB]/.test(prefix) || hasReplacement(node)) return undefined;
  const text =
    node.name === "FormatString" ? inner.replace(/\{\{|\}\}/g, (pair) => pair[0] ?? "") : inner;
  return /[rR]/.test(prefix) ? text : readEscapes(text);
}

function hasReplacement(node: SyntaxNode): boolean {
  return piecesOf(node).some(({ name }) => name === "FormatReplacement");
}

const ESCAPE =
  /\\(\r?\n|[0-7]{1,3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|N\{[^}]*\}|[\s\S])/g;

const SINGLE: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** As Python reads it; undefined for characters by name, whose list only Python has. */
function readEscapes(text: string): string | undefined {
  if (/\\N\{/.test(text)) return undefined;
  return text.replace(ESCAPE, (whole, code: string) => {
    if (/^\r?\n$/.test(code)) return "";
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    if (code.length > 1) return toCharacter(Number.parseInt(code.slice(1), 16)) ?? whole;
    return SINGLE[code] ?? whole;
  });
}

function toCharacter(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
