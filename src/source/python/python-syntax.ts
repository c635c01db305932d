import type { SyntaxNode } from "@lezer/common";
import { parser } from "@lezer/python";
import { expectation, type HexError } from "../../errors.ts";
import { formatPlace } from "../module/source-place.ts";

/** A Python file, parsed. What does not parse stands in the tree as nodes that are errors. */
export interface PythonSource {
  /** below the project's folder, with `/` */
  readonly file: string;
  readonly text: string;
  readonly top: SyntaxNode;
}

export function parsePython(written: string, file: string): PythonSource {
  // Python, too, reads all ends of lines as one.
  const text = written.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
  return { file, text, top: parser.parse(text).topNode };
}

/** The nodes directly below one, in the order written, without comments. */
export function piecesOf(node: SyntaxNode): SyntaxNode[] {
  const pieces: SyntaxNode[] = [];
  for (let each = node.firstChild; each !== null; each = each.nextSibling) {
    if (each.name !== "Comment") pieces.push(each);
  }
  return pieces;
}

/** Each node of a tree, from the outside in, in the order written. */
export function* nodesOf(node: SyntaxNode): Iterable<SyntaxNode> {
  const waiting = [node];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    yield each;
    waiting.push(...piecesOf(each).reverse());
  }
}

/** The first thing in a tree that cannot be read as Python. */
export function findError(node: SyntaxNode): SyntaxNode | undefined {
  for (const each of nodesOf(node)) if (each.type.isError) return each;
  return undefined;
}

export function textOf({ text }: PythonSource, { from, to }: SyntaxNode): string {
  return text.slice(from, to);
}

/** Where a node begins, as `file:line:column`. */
export function placeOf({ file, text }: PythonSource, { from }: { readonly from: number }): string {
  const before = text.slice(0, from).split("\n");
  return formatPlace({ file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
}

/** Whether a node begins a line: what does is at the top of the file, also where the tree is broken. */
export function isAtTop({ text }: PythonSource, { from }: SyntaxNode): boolean {
  return from === 0 || text[from - 1] === "\n";
}

/** The comma-separated items between the brackets of a list of arguments, parameters or elements. */
export function itemsOf(node: SyntaxNode): SyntaxNode[][] {
  const items: SyntaxNode[][] = [[]];
  for (const each of piecesOf(node)) {
    if (each.name === ",") items.push([]);
    else if (!BRACKETS.has(each.name)) items.at(-1)?.push(each);
  }
  return items;
}

const BRACKETS: ReadonlySet<string> = new Set(["(", ")", "[", "]", "{", "}"]);

/** The arguments of a call. */
export interface PythonArguments {
  readonly positional: readonly SyntaxNode[];
  readonly keywords: readonly { readonly name: SyntaxNode; readonly value: SyntaxNode }[];
  /** the first `*` or `**` among them */
  readonly spread: SyntaxNode | undefined;
}

/** What stands in an `ArgList`. */
export function argumentsOf(list: SyntaxNode): PythonArguments {
  const positional: SyntaxNode[] = [];
  const keywords: { name: SyntaxNode; value: SyntaxNode }[] = [];
  let spread: SyntaxNode | undefined;
  for (const [first, second, third] of itemsOf(list)) {
    if (first === undefined) continue;
    if (first.name === "*" || first.name === "**") spread ??= first;
    else if (second?.name === "AssignOp" && third) keywords.push({ name: first, value: third });
    else positional.push(first);
  }
  return { positional, keywords, spread };
}

/** A fault at a place in a Python file. */
export function pythonFault(
  source: PythonSource,
  node: { readonly from: number },
  fault: {
    /** the thing at the place; the place alone where it says enough */
    readonly what?: string;
    readonly expected: string;
    readonly got: string;
    readonly hint?: string;
  },
): HexError {
  const { what, ...told } = fault;
  const place = placeOf(source, node);
  return expectation("HEX_CELL_INVALID", {
    ...told,
    place: what === undefined ? place : `${what} at ${place}`,
  });
}
