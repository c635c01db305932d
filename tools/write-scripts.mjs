// Writes the modules that most processes load into a few scripts: one file each, linked ahead, of which
// src/start/load.ts keeps the compiled code. What is left, mostly other people's libraries, stays in modules
// that Node loads one by one.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { runInThisContext } from "node:vm";
import { init, parse } from "es-module-lexer";
import { build, transform } from "esbuild";
import { ScriptPlan } from "./plan-scripts.mjs";
import { intoScript } from "./script-imports.mjs";

/** What the graph of modules starts from. */
const ENTRIES = ["src/cli/main.ts", "src/index.ts", "src/kernel/run-child.ts"];

/** Parameters of a script: see `RunScript` in src/start/load.ts. */
const PARAMETERS = "__load,__import,require,__dirname,__url,__now";

/**
 * Writes the scripts into `dist`, and gives what the rest of the build needs: the modules that each
 * gives, what these export, and the plan, which knows what is left.
 *
 * @param options esbuild's options that everything in `dist` for Node has in common
 */
export async function writeScripts(root, options) {
  await init();
  const plan = new ScriptPlan(await readGraph(options));
  await mkdir(`${root}dist`, { recursive: true });
  const exported = new Map();
  const scripts = {};
  for (const name of plan.names) {
    scripts[name] = plan.givenBy(name);
    const script = { root, name, options, plan, exported };
    await writeScript(script, toNamespaces(scripts[name]));
    const given = new Map(toEntries(await runScript(root, name, exported)));
    // Once more, now that their names are known: objects of plain values are made in no time.
    checkHeld(await writeScript(script, toValues(given)), name, plan);
    for (const [id, namespace] of given) exported.set(id, namespace);
  }
  return { scripts, exported, plan };
}

async function readGraph(options) {
  const { metafile } = await build({
    ...options,
    entryPoints: ENTRIES,
    outdir: "dist/graph",
    splitting: true,
    format: "esm",
    legalComments: "none",
    write: false,
    metafile: true,
  });
  return metafile.inputs;
}

async function writeScript({ root, name, options, plan, exported }, entry) {
  const file = `dist/${name}.cjs`;
  const { metafile } = await build({
    ...options,
    stdin: { contents: entry, resolveDir: root, loader: "ts" },
    outfile: file,
    format: "cjs",
    define: {
      "import.meta.url": "__url",
      "import.meta.dirname": "__dirname",
      // Node makes its object of clocks when it is first asked for, which takes 2 ms.
      "performance.now": "__now",
    },
    banner: { js: `(function(${PARAMETERS}){var module={exports:{}};` },
    footer: { js: "return module.exports.modules})" },
    plugins: [intoScript({ root, name, exported, plan })],
    metafile: true,
  });
  const code = await readFile(`${root}${file}`, "latin1");
  await writeFile(`${root}${file}`, replaceImports(code), "latin1");
  return Object.keys(metafile.outputs[file].inputs);
}

/** Two copies of a module would be two classes of one name, and two states. */
export function checkHeld(ids, name, plan) {
  const wrong = ids.filter((id) => id.startsWith("src/") && plan.holderOf(id) !== name);
  if (wrong.length === 0) return;
  throw new Error(
    `Expected ${wrong.join(", ")} to be in no file but its own, got ${name ?? "a chunk"} as well`,
  );
}

/** The entry of a script: functions that give its modules. */
function toNamespaces(ids) {
  const imports = ids.map((id, index) => `import * as m${index} from "./${id}";`);
  const entries = ids.map((id, index) => `${JSON.stringify(id)}: () => m${index}`);
  return `${imports.join("\n")}\nexport const modules = { ${entries.join(", ")} };`;
}

function toValues(given) {
  const imports = [];
  const entries = [];
  for (const [id, namespace] of given) {
    const names = Object.keys(namespace);
    const toLocal = (at) => `m${entries.length}_${at}`;
    const imported = names.map((name, at) => `${name} as ${toLocal(at)}`);
    imports.push(`import { ${imported.join(", ")} } from "./${id}";`);
    const values = names.map((name, at) => `${name}: ${toLocal(at)}`);
    entries.push(`${JSON.stringify(id)}: () => ({ ${values.join(", ")} })`);
  }
  return `${imports.join("\n")}\nexport const modules = { ${entries.join(", ")} };`;
}

function toEntries(modules) {
  return Object.entries(modules).map(([id, get]) => [id, get()]);
}

/** Scripts are not modules: what they import later is imported by the module that runs them. */
function replaceImports(code) {
  const found = parse(code)[0].filter(({ type }) => type === "dynamic");
  let replaced = code;
  for (const { importStart } of found.toReversed()) {
    const end = importStart + "import".length;
    replaced = `${replaced.slice(0, importStart)}__import${replaced.slice(end)}`;
  }
  return replaced;
}

/** Runs a script to see what its modules export. Nothing in it does anything until it is called. */
async function runScript(root, name, exported) {
  const run = runInThisContext(await readFile(`${root}dist/${name}.cjs`, "latin1"));
  const load = (id) => exported.get(id);
  const refuse = () => Promise.reject(new Error("Expected nothing to be imported by the build"));
  return run(load, refuse, createRequire(`${root}dist/`), "", "file:///", Date.now);
}

/** The command, the program of run processes and the package's index: each asks for one module. */
export async function writePrograms(root, exported) {
  const load = 'import { load } from "./load.js";\n';
  const command = await transform(await readFile(`${root}src/cli/hex.ts`, "utf8"), {
    loader: "ts",
  });
  const main = 'load("src/cli/main.ts")';
  const names = Object.keys(exported.get("src/index.ts"));
  const files = {
    "hex.js": command.code.replace('import("./main.ts")', main).replace("\n", `\n${load}`),
    "run-child.js": `${load}load("src/kernel/run-child.ts").runChild();\n`,
    "index.js": `${load}export const { ${names.join(", ")} } = load("src/index.ts");\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(`${root}dist/${name}`, text);
}
