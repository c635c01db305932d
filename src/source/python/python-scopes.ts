import type { SyntaxNode } from "@lezer/common";
import { readImport } from "./python-imports.ts";
import { type PythonSource, piecesOf, textOf } from "./python-syntax.ts";

/** The names of a file's outermost scope. */
export interface GlobalNames {
  /** those that it sets anywhere, by assignment, import, definition or else */
  readonly bound: ReadonlySet<string>;
  /** those that it reads, also in functions, each with the first place; in the order written */
  readonly loaded: ReadonlyMap<string, SyntaxNode>;
  /** whether it may set names that are not written: `from x import *` */
  readonly hasStar: boolean;
}

/** Finds the global names that a file sets and reads. */
export function readGlobalNames(source: PythonSource): GlobalNames {
  const module = newScope("module", undefined);
  const search: Search = { source, module, loads: [], hasStar: false, hasTypes: true };
  visitAll(piecesOf(source.top), module, search);
  const loaded = new Map<string, SyntaxNode>();
  for (const { name, node, scope } of search.loads) {
    if (isGlobal(name, scope) && !loaded.has(name)) loaded.set(name, node);
  }
  return { bound: module.bound, loaded, hasStar: search.hasStar };
}

interface Scope {
  readonly kind: "module" | "function" | "class" | "comprehension";
  readonly bound: Set<string>;
  /** names that a `global` statement has led to the module */
  readonly globals: Set<string>;
  readonly parent: Scope | undefined;
}

interface Search {
  readonly source: PythonSource;
  readonly module: Scope;
  readonly loads: { name: string; node: SyntaxNode; scope: Scope }[];
  hasStar: boolean;
  /** whether the types of parameters and names are evaluated */
  hasTypes: boolean;
}

function newScope(kind: Scope["kind"], parent: Scope | undefined): Scope {
  return { kind, bound: new Set(), globals: new Set(), parent };
}

/** Functions do not see the names of the classes around them. */
function isGlobal(name: string, from: Scope): boolean {
  for (let scope: Scope | undefined = from; scope?.parent !== undefined; scope = scope.parent) {
    if (scope.globals.has(name)) return true;
    if (scope.bound.has(name) && (scope === from || scope.kind !== "class")) return false;
  }
  return true;
}

function bind(name: string, scope: Scope, { module }: Search): void {
  (scope.globals.has(name) ? module : scope).bound.add(name);
}

type Visit = (node: SyntaxNode, scope: Scope, search: Search) => void;

/** The nodes that are more than their pieces one after the other. */
const VISITS: Readonly<Record<string, Visit>> = {
  VariableName: (node, scope, search) => {
    search.loads.push({ name: textOf(search.source, node), node, scope });
  },
  TypeDef: (node, scope, search) => {
    if (search.hasTypes) visitPieces(node, scope, search);
  },
  AssignStatement: visitAssignment,
  UpdateStatement: (node, scope, search) => {
    const [target] = piecesOf(node);
    if (target?.name === "VariableName") bindTarget(target, scope, search);
    visitPieces(node, scope, search);
  },
  NamedExpression: (node, scope, search) => {
    const [target, ...others] = piecesOf(node);
    if (target !== undefined) bindOutside(target, scope, search);
    visitAll(others, scope, search);
  },
  ForStatement: (node, scope, search) => {
    visitFor(piecesOf(node), { outer: scope, inner: scope }, search);
  },
  ComprehensionExpression: visitComprehension,
  ArrayComprehensionExpression: visitComprehension,
  SetComprehensionExpression: visitComprehension,
  DictionaryComprehensionExpression: visitComprehension,
  WithStatement: visitAs,
  TryStatement: visitAs,
  ImportStatement: visitImport,
  FunctionDefinition: visitFunction,
  LambdaExpression: visitFunction,
  ClassDefinition: visitClass,
  TypeDefinition: (node, scope, search) => {
    const [, name, ...others] = piecesOf(node);
    if (name !== undefined) bindTarget(name, scope, search);
    visitAll(others, scope, search);
  },
  ScopeStatement: (node, scope, search) => {
    const [kind, ...names] = piecesOf(node);
    if (kind?.name !== "global") return;
    for (const each of names) scope.globals.add(textOf(search.source, each));
  },
  DeleteStatement: (node, scope, search) => {
    const [, ...targets] = piecesOf(node);
    for (const each of targets) bindTarget(each, scope, search);
  },
  CapturePattern: (node, scope, search) => {
    for (const each of piecesOf(node)) bindTarget(each, scope, search);
  },
  AsPattern: visitAs,
  KeywordPattern: (node, scope, search) => visitAll(piecesOf(node).slice(1), scope, search),
  ArgList: visitArguments,
  Decorator: (node, scope, search) => {
    const pieces = piecesOf(node);
    const values = pieces.filter((_, index) => pieces[index - 1]?.name !== ".");
    visitAll(values, scope, search);
  },
};

function visit(node: SyntaxNode, scope: Scope, search: Search): void {
  (VISITS[node.name] ?? visitPieces)(node, scope, search);
}

function visitPieces(node: SyntaxNode, scope: Scope, search: Search): void {
  visitAll(piecesOf(node), scope, search);
}

function visitAll(nodes: readonly SyntaxNode[], scope: Scope, search: Search): void {
  for (const each of nodes) visit(each, scope, search);
}

const GROUPS = new Set(["TupleExpression", "ArrayExpression", "ParenthesizedExpression"]);

/** Sets the names of a target; a part or an element of something else is only read. */
function bindTarget(node: SyntaxNode, scope: Scope, search: Search): void {
  if (node.name === "VariableName") bind(textOf(search.source, node), scope, search);
  else if (GROUPS.has(node.name)) {
    for (const each of piecesOf(node)) bindTarget(each, scope, search);
  } else visit(node, scope, search);
}

/** A name with a type and no value is not set; unless that is how the parser reads a longer target. */
function visitAssignment(node: SyntaxNode, scope: Scope, search: Search): void {
  const pieces = piecesOf(node);
  const last = pieces.findLastIndex(({ name }) => name === "AssignOp");
  const isRead = node.getChild("TypeDef")?.getChild("⚠") == null;
  const isTyped = last === -1 && pieces[0]?.name === "VariableName" && isRead;
  for (const [index, each] of pieces.entries()) {
    const isTarget = each.name !== "TypeDef" && (last === -1 ? !isTyped : index < last);
    if (isTarget) bindTarget(each, scope, search);
    else if (!isTyped || index > 0) visit(each, scope, search);
  }
}

/** What stands between `for` and `in` is set; the first thing gone through is evaluated outside. */
function visitFor(
  pieces: readonly SyntaxNode[],
  { outer, inner }: { readonly outer: Scope; readonly inner: Scope },
  search: Search,
): void {
  let isTarget = false;
  let isFirst = false;
  for (const each of pieces) {
    if (each.name === "for") isTarget = true;
    else if (each.name === "in" && isTarget) {
      isFirst = !pieces.slice(0, pieces.indexOf(each)).some(({ name }) => name === "in");
      isTarget = false;
    } else if (isTarget) bindTarget(each, inner, search);
    else {
      visit(each, isFirst ? outer : inner, search);
      isFirst = false;
    }
  }
}

function visitComprehension(node: SyntaxNode, scope: Scope, search: Search): void {
  visitFor(piecesOf(node), { outer: scope, inner: newScope("comprehension", scope) }, search);
}

/** What follows `as` is set. */
function visitAs(node: SyntaxNode, scope: Scope, search: Search): void {
  let isTarget = false;
  for (const each of piecesOf(node)) {
    if (each.name === "as") isTarget = true;
    else {
      if (isTarget) bindTarget(each, scope, search);
      else visit(each, scope, search);
      isTarget = false;
    }
  }
}

function visitImport(node: SyntaxNode, scope: Scope, search: Search): void {
  for (const { names, local, module } of readImport(search.source, node)) {
    const locals = (names ?? [{ local }]).flatMap((each) => each.local ?? []);
    if (module[0] === "__future__" && locals.includes("annotations")) search.hasTypes = false;
    if (locals.includes("*")) search.hasStar = true;
    else for (const each of locals) bind(each, scope, search);
  }
}

/** A name before `=` is a parameter of what is called, one before `:=` is set. */
function visitArguments(node: SyntaxNode, scope: Scope, search: Search): void {
  const pieces = piecesOf(node);
  // A generator as the only argument needs no brackets of its own.
  if (pieces.some(({ name }) => name === "for")) {
    visitComprehension(node, scope, search);
    return;
  }
  for (const [index, each] of pieces.entries()) {
    const after = pieces[index + 1];
    if (after?.name !== "AssignOp") visit(each, scope, search);
    else if (textOf(search.source, after) === ":=") bindOutside(each, scope, search);
  }
}

/** What is set within a comprehension is a name of what is around it. */
function bindOutside(target: SyntaxNode, scope: Scope, search: Search): void {
  let outer = scope;
  while (outer.kind === "comprehension" && outer.parent !== undefined) outer = outer.parent;
  bindTarget(target, outer, search);
}

/** Defaults, types and decorators are evaluated outside of the function. */
function visitFunction(node: SyntaxNode, scope: Scope, search: Search): void {
  const inner = newScope("function", scope);
  for (const each of piecesOf(node)) {
    if (each.name === "VariableName" && node.name === "FunctionDefinition") {
      bindTarget(each, scope, search);
    } else if (each.name === "TypeParamList") visitTypeParameters(each, inner, search);
    else if (each.name === "ParamList") visitParameters(each, { outer: scope, inner }, search);
    else visit(each, each.name === "TypeDef" ? scope : inner, search);
  }
}

function visitTypeParameters(list: SyntaxNode, inner: Scope, search: Search): void {
  for (const each of list.getChildren("TypeParam")) {
    const [name, ...others] = piecesOf(each);
    if (name !== undefined) bindTarget(name, inner, search);
    visitAll(others, inner, search);
  }
}

function visitParameters(
  list: SyntaxNode,
  { outer, inner }: { readonly outer: Scope; readonly inner: Scope },
  search: Search,
): void {
  let isName = true;
  for (const each of piecesOf(list)) {
    if (each.name === "VariableName" && isName) {
      bindTarget(each, inner, search);
      isName = false;
    } else if (each.name === ",") isName = true;
    else visit(each, outer, search);
  }
}

function visitClass(node: SyntaxNode, scope: Scope, search: Search): void {
  const inner = newScope("class", scope);
  for (const each of piecesOf(node)) {
    if (each.name === "VariableName") bindTarget(each, scope, search);
    else if (each.name === "TypeParamList") visitTypeParameters(each, inner, search);
    else visit(each, each.name === "Body" ? inner : scope, search);
  }
}
