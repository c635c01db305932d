// Measures the shape of `src`: `npm run house`. With `--walks` it also builds an instrumented copy and
// counts the files that five everyday walks enter (needs Chromium); with `--lanes` it times the tests;
// with `--list` it names what it counts.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { takeWalks } from "./walks.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const flags = new Set(process.argv.slice(2));

const files = readdirSync(join(root, "src"), { recursive: true })
  .map((file) => `src/${file}`)
  .filter((file) => /\.(tsx?|css)$/.test(file));
const sources = files
  .filter((file) => !file.endsWith(".css"))
  .map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  });

printRooms();
printCount("files with one importer", findOneImporter());
printCount("of these in one folder, at most 60 lines", findSmall());
printCount("exported names that mean two things", findHomonyms());
printCount("records that are a cell", findCells());
printCount("public names and members without doc", findUndocumented());
printCount("circles, types counted", findCircles());
if (flags.has("--walks")) {
  for (const { name, target, entered } of await takeWalks(root)) {
    printCount(`files entered: ${name} (target ${target})`, entered);
  }
}
if (flags.has("--lanes")) for (const lane of ["unit", "world"]) printLane(lane);

function print(line) {
  process.stdout.write(`${line}\n`);
}

function printCount(what, found) {
  print(`${String(found.length).padStart(6)}  ${what}`);
  if (flags.has("--list")) for (const each of found) print(`          ${each}`);
}

/** Files and lines by room; a line belongs to what stands first on it. */
function printRooms() {
  const rooms = new Map();
  for (const file of files) {
    const room = file.split("/").length === 2 ? "(root)" : file.split("/")[1];
    const sums = rooms.get(room) ?? { files: 0, code: 0, comments: 0, imports: 0, css: 0 };
    rooms.set(room, sums);
    sums.files += 1;
    const text = readFileSync(join(root, file), "utf8");
    if (file.endsWith(".css")) sums.css += text.split("\n").filter((line) => line.trim()).length;
    else countLines(file, text, sums);
  }
  const total = { files: 0, code: 0, comments: 0, imports: 0, css: 0 };
  print("room        files   code  comments  imports    css");
  for (const [room, sums] of [...rooms].toSorted(([, a], [, b]) => b.code - a.code)) {
    for (const key of Object.keys(total)) total[key] += sums[key];
    printRoom(room, sums);
  }
  printRoom("all", total);
  print("");
}

function printRoom(room, { files, code, comments, imports, css }) {
  const numbers = [files, code, comments, imports, css];
  const widths = [5, 7, 10, 9, 7];
  print(room.padEnd(12) + numbers.map((n, index) => String(n).padStart(widths[index])).join(""));
}

function countLines(file, text, sums) {
  const imports = toImportLines(sources.find(({ fileName }) => fileName === file));
  let inComment = false;
  for (const [index, whole] of text.split("\n").entries()) {
    const line = whole.trim();
    const kind = imports.has(index)
      ? "imports"
      : inComment || /^\/[/*]/.test(line)
        ? "comments"
        : "code";
    if (line !== "") sums[kind] += 1;
    inComment = (inComment || line.startsWith("/*")) && !line.endsWith("*/");
  }
}

function toImportLines(source) {
  const lines = new Set();
  for (const node of source.statements.filter(ts.isImportDeclaration)) {
    const from = source.getLineAndCharacterOfPosition(node.getStart()).line;
    const to = source.getLineAndCharacterOfPosition(node.end).line;
    for (let line = from; line <= to; line += 1) lines.add(line);
  }
  return lines;
}

/** File -> the files of `src` that import it, be it a type. */
function toImporters() {
  const importers = new Map(sources.map(({ fileName }) => [fileName, new Set()]));
  for (const source of sources) {
    for (const [, specifier] of source.text.matchAll(/(?:from|import|import\()\s*"(\.[^"]+)"/g)) {
      importers.get(relative(".", join(dirname(source.fileName), specifier)))?.add(source.fileName);
    }
  }
  return importers;
}

function findOneImporter() {
  return [...toImporters()].filter(([, users]) => users.size === 1).map(([file]) => file);
}

function findSmall() {
  const importers = toImporters();
  const tested = new Set();
  const tests = execFileSync("git", ["ls-files", "test"], { cwd: root, encoding: "utf8" });
  for (const test of tests.split("\n").filter((file) => /\.tsx?$/.test(file))) {
    for (const [, file] of readFileSync(join(root, test), "utf8").matchAll(/\/(src\/[^"]+)"/g)) {
      tested.add(file);
    }
  }
  return findOneImporter().filter((file) => {
    const [user] = importers.get(file);
    const lines = readFileSync(join(root, file), "utf8").split("\n").length - 1;
    return dirname(user) === dirname(file) && lines <= 60 && !tested.has(file);
  });
}

/** Names that two files export, each its own; the client stands alone and may repeat the server's. */
function findHomonyms() {
  const places = new Map();
  for (const source of sources.filter(({ fileName }) => !fileName.startsWith("src/client/"))) {
    for (const name of toExports(source)) {
      places.set(name, [...(places.get(name) ?? []), source.fileName]);
    }
  }
  const shared = [...places].filter(([, where]) => new Set(where).size > 1);
  return shared.map(([name, where]) => `${name}: ${where.join(", ")}`);
}

function toExports(source) {
  return source.statements
    .filter((node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .flatMap((node) =>
      ts.isVariableStatement(node)
        ? node.declarationList.declarations.map(({ name }) => name.getText())
        : [node.name?.text ?? "default"],
    );
}

/** Records with a `name` of their own whose own name says that they are a cell. */
function findCells() {
  return sources.flatMap((source) =>
    source.statements
      .filter((node) => isCellName(node.name?.text ?? "") && hasName(node))
      .map((node) => `${node.name.text}: ${source.fileName}`),
  );
}

function isCellName(name) {
  return (
    /Cell$/.test(name) ||
    /^Cell(Record|Result|State|Status|Progress|Standing|Source|Node|Facts|Place|File|Shown)/.test(
      name,
    )
  );
}

function hasName(node) {
  const members =
    node.members ?? (ts.isTypeLiteralNode(node.type ?? node) ? node.type.members : []);
  return (members ?? []).some((member) => member.name?.getText() === "name");
}

/** What `src/index.ts` exports, and the members of it that have no doc comment. */
function findUndocumented() {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const index = join(root, "src/index.ts");
  const program = ts.createProgram([index], options);
  const types = program.getTypeChecker();
  const exported = types.getExportsOfModule(
    types.getSymbolAtLocation(program.getSourceFile(index)),
  );
  return exported.flatMap((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? types.getAliasedSymbol(symbol) : symbol;
    const members = [...(target.members?.values() ?? [])].filter(isOwnMember);
    return [target, ...members]
      .filter((each) => each.getDocumentationComment(types).length === 0)
      .map((each) => (each === target ? symbol.name : `${symbol.name}.${each.name}`));
  });
}

function isOwnMember(symbol) {
  const tags = symbol.getJsDocTags().map(({ name }) => name);
  if (symbol.name.startsWith("__") || tags.includes("internal")) return false;
  return (symbol.declarations ?? []).some(
    (node) =>
      (ts.isPropertySignature(node) ||
        ts.isMethodSignature(node) ||
        ts.isMethodDeclaration(node) ||
        ts.isPropertyDeclaration(node) ||
        ts.isGetAccessor(node)) &&
      !ts.isPrivateIdentifier(node.name) &&
      (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) === 0,
  );
}

function findCircles() {
  const args = ["src", "--config", ".dependency-cruiser.mjs", "--output-type", "json"];
  const cruise = spawnSync("node_modules/.bin/depcruise", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  const circles = new Set();
  for (const { source, dependencies } of JSON.parse(cruise.stdout).modules) {
    for (const { circular, cycle } of dependencies.filter((each) => each.circular)) {
      if (circular) circles.add([source, ...cycle.map(({ name }) => name)].toSorted().join(" "));
    }
  }
  return [...circles];
}

function printLane(lane) {
  const start = performance.now();
  const { status } = spawnSync("npx", ["vitest", "run", "--project", lane], { cwd: root });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  print(`${seconds.padStart(6)}  seconds of the lane ${lane}${status === 0 ? "" : " (it failed)"}`);
}
