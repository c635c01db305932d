import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeProject, type TestProject } from "../fixtures/make-project.ts";

const importCell = 'import { cell } from "hex-runtime";';

/** What is told of the first cell's code after each of some changes. */
async function codeAfter(
  { load, write }: Pick<TestProject, "load" | "write">,
  ...changes: readonly (readonly [file: string, text: string] | (() => Promise<unknown>))[]
) {
  const codes: string[] = [];
  const loaded: string[] = [];
  for (const change of [async () => undefined, ...changes]) {
    if (typeof change === "function") await change();
    else await write(...change);
    const { cells, loadedByNode } = await load();
    codes.push(cells[0]?.ownCode ?? "");
    loaded.push(loadedByNode);
  }
  return { codes, loaded, differing: new Set(codes).size, differingLoaded: new Set(loaded).size };
}

const packageFile = (version: string, more: object = {}) => JSON.stringify({ version, ...more });

test("tells apart the versions of a package", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell} import x from "x/sub"; export default cell(() => x);`,
    "node_modules/x/package.json": packageFile("1.0.0"),
  });
  const { codes, differingLoaded } = await codeAfter(
    project,
    ["node_modules/x/package.json", packageFile("2.0.0")],
    ["node_modules/x/package.json", packageFile("1.0.0")],
  );
  expect(codes[1]).not.toBe(codes[0]);
  expect(codes[2]).toBe(codes[0]);
  expect(differingLoaded).toBe(2);
});

test("tells apart the versions of what a package depends on, nested, hoisted or optional", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell} import x from "@a/x"; export default cell(() => x);`,
    "node_modules/@a/x/package.json": packageFile("1.0.0", {
      dependencies: { y: "*" },
      optionalDependencies: { z: "*", gone: "*" },
      peerDependencies: { w: "*" },
    }),
    "node_modules/@a/x/node_modules/y/package.json": packageFile("1.0.0", {
      dependencies: { deep: "*" },
    }),
    "node_modules/y/package.json": packageFile("9.0.0"),
    "node_modules/deep/package.json": packageFile("1.0.0", { dependencies: { "@a/x": "*" } }),
    "node_modules/z/package.json": packageFile("1.0.0"),
    "node_modules/w/package.json": packageFile("1.0.0"),
  });
  const { codes, differing } = await codeAfter(
    project,
    ["node_modules/deep/package.json", packageFile("1.0.1")],
    ["node_modules/z/package.json", packageFile("1.0.1")],
    ["node_modules/w/package.json", packageFile("1.0.1")],
    ["node_modules/@a/x/node_modules/y/package.json", packageFile("1.0.1")],
    // not the one that it gets
    ["node_modules/y/package.json", packageFile("9.0.1")],
  );
  expect(differing).toBe(5);
  expect(codes[5]).toBe(codes[4]);
});

test("goes by the state file of a package manager for what packages depend on", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell} import x from "x"; export default cell(() => x);`,
    "node_modules/.package-lock.json": "1",
    "node_modules/x/package.json": packageFile("1.0.0", { dependencies: { y: "*" } }),
    "node_modules/y/package.json": packageFile("1.0.0"),
  });
  const { files } = await project.load();
  expect(files.filter((file) => file.startsWith("node_modules"))).toEqual([
    "node_modules/x/package.json",
    "node_modules/.package-lock.json",
  ]);
  await project.write("node_modules/y/package.json", packageFile("1.0.1"));
  const { differing } = await codeAfter(project, ["node_modules/.package-lock.json", "2"]);
  expect(differing).toBe(2);
});

test("notices that a package is installed that was missing", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell} import x from "x"; export default cell(() => x);`,
  });
  const { differing, differingLoaded } = await codeAfter(project, [
    "node_modules/x/package.json",
    packageFile("1.0.0"),
  ]);
  expect([differing, differingLoaded]).toEqual([2, 2]);
});

test("leaves out packages that are built for one system", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell} import x from "x"; export default cell(() => x);`,
    "node_modules/x/package.json": packageFile("1.0.0", {
      optionalDependencies: { "x-linux": "1", "x-mac": "1" },
    }),
    "node_modules/x-linux/package.json": packageFile("1.0.0", { os: ["linux"] }),
  });
  const { differing } = await codeAfter(
    project,
    ["node_modules/x-mac/package.json", packageFile("1.0.0", { os: ["darwin"] })],
    () => rm(join(project.directory, "node_modules/x-linux"), { recursive: true }),
  );
  expect(differing).toBe(1);
});

test("takes the files of a linked package for code, since its version stays the same", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell} import { n } from "mine/sub"; export default cell(() => n);`,
    "packages/mine/package.json": packageFile("1.0.0", {
      type: "module",
      exports: { "./sub": { import: "./lib/sub.js" } },
    }),
    "packages/mine/lib/sub.js": `export { n } from "./n.js";`,
    "packages/mine/lib/n.js": "export const n = 1;",
  });
  await mkdir(join(project.directory, "node_modules"));
  await symlink("../packages/mine", join(project.directory, "node_modules/mine"));
  const { differing, differingLoaded } = await codeAfter(project, [
    "packages/mine/lib/n.js",
    "export const n = 2;",
  ]);
  expect([differing, differingLoaded]).toEqual([2, 2]);
});

test("knows what a CommonJS helper requires, and what that requires", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell} import help from "../lib/help.cjs"; export default cell(() => help);`,
    "lib/help.cjs": `const { n } = require("./folder"); if (n) with (n) {} module.exports = n;`,
    "lib/folder/index.js": `module.exports = { n: require("../deep"), x: require("x"), fs: require("fs") };`,
    "lib/deep.json": "1",
    "node_modules/x/package.json": packageFile("1.0.0"),
  });
  const { differing, differingLoaded } = await codeAfter(
    project,
    ["lib/deep.json", "2"],
    ["lib/folder/index.js", `module.exports = { n: require("../deep"), x: require("x") };`],
    ["node_modules/x/package.json", packageFile("2.0.0")],
    // now it is found before the others
    ["lib/deep.js", "module.exports = 3;"],
  );
  expect([differing, differingLoaded]).toEqual([5, 5]);
});

test("knows what a module requires through createRequire", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell}
      import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      export default cell(() => require("../lib/n"));`,
    "lib/n.js": "module.exports = 1;",
  });
  expect((await codeAfter(project, ["lib/n.js", "module.exports = 2;"])).differing).toBe(2);
});

test("follows subpath imports, also to TypeScript, and evaluates what they lead to", async () => {
  const project = await makeProject({
    "package.json": JSON.stringify({
      imports: { "#lib/*": { "hex-other": "./no.ts", node: "./lib/*.ts" }, "#x": "x" },
    }),
    "cells/1-one.ts": `${importCell} import { n } from "#lib/n"; import "#x"; export default cell(() => n);`,
    "lib/n.ts": `import { one } from "#lib/one"; export const n: number = one + 1;`,
    "lib/one.ts": "export const one: number = 1;",
    "node_modules/x/package.json": packageFile("1.0.0", { main: "x.js" }),
    "node_modules/x/x.js": "",
  });
  const { cells, load } = await project.load();
  const definition = await load("one");
  expect("compute" in definition && definition.compute({}, undefined as never)).toBe(2);
  const { differing, differingLoaded } = await codeAfter(
    project,
    ["lib/one.ts", "export const one: number = 2;"],
    ["node_modules/x/package.json", packageFile("2.0.0", { main: "x.js" })],
    ["package.json", JSON.stringify({ imports: { "#lib/*": "./lib/*.ts", "#x": "node:fs" } })],
  );
  expect(cells[0]?.ownCode).not.toBe("");
  // TypeScript is compiled anew: nothing of it is kept
  expect([differing, differingLoaded]).toEqual([4, 3]);
});

test("says which subpath import leads to no file", async () => {
  const { load } = await makeProject({
    "package.json": JSON.stringify({ imports: { "#lib/*": "./lib/*.ts" } }),
    "cells/1-one.ts": `${importCell} import { n } from "#lib/n"; export default cell(() => n);`,
  });
  await expect(load()).rejects.toThrow(
    'Expected the import at cells/1-one.ts:1:55 to be a file, got "#lib/n", which does not exist',
  );
});

test("takes a script that a cell starts for code, with what it imports", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell}
      import { execFileSync } from "node:child_process";
      const worker = new URL("../scripts/worker.mjs", import.meta.url);
      export default cell(() => execFileSync("node", ["scripts/make.mjs"]) + execFileSync("python3", ["scripts/make.py"]));`,
    "scripts/make.mjs": `import { n } from "./n.mjs"; console.log(n);`,
    "scripts/n.mjs": "export const n = 1;",
    "scripts/make.py": "print(1)",
  });
  const { codes, differing, loaded } = await codeAfter(
    project,
    ["scripts/make.mjs", `import { n } from "./n.mjs"; console.log(n + 1);`],
    ["scripts/n.mjs", "export const n = 2;"],
    ["scripts/make.py", "print(2)"],
    ["scripts/worker.mjs", ""],
    ["scripts/other.py", ""],
  );
  expect(differing).toBe(5);
  expect(codes[5]).toBe(codes[4]);
  // Another process runs it, each time anew.
  expect(new Set(loaded)).toEqual(new Set([""]));
  expect((await project.load()).cells[0]?.dataFiles).toEqual([]);
});

test("finds files in command lines, and at the ends of paths that are put together", async () => {
  const project = await makeProject({
    "cells/1-one.ts": `${importCell}
      import { execSync, spawnSync } from "node:child_process";
      import { readFileSync } from "node:fs";
      export default cell(() => [
        execSync("node scripts/a.mjs --all"),
        execSync(\`node \${import.meta.dirname}/../scripts/b.mjs\`),
        spawnSync("sh", ["-c", "cd lib && sh ../scripts/c.sh; sh scripts/d.sh"]),
        readFileSync(import.meta.dirname + "/../data/e.txt"),
        readFileSync(\`\${import.meta.dirname}/../data/f.txt\`),
        "a sentence about data/none.txt and v1.2!",
      ].length);`,
    "scripts/a.mjs": "1",
    "scripts/b.mjs": "1",
    "scripts/d.sh": "1",
    "data/e.txt": "1",
    "data/f.txt": "1",
  });
  const { differing } = await codeAfter(
    project,
    ["scripts/a.mjs", "2"],
    ["scripts/b.mjs", "2"],
    ["scripts/d.sh", "2"],
  );
  expect(differing).toBe(4);
  const { cells, files } = await project.load();
  expect(cells[0]?.dataFiles).toEqual(["data/e.txt", "data/f.txt"]);
  expect(files.filter((file) => file.includes("none"))).toEqual([]);
});

test("tells a cell's own code apart from that of the cells above it", async () => {
  const { load, write } = await makeProject({
    "cells/1-one.ts": `${importCell} export default cell(() => 1);`,
    "cells/2-two.ts": `${importCell} import one from "./1-one.ts"; export default cell({ one }, ({ one }) => one);`,
  });
  const before = (await load()).cells;
  await write("cells/1-one.ts", `${importCell} export default cell(() => 2);`);
  const after = (await load()).cells;
  expect(after[1]?.ownCode).toBe(before[1]?.ownCode);
  expect(after[1]?.codeHash).not.toBe(before[1]?.codeHash);
  expect(after[0]?.ownCode).not.toBe(before[0]?.ownCode);
});

test("knows code that surely reads no CSV, by itself or by files and packages that it loads", async () => {
  const { load } = await makeProject({
    "cells/1-plain.ts": `${importCell} export default cell(() => 1);`,
    "cells/2-own.ts": `import { cell, readCsv } from "hex-runtime"; export default cell(() => readCsv("a.csv"));`,
    "cells/3-helped.ts": `${importCell} import { read } from "../read.ts"; export default cell(() => read());`,
    "cells/4-whole.ts": `import * as hex from "hex-runtime"; export default hex.cell(() => 1);`,
    "cells/5-lazy.ts": `${importCell} export default cell(() => import("hex-runtime"));`,
    "cells/6-packed.ts": `${importCell} import x from "x"; export default cell(() => x);`,
    "cells/7-said.md": "readCsv",
    "cells/8-program.ts": `import { cell, fromCommand } from "hex-runtime"; export default cell((_, context) => fromCommand(["x"], { format: "csv", context }));`,
    "read.ts": `import { readCsv } from "hex-runtime"; export const read = () => readCsv("a.csv");`,
    "node_modules/x/package.json": packageFile("1.0.0"),
  });
  const { cells } = await load();
  expect(cells.flatMap(({ name, readsCsv }) => (readsCsv ? name : []))).toEqual([
    "own",
    "helped",
    "whole",
    "lazy",
    "packed",
    "program",
  ]);
});
