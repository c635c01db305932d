import type { SyntaxNode } from "@lezer/common";
import { readPythonText } from "./python-literal.ts";
import { argumentsOf, nodesOf, type PythonSource, piecesOf, textOf } from "./python-syntax.ts";

/** One module that a file imports. */
export interface PythonImport {
  /** the number of dots before its name: 0 for a module that is looked for on the path */
  readonly level: number;
  /** its name in parts; none for `from . import x` */
  readonly module: readonly string[];
  /** what is taken from it; undefined where it is taken whole */
  readonly names: readonly ImportedName[] | undefined;
  /** the name under which the file has it, when it is taken whole */
  readonly local: string | undefined;
  /** where it stands */
  readonly node: SyntaxNode;
}

interface ImportedName {
  /** `*` for all */
  readonly name: string;
  readonly local: string;
}

/** All imports of a file, those in functions as well, and modules that it loads by a written name. */
export function importsOf(source: PythonSource): PythonImport[] {
  const found: PythonImport[] = [];
  for (const node of nodesOf(source.top)) {
    if (node.name === "ImportStatement") found.push(...readImport(source, node));
    if (node.name === "CallExpression") found.push(...readCall(source, node));
  }
  return found;
}

/** What an import statement imports. */
export function readImport(source: PythonSource, node: SyntaxNode): PythonImport[] {
  const pieces = piecesOf(node);
  const isFrom = pieces[0]?.name === "from";
  const split = pieces.findIndex(({ name }) => name === "import");
  const imported = toNames(source, pieces.slice(split + 1));
  if (!isFrom) {
    return imported.map(({ parts, as }) => {
      return { level: 0, module: parts, names: undefined, local: as ?? parts[0], node };
    });
  }
  const parts = pieces.slice(1, split).filter(({ name }) => name === "VariableName");
  const names = imported.map(({ parts: [name = "*"], as }) => ({ name, local: as ?? name }));
  return [
    {
      level: countDots(source, node, parts[0] ?? pieces[split]),
      module: parts.map((each) => textOf(source, each)),
      names,
      local: undefined,
      node,
    },
  ];
}

interface NamedPart {
  readonly parts: readonly string[];
  readonly as: string | undefined;
}

/** `a.b as c, d`: dotted names, each maybe under another one. */
function toNames(source: PythonSource, pieces: readonly SyntaxNode[]): NamedPart[] {
  const items: SyntaxNode[][] = [[]];
  for (const each of pieces) {
    if (each.name === ",") items.push([]);
    else items.at(-1)?.push(each);
  }
  return items.flatMap((item) => {
    const as = item.findIndex(({ name }) => name === "as");
    const toTexts = (nodes: readonly SyntaxNode[]) =>
      nodes
        .filter(({ name }) => name === "VariableName" || name === "*")
        .map((each) => textOf(source, each));
    const parts = toTexts(as === -1 ? item : item.slice(0, as));
    return parts.length === 0
      ? []
      : [{ parts, as: as === -1 ? undefined : toTexts(item.slice(as))[0] }];
  });
}

function countDots(
  source: PythonSource,
  { from }: SyntaxNode,
  end: SyntaxNode | undefined,
): number {
  const before = source.text.slice(from, end?.from ?? from);
  return before.replace(/^from/, "").replaceAll(/[^.]/g, "").length;
}

const LOADERS = /(^|\.)(import_module|__import__|run_module)$/;

/** `importlib.import_module("a.b")` and its like, where the name is written out. */
function readCall(source: PythonSource, node: SyntaxNode): PythonImport[] {
  const [callee, list] = piecesOf(node);
  if (callee === undefined || list?.name !== "ArgList") return [];
  const [name] = LOADERS.test(textOf(source, callee)) ? argumentsOf(list).positional : [];
  const written = name && readPythonText(source, name);
  if (written === undefined || !/^[\w.]+$/.test(written)) return [];
  const level = /^\.*/.exec(written)?.[0].length ?? 0;
  const module = written.slice(level).split(".");
  return [{ level, module, names: undefined, local: undefined, node }];
}
