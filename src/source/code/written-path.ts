import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  argumentsOf,
  calleeName,
  isSyntaxNode,
  type SyntaxNode,
  textOf,
  withoutNotes,
} from "./syntax-tree.ts";

/** A path as code writes it out. */
export type WrittenPath =
  /** a text: below the folder in which the process runs, or beside the module */
  | { readonly kind: "text"; readonly text: string }
  /** a word of a longer text, such as a command line: a file only where there is one */
  | { readonly kind: "word"; readonly text: string }
  /** absolute; `isOwn`: the module's own path or folder, which names nothing yet */
  | { readonly kind: "place"; readonly path: string; readonly isOwn: boolean };

export interface PathScope {
  /** absolute path of the module */
  readonly path: string;
  /** the folder in which cells run */
  readonly projectDirectory: string;
  /** what constants are set to, by name */
  readonly constants: ReadonlyMap<string, SyntaxNode>;
}

/** Longer chains of constants name no file. */
const DEPTH = 8;

/**
 * The path that an expression comes to, as far as it is written out:
 *   "data/x.csv" · new URL("../x.csv", import.meta.url) · new URL("x.csv", ROOT)
 *   join(import.meta.dirname, "x.csv") · fileURLToPath(…) · dirname(…) · a constant set to one of these
 */
export function readPath(
  written: SyntaxNode,
  scope: PathScope,
  depth = DEPTH,
): WrittenPath | undefined {
  if (depth === 0) return undefined;
  const node = withoutNotes(written);
  const text = textOf(node);
  if (text !== undefined) return { kind: "text", text };
  const read = (each: SyntaxNode | undefined) => each && readPath(each, scope, depth - 1);
  switch (node.type) {
    case "Identifier":
      return readName(String(node["value"]), scope, read);
    case "MemberExpression":
      return readMember(node, scope, read);
    case "NewExpression":
      return calleeName(node["callee"]) === "URL" ? readUrl(argumentsOf(node), read) : undefined;
    case "CallExpression":
      return readCall(node, scope, read);
    default:
      return undefined;
  }
}

type Read = (node: SyntaxNode | undefined) => WrittenPath | undefined;

function readName(name: string, { path, constants }: PathScope, read: Read) {
  if (name === "__dirname") return own(dirname(path));
  if (name === "__filename") return own(path);
  return read(constants.get(name));
}

function readMember(node: SyntaxNode, { path }: PathScope, read: Read): WrittenPath | undefined {
  const object = node["object"];
  const property = calleeName(node["property"]);
  if (!isSyntaxNode(object)) return undefined;
  if (object.type !== "MetaProperty") {
    return property === "href" || property === "pathname" ? unlessText(read(object)) : undefined;
  }
  if (property === "url" || property === "filename") return own(path);
  return property === "dirname" ? own(dirname(path)) : undefined;
}

function readUrl([name, base]: readonly SyntaxNode[], read: Read): WrittenPath | undefined {
  const [first, second] = [read(name), read(base)];
  if (base === undefined) return unlessText(first);
  if (first?.kind !== "text" || second?.kind !== "place") return undefined;
  try {
    const url = new URL(first.text, pathToFileURL(second.path));
    return url.protocol === "file:" ? toPlace(fileURLToPath(url)) : undefined;
  } catch {
    // It is no URL: calling it fails when the cell runs.
    return undefined;
  }
}

/** Functions that give what they get, as far as a path goes. */
const SAME = new Set(["fileURLToPath", "pathToFileURL", "String", "normalize", "toNamespacedPath"]);

function readCall(
  node: SyntaxNode,
  { projectDirectory }: PathScope,
  read: Read,
): WrittenPath | undefined {
  const name = calleeName(node["callee"]) ?? "";
  const parts = argumentsOf(node);
  if (name === "cwd" && parts.length === 0) return own(projectDirectory);
  const [first, ...others] = parts.map(read);
  if (SAME.has(name)) return first;
  if (name === "dirname" && first?.kind === "place") {
    return { ...first, path: dirname(first.path) };
  }
  if (name !== "join" && name !== "resolve") return undefined;
  const texts = others.map((each) => (each?.kind === "text" ? each.text : undefined));
  if (first === undefined || texts.includes(undefined)) return undefined;
  const joined = (from: string) => join(from, ...texts.map(String));
  if (first.kind !== "place") return { kind: "text", text: joined(first.text) };
  return texts.length === 0 ? first : toPlace(joined(first.path));
}

function own(path: string): WrittenPath {
  return { kind: "place", path, isOwn: true };
}

function toPlace(path: string): WrittenPath {
  return { kind: "place", path, isOwn: false };
}

function unlessText(path: WrittenPath | undefined): WrittenPath | undefined {
  return path?.kind === "place" ? path : undefined;
}
