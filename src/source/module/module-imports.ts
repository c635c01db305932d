import { type Import, init, parse } from "es-module-lexer";

/** One import in compiled code. */
export interface FoundImport {
  readonly specifier: string;
  /** what it asks for by name: `default`, other names, or `*`; empty when nothing is named */
  readonly names: readonly string[];
  /** where the specifier stands in the code, without quotes */
  readonly start: number;
  readonly end: number;
  /** whether the code there has to be quoted when it is replaced */
  readonly quoted: boolean;
}

export interface ModuleImports {
  readonly imports: readonly FoundImport[];
  /** where `import.meta` stands in the code */
  readonly metas: readonly number[];
  readonly isModule: boolean;
}

const META = "import.meta";

/** As long as what it replaces, so that no column moves. */
const META_CALL = "__hexMeta()";

export async function readImports(code: string): Promise<ModuleImports> {
  await init();
  const [found, , , isModule] = parse(code);
  const imports = found.flatMap((each) => toFoundImport(code, each));
  const metas = found.filter(({ type }) => type === "import-meta").map(({ start }) => start);
  return { imports, metas, isModule };
}

/**
 * Replaces specifiers and, where the module asks for it, `import.meta` by that of the original.
 * `replace` gives the new specifier, or undefined to leave an import as it is.
 */
export function rewriteImports(
  code: string,
  { imports, metas }: ModuleImports,
  original: { readonly path: string; readonly url: string; readonly directory: string },
  replace: (found: FoundImport) => string | undefined,
): string {
  const edits = metas.map((start) => ({ start, end: start + META.length, text: META_CALL }));
  for (const each of imports) {
    const specifier = replace(each);
    if (specifier === undefined) continue;
    const text = JSON.stringify(specifier);
    edits.push({ start: each.start, end: each.end, text: each.quoted ? text : text.slice(1, -1) });
  }
  edits.sort((left, right) => left.start - right.start);
  let rewritten = "";
  let done = 0;
  for (const { start, end, text } of edits) {
    rewritten += code.slice(done, start) + text;
    done = end;
  }
  return rewritten + code.slice(done) + (metas.length > 0 ? toMetaFunction(original) : "");
}

/** Stands at the end of the module, where it moves no line; functions are known from the start. */
function toMetaFunction(original: { path: string; url: string; directory: string }): string {
  const { path, url, directory } = original;
  const own = JSON.stringify({ url, filename: path, dirname: directory });
  return `
function __hexMeta() {
  const meta = import.meta;
  if (meta.url === ${JSON.stringify(url)}) return meta;
  const find = meta.resolve;
  const resolve = (name) => /^\\.{0,2}\\//.test(name) ? new URL(name, ${JSON.stringify(url)}).href : find(name);
  return Object.assign(meta, ${own}, { resolve });
}
`;
}

function toFoundImport(code: string, found: Import): FoundImport[] {
  if (found.type === "import-meta" || found.specifier === undefined) return [];
  const { start, end, specifier } = found;
  if (found.type === "dynamic") {
    return found.glob ? [] : [{ specifier, names: [], start, end, quoted: true }];
  }
  const names = readNames(code.slice(found.importStart, found.importEnd));
  return [{ specifier, names, start, end, quoted: false }];
}

/** The imported names of a statement, as the compiler prints it. */
function readNames(statement: string): string[] {
  const [head = ""] = statement.split(/["']/, 1);
  const start = /^(?:import|export)\s+/.exec(head)?.[0].length;
  const end = head.lastIndexOf("from");
  if (start === undefined || end < start) return [];
  const clause = head.slice(start, end);
  if (clause.includes("*")) return ["*"];
  const [first = "", listed] = clause.split(/[{}]/);
  const names = (listed ?? "").split(",").map((each) => each.trim().split(/\s/, 1)[0] ?? "");
  const hasDefault = first.trim().length > 0;
  return [...(hasDefault ? ["default"] : []), ...names.filter((name) => name !== "")];
}
