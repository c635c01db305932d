import { dirname, join } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import type { WrittenPath } from "../code/written-path.ts";
import { inParentheses, readPythonText } from "./python-literal.ts";
import { argumentsOf, type PythonSource, piecesOf, textOf } from "./python-syntax.ts";

export interface PythonPathScope {
  readonly source: PythonSource;
  /** absolute path of the file */
  readonly path: string;
  /** the folder in which cells run */
  readonly projectDirectory: string;
  /** what names are set to that are set once, by name */
  readonly constants: ReadonlyMap<string, SyntaxNode>;
}

/** Longer chains of names name no file. */
const DEPTH = 12;

type Read = (node: SyntaxNode | undefined) => WrittenPath | undefined;

/**
 * The path that an expression comes to, as far as it is written out:
 *   "data/x.csv" · Path("data") / "x.csv" · Path(__file__).parent / "x.csv" · os.path.join("data", "x.csv")
 *   f"{DATA}/x.csv" · "data/" + "x.csv" · a name that is set once to one of these
 */
export function readPythonPath(
  node: SyntaxNode,
  scope: PythonPathScope,
  depth = DEPTH,
): WrittenPath | undefined {
  if (depth === 0) return undefined;
  const text = readPythonText(scope.source, node);
  if (text !== undefined) return { kind: "text", text };
  const read: Read = (each) => each && readPythonPath(each, scope, depth - 1);
  switch (node.name) {
    case "VariableName":
      return readName(textOf(scope.source, node), scope, read);
    case "ParenthesizedExpression":
      return read(inParentheses(node));
    case "BinaryExpression":
      return readJoined(node, scope, read);
    case "FormatString":
      return readFormat(node, scope, read);
    case "MemberExpression":
      return readMember(node, scope, read);
    case "CallExpression":
      return readCall(node, scope, read);
    default:
      return undefined;
  }
}

function readName(name: string, { path, constants }: PythonPathScope, read: Read) {
  return name === "__file__" ? own(path) : read(constants.get(name));
}

/** `Path("data") / "x.csv"` and `"data/" + "x.csv"`. */
function readJoined(node: SyntaxNode, { source }: PythonPathScope, read: Read) {
  const [left, operator, right] = piecesOf(node);
  const [first, second] = [read(left), read(right)];
  if (operator === undefined || first === undefined || second?.kind !== "text") return undefined;
  const written = textOf(source, operator);
  if (written === "/") return joined(first, [second.text]);
  return written === "+" ? appended(first, second.text) : undefined;
}

/** A text with replacements, each of which is a path or a text as well. */
function readFormat(node: SyntaxNode, { source }: PythonPathScope, read: Read) {
  let whole: WrittenPath = { kind: "text", text: "" };
  for (const each of formatPieces(source, node)) {
    const part: WrittenPath | undefined =
      typeof each === "string" ? { kind: "text", text: each } : read(each);
    if (part === undefined) return undefined;
    const isStart = whole.kind === "text" && whole.text === "";
    if (part.kind !== "text" && !isStart) return undefined;
    whole = part.kind === "text" ? appended(whole, part.text) : part;
  }
  return whole;
}

/** What is replaced, and the texts between, which are in no node; a format is no value of a name. */
function* formatPieces(source: PythonSource, node: SyntaxNode): Iterable<string | SyntaxNode> {
  const [start = ""] = /^[A-Za-z]*("""|'''|"|')/.exec(textOf(source, node)) ?? [];
  const quote = start.replace(/^[A-Za-z]*/, "");
  let from = node.from + start.length;
  for (const each of piecesOf(node)) {
    yield source.text.slice(from, each.from);
    const [, value, ...others] = piecesOf(each);
    yield value !== undefined && others.length === 1 ? value : each;
    from = each.to;
  }
  yield source.text.slice(from, node.to - quote.length);
}

/** `.parent` and `.parents[1]` of a path; what follows a dot in other objects is not known. */
function readMember(node: SyntaxNode, { source }: PythonPathScope, read: Read) {
  const [object, ...others] = piecesOf(node);
  const property = others.map((each) => textOf(source, each)).join("");
  if (property === ".parent") return above(read(object), 1);
  const [, level] = /^\[(\d)\]$/.exec(property) ?? [];
  if (level === undefined || object?.name !== "MemberExpression") return undefined;
  const [inner, ...rest] = piecesOf(object);
  const isParents = rest.map((each) => textOf(source, each)).join("") === ".parents";
  return isParents ? above(read(inner), Number(level) + 1) : undefined;
}

/** Functions that give what they get, as far as a path goes. */
const SAME = new Set(["str", "fspath", "abspath", "realpath", "normpath", "expanduser"]);
/** Methods of a path that give the same one. */
const SAME_METHOD = new Set(["resolve", "absolute", "as_posix", "expanduser"]);
const PATHS = new Set(["Path", "PurePath", "PosixPath", "PurePosixPath"]);

function readCall(node: SyntaxNode, scope: PythonPathScope, read: Read): WrittenPath | undefined {
  const [callee, list] = piecesOf(node);
  if (callee === undefined || list?.name !== "ArgList") return undefined;
  const name = lastName(scope.source, callee);
  const parts = argumentsOf(list).positional.map(read);
  if (CURRENT.has(name) && parts.length === 0) return own(scope.projectDirectory);
  const object = callee.name === "MemberExpression" ? read(piecesOf(callee)[0]) : undefined;
  if (object === undefined) return readFunction(name, parts, scope);
  if (SAME_METHOD.has(name)) return object;
  return name === "joinpath" ? joinedAll(object, parts) : undefined;
}

const CURRENT = new Set(["cwd", "getcwd"]);

type Parts = readonly (WrittenPath | undefined)[];

function readFunction(
  name: string,
  [first, ...others]: Parts,
  scope: PythonPathScope,
): WrittenPath | undefined {
  if (first === undefined) return undefined;
  if (SAME.has(name)) return first;
  if (name === "dirname") return above(first, 1);
  if (name === "join") return joinedAll(first, others);
  return PATHS.has(name) ? joinedAll(toPlace(first, scope), others) : undefined;
}

function joinedAll(path: WrittenPath, parts: Parts): WrittenPath | undefined {
  const texts = parts.flatMap((each) => (each?.kind === "text" ? [each.text] : []));
  return texts.length === parts.length ? joined(path, texts) : undefined;
}

/** The last name of what is called: `read_csv` of `pd.read_csv`. */
export function lastName(source: PythonSource, callee: SyntaxNode): string {
  const last = callee.name === "MemberExpression" ? piecesOf(callee).at(-1) : callee;
  return last?.name === "PropertyName" || last?.name === "VariableName" ? textOf(source, last) : "";
}

/** `Path("data")` is a path for sure, below the folder in which cells run. */
function toPlace(path: WrittenPath, { projectDirectory }: PythonPathScope): WrittenPath {
  if (path.kind === "place") return path;
  return { kind: "place", path: join(projectDirectory, path.text), isOwn: path.text === "." };
}

function joined(path: WrittenPath, parts: readonly string[]): WrittenPath {
  if (parts.length === 0) return path;
  // As Python does: an absolute part takes the place of all before it.
  const last = parts.findLastIndex((each) => each.startsWith("/"));
  if (last !== -1) return { kind: "place", path: join(...parts.slice(last)), isOwn: false };
  if (path.kind !== "place") return { kind: "text", text: join(path.text, ...parts) };
  return { kind: "place", path: join(path.path, ...parts), isOwn: false };
}

function appended(path: WrittenPath, text: string): WrittenPath {
  if (path.kind !== "place") return { kind: "text", text: path.text + text };
  return { kind: "place", path: path.path + text, isOwn: false };
}

function above(path: WrittenPath | undefined, levels: number): WrittenPath | undefined {
  if (path === undefined || levels === 0) return path;
  return above(
    path.kind === "place"
      ? { ...path, path: dirname(path.path) }
      : { ...path, text: dirname(path.text) },
    levels - 1,
  );
}

function own(path: string): WrittenPath {
  return { kind: "place", path, isOwn: true };
}
