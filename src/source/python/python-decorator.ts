import type { SyntaxNode } from "@lezer/common";
import { importsOf } from "./python-imports.ts";
import {
  findError,
  isAtTop,
  nodesOf,
  type PythonSource,
  piecesOf,
  pythonFault,
  textOf,
} from "./python-syntax.ts";

/** The module that ships with this package. */
const RUNTIME = "hex_runtime";

/** A function that is decorated as the cell of its file. */
export interface CachedFunction {
  /** what stands in the brackets of `@cached(…)` */
  readonly list: SyntaxNode;
  readonly function: SyntaxNode;
  readonly name: string;
}

/**
 * The function with `@cached`; undefined in a plain script, which does not import it.
 * @throws {HexError} HEX_CELL_INVALID at what keeps it from being one function
 */
export function findCached(source: PythonSource): CachedFunction | undefined {
  const names = findNames(source);
  const all = [...nodesOf(source.top)].flatMap((node) => {
    const decorator =
      node.name === "DecoratedStatement" ? findDecorator(source, node, names) : undefined;
    return decorator === undefined ? [] : [{ node, decorator }];
  });
  const [first, second] = all;
  if (first === undefined) {
    refuseUnused(source, names);
    return undefined;
  }
  if (second !== undefined) throw secondFault(source, first, second);
  if (!isAtTop(source, first.node)) throw nestedFault(source, first.decorator);
  return toCached(source, first);
}

interface Decorated {
  readonly node: SyntaxNode;
  readonly decorator: SyntaxNode;
}

/** Texts by which the file has the decorator: `cached`, `hex_runtime.cached`, or others that it chose. */
interface DecoratorNames {
  readonly texts: ReadonlySet<string>;
  /** the import of the decorator by name, or of all names */
  readonly importedAt: SyntaxNode | undefined;
}

function findNames(source: PythonSource): DecoratorNames {
  const runtime = importsOf(source).filter(
    ({ level, module }) => level === 0 && module.join(".") === RUNTIME,
  );
  const whole = runtime.flatMap(({ local }) => local ?? []);
  const named = runtime.flatMap(({ names = [], node }) => names.map((each) => ({ ...each, node })));
  const chosen = named.filter(({ name }) => name === "cached");
  const texts = [
    ...whole.map((each) => `${each}.cached`),
    ...chosen.map(({ local }) => local),
    ...(named.some(({ name }) => name === "*") ? ["cached"] : []),
  ];
  return { texts: new Set(texts), importedAt: chosen[0]?.node };
}

function findDecorator(
  source: PythonSource,
  statement: SyntaxNode,
  { texts }: DecoratorNames,
): SyntaxNode | undefined {
  return statement.getChildren("Decorator").find((decorator) => {
    const name = decoratorName(source, decorator);
    return texts.has(name) || (name === "cached" && !isBound(source, "cached"));
  });
}

/** The dotted name of a decorator. */
function decoratorName(source: PythonSource, decorator: SyntaxNode): string {
  return decorator
    .getChildren("VariableName")
    .map((each) => textOf(source, each))
    .join(".");
}

/** Whether the file gets a name from anywhere; `cached` without an import is a forgotten one. */
function isBound(source: PythonSource, name: string): boolean {
  const imported = importsOf(source).flatMap(
    ({ names, local }) => names?.map((each) => each.local) ?? [local],
  );
  const defined = [...nodesOf(source.top)].some(
    (node) =>
      (node.name === "FunctionDefinition" || node.name === "ClassDefinition") &&
      textOf(source, node.getChild("VariableName") ?? node) === name,
  );
  return defined || imported.includes(name) || imported.includes("*");
}

function toCached(source: PythonSource, { node, decorator }: Decorated): CachedFunction {
  const written = decoratorName(source, decorator);
  if (!findNames(source).texts.has(written)) throw forgottenFault(source, decorator);
  const definition = piecesOf(node).at(-1);
  if (definition?.name !== "FunctionDefinition")
    throw noFunctionFault(source, decorator, definition);
  const list = decorator.getChild("ArgList");
  if (list === null) throw noArgumentsFault(source, decorator, written);
  const parameters = definition.getChild("ParamList");
  const broken = findError(decorator) ?? (parameters === null ? definition : findError(parameters));
  if (broken !== undefined) throw syntaxFault(source, broken);
  const name = definition.getChild("VariableName");
  return { list, function: definition, name: name === null ? "" : textOf(source, name) };
}

/** Something else must have been meant by the import; or the parser has lost the decorator. */
function refuseUnused(source: PythonSource, { importedAt, texts }: DecoratorNames): void {
  const broken = texts.size > 0 ? findError(source.top) : undefined;
  if (broken !== undefined) throw syntaxFault(source, broken);
  if (importedAt === undefined) return;
  throw pythonFault(source, importedAt, {
    what: "cached, imported",
    expected: "used as the decorator of a function",
    got: "no function with it",
    hint: 'write @cached("frame/name") above the function that gives the cell\'s frame, or leave out the import',
  });
}

function syntaxFault(source: PythonSource, node: SyntaxNode) {
  const found = source.text.slice(node.from).split("\n", 1)[0]?.trim() ?? "";
  return pythonFault(source, node, {
    expected: "Python that can be read",
    got: found === "" ? "the end of a line" : JSON.stringify(found.slice(0, 40)),
    hint: "`python3 -m py_compile` on the file tells what is wrong",
  });
}

function secondFault(source: PythonSource, first: Decorated, second: Decorated) {
  const line = source.text.slice(0, first.decorator.from).split("\n").length;
  return pythonFault(source, second.decorator, {
    what: "the decorator",
    expected: "the only one of the file: a file is one cell",
    got: `a second one after that in line ${line}`,
    hint: "move the function to a file of its own",
  });
}

function nestedFault(source: PythonSource, decorator: SyntaxNode) {
  return pythonFault(source, decorator, {
    what: "the decorated function",
    expected: "at the top of the file",
    got: "one inside of something else",
    hint: "its name and options must be known before Python is started",
  });
}

function forgottenFault(source: PythonSource, decorator: SyntaxNode) {
  return pythonFault(source, decorator, {
    what: "the decorator",
    expected: "imported",
    got: "a name that the file does not have",
    hint: "write from hex_runtime import cached",
  });
}

function noFunctionFault(
  source: PythonSource,
  decorator: SyntaxNode,
  definition: SyntaxNode | undefined,
) {
  return pythonFault(source, decorator, {
    what: "what the decorator stands above",
    expected: "a function (def)",
    got: definition?.name === "ClassDefinition" ? "a class" : "something else",
  });
}

function noArgumentsFault(source: PythonSource, decorator: SyntaxNode, written: string) {
  return pythonFault(source, decorator, {
    what: "the decorator",
    expected: `called with the name of the frame, @${written}("frame/name")`,
    got: `@${written}`,
  });
}
