import {
  argumentsOf,
  calleeName,
  isSyntaxNode,
  piecesOf,
  type SyntaxNode,
  textOf,
} from "./syntax-tree.ts";
import { type PathScope, readPath, type WrittenPath } from "./written-path.ts";

/** Paths, packages and commands that a module names by literal texts. */
export interface CodeNames {
  /** what it imports, as written */
  readonly imports: readonly string[];
  /** what it requires, as written */
  readonly requires: readonly string[];
  /** files that it may read or run */
  readonly named: readonly WrittenPath[];
  /** files that it writes: what it makes itself is not what it hangs on */
  readonly written: readonly WrittenPath[];
}

/** Finds what a parsed module names. */
export function findCodeNames(module: SyntaxNode, place: Omit<PathScope, "constants">): CodeNames {
  const found: Found = { imports: [], requires: [], named: [], written: [] };
  visit(module, { scope: { ...place, constants: findConstants(module) }, found });
  return found;
}

type Found = { [Kind in keyof CodeNames]: CodeNames[Kind][number][] };

interface Search {
  readonly scope: PathScope;
  readonly found: Found;
}

function visit(node: SyntaxNode, search: Search): void {
  switch (node.type) {
    // `export const` and `export default` have other types.
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
      noteImport(node, search);
      return;
    case "CallExpression":
      visitCall(node, search);
      return;
    case "KeyValueProperty":
      // A key is no file.
      if (isSyntaxNode(node["value"])) visit(node["value"], search);
      return;
    case "TemplateElement":
      noteWords(String(node["cooked"] ?? ""), search);
      return;
    default:
      if (!notePath(node, search)) visitPieces(node, search);
  }
}

function visitPieces(node: SyntaxNode, search: Search): void {
  for (const each of piecesOf(node)) visit(each, search);
}

function noteImport({ source, typeOnly }: SyntaxNode, { found }: Search): void {
  const specifier = isSyntaxNode(source) && typeOnly !== true ? textOf(source) : undefined;
  if (specifier !== undefined) found.imports.push(specifier);
}

/** Notes a path that is written out; the texts that it is made of are no paths of their own. */
function notePath(node: SyntaxNode, { scope, found }: Search): boolean {
  // What a constant is set to is named where it is set.
  if (node.type === "Identifier" || node.type === "MemberExpression") return false;
  const path = readPath(node, scope);
  if (path === undefined) return false;
  if (path.kind !== "place" || !path.isOwn) found.named.push(path);
  if (path.kind === "text") noteWords(path.text, { found });
  return true;
}

/** Separators between the words of a command line. */
const BETWEEN_WORDS = /[\s"'`;|&<>()=,]+/;
const LONGEST_TEXT = 10_000;

/** Notes what may be files in a text: `node scripts/make.mjs`, or the end of a path put together. */
export function noteWords(
  text: string,
  { found }: { readonly found: { readonly named: WrittenPath[] } },
): void {
  if (text.length > LONGEST_TEXT) return;
  for (const word of text.split(BETWEEN_WORDS)) {
    const name = word.replace(/^[\\/]+/, "");
    const isOther = name !== text && /[^.\\/]\.\w+$/.test(name);
    if (isOther) found.named.push({ kind: "word", text: name });
  }
}

function visitCall(node: SyntaxNode, search: Search): void {
  if (noteLoad(node, search)) return;
  const written = writtenBy(node);
  for (const each of written) noteWritten(each, search);
  if (notePath(node, search)) return;
  for (const each of piecesOf(node)) if (!written.includes(each)) visit(each, search);
}

/** Notes what `import("…")` and `require("…")` name. */
function noteLoad(node: SyntaxNode, { found }: Search): boolean {
  const callee = node["callee"];
  const [first] = argumentsOf(node);
  const specifier = first && textOf(first);
  if (specifier === undefined || !isSyntaxNode(callee)) return false;
  const isImport = callee.type === "Import";
  if (!isImport && !isRequire(callee)) return false;
  found[isImport ? "imports" : "requires"].push(specifier);
  return true;
}

function isRequire(callee: SyntaxNode): boolean {
  if (callee.type === "Identifier") return callee["value"] === "require";
  const { object } = callee;
  return (
    callee.type === "MemberExpression" &&
    isSyntaxNode(object) &&
    ((calleeName(object) === "require" && calleeName(callee) === "resolve") ||
      (calleeName(object) === "module" && calleeName(callee) === "require"))
  );
}

/** Names of functions that write, by what of their arguments they write. */
const WRITES_FIRST =
  /^(write\w*|append\w*|output\w+|createWriteStream|mkdir|mkdtemp|rm|rmdir|unlink|truncate|rename|utimes|chmod)(Sync)?$/;
const WRITES_SECOND = /^(rename|copyFile|copy|cp|link|symlink)(Sync)?$/;

/** The arguments of a call that it writes to, as far as its name tells. */
function writtenBy(node: SyntaxNode): SyntaxNode[] {
  const name = calleeName(node["callee"]) ?? "";
  const [first, second] = argumentsOf(node);
  const isOpenedToWrite =
    /^open(Sync)?$/.test(name) && second !== undefined && /[wa+]/.test(textOf(second) ?? "");
  const written = WRITES_FIRST.test(name) || isOpenedToWrite ? [first] : [];
  if (WRITES_SECOND.test(name)) written.push(second);
  if (name === "fromCommand") written.push(outputOf(second));
  return written.filter((each) => each !== undefined);
}

/** What an object gives as its `output`: the file that a program writes. */
function outputOf(options: SyntaxNode | undefined): SyntaxNode | undefined {
  for (const { type, key, value } of options?.type === "ObjectExpression"
    ? piecesOf(options)
    : []) {
    const isOutput = isSyntaxNode(key) && key["value"] === "output";
    if (type === "KeyValueProperty" && isOutput && isSyntaxNode(value)) return value;
  }
  return undefined;
}

function noteWritten(node: SyntaxNode, { scope, found }: Search): void {
  const path = readPath(node, scope);
  if (path !== undefined) found.written.push(path);
}

/** Values of constants at any depth; of several with one name the first. */
function findConstants(module: SyntaxNode): ReadonlyMap<string, SyntaxNode> {
  const constants = new Map<string, SyntaxNode>();
  const find = (node: SyntaxNode, isConstant: boolean): void => {
    const { id, init } = node;
    if (isConstant && node.type === "VariableDeclarator" && isSyntaxNode(id)) {
      const name = calleeName(id);
      if (name !== undefined && isSyntaxNode(init) && !constants.has(name))
        constants.set(name, init);
    }
    for (const each of piecesOf(node)) find(each, node["kind"] === "const");
  };
  find(module, false);
  return constants;
}
