import type { SyntaxNode } from "@lezer/common";
import { toProjectPath } from "../cell-files.ts";
import { type CodeNames, noteWords } from "../code/code-names.ts";
import type { WrittenPath } from "../code/written-path.ts";
import { readPythonText } from "./python-literal.ts";
import { lastName, type PythonPathScope, readPythonPath } from "./python-paths.ts";
import {
  argumentsOf,
  nodesOf,
  type PythonArguments,
  type PythonSource,
  piecesOf,
  textOf,
} from "./python-syntax.ts";

/** Finds the files that a Python file names by literal texts: those that it may read, and writes. */
export function findPythonNames(
  source: PythonSource,
  place: Omit<PythonPathScope, "constants" | "source">,
): CodeNames {
  const found: Found = { imports: [], requires: [], named: [], written: [] };
  const constants = findConstants(source);
  visit(source.top, { scope: { ...place, source, constants }, found });
  return found;
}

type Found = { [Kind in keyof CodeNames]: CodeNames[Kind][number][] };

interface Search {
  readonly scope: PythonPathScope;
  readonly found: Found;
}

function visit(node: SyntaxNode, search: Search): void {
  switch (node.name) {
    case "ExpressionStatement":
      // A text that stands alone tells people what the code does.
      if (!isText(node.firstChild)) visitPieces(node, search);
      return;
    case "ImportStatement":
      return;
    case "AssignStatement":
      visitAssignment(node, search);
      return;
    case "DictionaryExpression":
      visitDictionary(node, search);
      return;
    case "CallExpression":
      visitCall(node, search);
      return;
    default:
      if (!notePath(node, search)) visitPieces(node, search);
  }
}

function visitPieces(node: SyntaxNode, search: Search): void {
  for (const each of piecesOf(node)) visit(each, search);
}

function isText(node: SyntaxNode | null): boolean {
  return node !== null && ["String", "ContinuedString"].includes(node.name);
}

/** Where a name is set to a folder, what counts is what the name is used for. */
function visitAssignment(node: SyntaxNode, search: Search): void {
  const pieces = piecesOf(node);
  const value = pieces.pop();
  for (const each of pieces) if (each.name !== "VariableName") visit(each, search);
  if (value === undefined) return;
  const path = readPythonPath(value, search.scope);
  if (path?.kind !== "place") visit(value, search);
  else if (!path.isOwn) search.found.named.push(toText(path, search));
}

/** A text names a folder only where it has a slash, and only below the project. */
function toText(path: WrittenPath & { readonly kind: "place" }, { scope }: Search): WrittenPath {
  const text = toProjectPath(scope.projectDirectory, path.path);
  return text.startsWith("..") ? path : { kind: "text", text };
}

/** A key is no file. */
function visitDictionary(node: SyntaxNode, search: Search): void {
  const pieces = piecesOf(node);
  for (const [index, each] of pieces.entries()) {
    if (!(isText(each) && pieces[index + 1]?.name === ":")) visit(each, search);
  }
}

/** Notes a path that is written out; the texts that it is made of are no paths of their own. */
function notePath(node: SyntaxNode, { scope, found }: Search): boolean {
  const path = readPythonPath(node, scope);
  if (path === undefined) {
    if (node.name === "FormatString") noteWords(textOf(scope.source, node), { found });
    return false;
  }
  // The texts that a name is set to are named where it is set.
  if (node.name === "VariableName" && path.kind === "text") return true;
  if (path.kind !== "place" || !path.isOwn) found.named.push(...withFolder(path));
  if (path.kind === "text") noteText(path.text, found);
  return true;
}

/** The words of a text, such as a query: `COPY … TO 'x.parquet'` writes. */
function noteText(text: string, found: Found): void {
  noteWords(text, { found });
  for (const [, written = ""] of text.matchAll(/\bCOPY\b[^;]*?\bTO\s+'([^']+)'/gi)) {
    found.written.push({ kind: "text", text: written });
  }
}

/** `"data/*.csv"` is any file of the folder. */
function withFolder(path: WrittenPath): readonly WrittenPath[] {
  const text = path.kind === "place" ? path.path : path.text;
  const [, folder] = /^([^*?[\n]*\/)[^\n]*[*?[]/.exec(text) ?? [];
  if (folder === undefined) return [path];
  return [path.kind === "place" ? { ...path, path: folder } : { kind: "text", text: folder }];
}

function visitCall(node: SyntaxNode, search: Search): void {
  const written = writtenBy(node, search);
  for (const each of written) {
    const path = readPythonPath(each, search.scope);
    if (path !== undefined) search.found.written.push(path);
  }
  if (written.length === 0 && notePath(node, search)) return;
  visitUnless(node, written, search);
}

function visitUnless(node: SyntaxNode, left: readonly SyntaxNode[], search: Search): void {
  for (const each of piecesOf(node)) {
    if (left.some(({ from, to }) => from === each.from && to === each.to)) continue;
    if (each.name === "ArgList" || (each.name === "MemberExpression" && left.length > 0)) {
      visitUnless(each, left, search);
    } else visit(each, search);
  }
}

/** Functions that write to the path among their arguments: `to_csv`, `savefig`, `imwrite`, `ExcelWriter`. */
const WRITES =
  /^(to_\w+|write_(?!text|bytes)\w+|sink_\w+|save\w*|export\w*|im(write|save)|\w+Writer|dump|makedirs|mkdir|mkdtemp|remove|unlink|rmdir|rmtree|truncate)$/;
/** Those that read the first, and write to the second. */
const WRITES_SECOND = /^(copy|copy2|copyfile|copytree|move|rename|symlink|link)$/;
/** Methods that write to the path on which they are called. */
const WRITES_ITSELF = /^(write_text|write_bytes|mkdir|touch|unlink|rmdir)$/;
/** Names of the argument that is a path. */
const PATH_ARGUMENT = /^(path\w*|file\w*|fname|f|target|where|dest\w*|excel_writer|buf)$/;

/** What of a call it writes to, as far as its name tells. */
function writtenBy(node: SyntaxNode, { scope }: Search): SyntaxNode[] {
  const [callee, list] = piecesOf(node);
  if (callee === undefined || list?.name !== "ArgList") return [];
  const object = callee.name === "MemberExpression" ? piecesOf(callee)[0] : undefined;
  const isPath = object !== undefined && readPythonPath(object, scope) !== undefined;
  const call = { name: lastName(scope.source, callee), given: argumentsOf(list) };
  const written = isPath ? writtenByPath(scope.source, call, object) : undefined;
  return [written ?? writtenAmong(scope, call)].filter((each) => each !== undefined);
}

interface Call {
  readonly name: string;
  readonly given: PythonArguments;
}

/** The path itself on which a method that writes is called. */
function writtenByPath(
  source: PythonSource,
  { name, given }: Call,
  path: SyntaxNode,
): SyntaxNode | undefined {
  const isWritten = WRITES_ITSELF.test(name) || (name === "open" && opensToWrite(source, given, 0));
  return isWritten ? path : undefined;
}

function writtenAmong(scope: PythonPathScope, { name, given }: Call): SyntaxNode | undefined {
  const { source } = scope;
  if (name === "open") {
    return opensToWrite(source, given, 1) ? pathsAmong(scope, given)[0] : undefined;
  }
  if (WRITES.test(name)) return pathsAmong(scope, given)[0];
  return WRITES_SECOND.test(name) ? pathsAmong(scope, given)[1] : undefined;
}

/** The arguments that are paths, as far as they are written out: by their place, else by their names. */
function pathsAmong(
  scope: PythonPathScope,
  { positional, keywords }: PythonArguments,
): SyntaxNode[] {
  const named = keywords.filter(({ name }) => PATH_ARGUMENT.test(textOf(scope.source, name)));
  return [...positional, ...named.map(({ value }) => value)].filter(
    (each) => readPythonPath(each, scope) !== undefined,
  );
}

function opensToWrite(
  source: PythonSource,
  { positional, keywords }: PythonArguments,
  index: number,
): boolean {
  const keyword = keywords.find(({ name }) => textOf(source, name) === "mode");
  const mode = positional[index] ?? keyword?.value;
  return mode !== undefined && /[wax+]/.test(readPythonText(source, mode) ?? "");
}

/** Values of names that are set in one place only, at any depth. */
function findConstants(source: PythonSource): ReadonlyMap<string, SyntaxNode> {
  const values = new Map<string, SyntaxNode>();
  const changed = new Set<string>();
  for (const node of nodesOf(source.top)) {
    if (node.name !== "AssignStatement" && node.name !== "UpdateStatement") continue;
    const pieces = piecesOf(node).filter(({ name }) => name !== "TypeDef");
    const [target, operator, value] = pieces;
    if (target?.name !== "VariableName") continue;
    const name = textOf(source, target);
    const isPlain = pieces.length === 3 && operator?.name === "AssignOp" && value !== undefined;
    if (!isPlain || values.has(name)) changed.add(name);
    else values.set(name, value);
  }
  for (const each of changed) values.delete(each);
  return values;
}
