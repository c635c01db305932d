import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import * as hex from "../src/index.ts";

const index = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const root = fileURLToPath(new URL("..", import.meta.url));
const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);

const program = ts.createProgram([index], options);
const checker = program.getTypeChecker();
const exported = findExported();
const examples = exported.flatMap(({ name, symbol }) =>
  tagsOf(symbol, "example").map((code) => ({ name, code })),
);

test("every public name and each of its members has a doc text", () => {
  const bare = exported.flatMap(({ name, symbol }) => [
    ...(isDocumented(symbol) ? [] : [name]),
    ...membersOf(symbol).flatMap((member) =>
      isDocumented(member) ? [] : [`${name}.${member.getName()}`],
    ),
  ]);
  expect(bare).toEqual([]);
});

test("every public name has an example", () => {
  const names = new Set(examples.map(({ name }) => name));
  expect(exported.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
});

test("the examples keep the types", () => {
  const files = new Map(examples.map(({ code }, at) => [`${root}src/example-${at}.ts`, code]));
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (path, version, ...rest) => {
    const code = files.get(path);
    if (code === undefined) return read.call(host, path, version, ...rest);
    return ts.createSourceFile(path, toModule(code), version);
  };
  const checked = ts.createProgram({
    rootNames: [...files.keys()],
    options: { ...options, noUnusedLocals: false, verbatimModuleSyntax: false },
    host,
    oldProgram: program,
  });
  const faults = [...files].flatMap(([path, code]) =>
    checked.getSemanticDiagnostics(checked.getSourceFile(path)).map(({ messageText }) => {
      return `${ts.flattenDiagnosticMessageText(messageText, "\n")} in\n${code}`;
    }),
  );
  expect(faults).toEqual([]);
});

describe("the example of", () => {
  test.each(examples)("$name gives what it says", async ({ code }) => {
    const checks = code.replace(/^(.*);\s*\/\/ → (.*)$/gm, "expect(await ($1)).toEqual($2);");
    const { outputText } = ts.transpileModule(`const run = async () => {${checks}\n};`, {
      compilerOptions: { target: ts.ScriptTarget.ES2023 },
    });
    const make = new Function(...Object.keys(hex), "expect", `${outputText}\nreturn run;`);
    await make(...Object.values(hex), expect)();
  });
});

function findExported() {
  const file = program.getSourceFile(index);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error("Expected src/index.ts to be a module");
  return checker.getExportsOfModule(module).map((each) => ({
    name: each.getName(),
    symbol: checker.getAliasedSymbol(each),
  }));
}

function isDocumented(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0;
}

function tagsOf(symbol: ts.Symbol, tag: string): string[] {
  return symbol
    .getJsDocTags(checker)
    .filter(({ name }) => name === tag)
    .map(({ text }) => ts.displayPartsToString(text));
}

/** The members that an author can name: none that are private, internal or inherited. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  return [...(symbol.members?.values() ?? [])].filter((member) => {
    const [declaration] = member.declarations ?? [];
    if (declaration === undefined || ts.isTypeParameterDeclaration(declaration)) return false;
    const name = ts.getNameOfDeclaration(declaration);
    if (name === undefined || ts.isPrivateIdentifier(name)) return false;
    const isMark = ts.isComputedPropertyName(name) && !name.getText().includes("Symbol.");
    return !isMark && tagsOf(member, "internal").length === 0;
  });
}

/** An example as a module that imports all public names. */
function toModule(code: string): string {
  const names = exported.map(({ name }) => name).join(", ");
  return `import { ${names} } from "./index.ts";\n{\n${code}\n}\nexport {};\n`;
}
