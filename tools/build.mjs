// Bundles the package: a few scripts, which hold what most processes load, and chunks for the rest.
import { chmod, readdir, readFile, rm } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { withOneSharedChunk } from "./one-shared-chunk.mjs";
import { intoModule, nodeAtOnce, toLazyName } from "./script-imports.mjs";
import { writePageAssets } from "./write-page-assets.mjs";
import { checkHeld, writePrograms, writeScripts } from "./write-scripts.mjs";
import { writeWheel } from "./write-wheel.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, "utf8"));

// CommonJS libraries inside an ES module bundle still call `require` for Node's own modules.
const requireForCommonJs =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

const forNode = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  conditions: ["hex-source"],
  // its modules, instead of the CommonJS that it has for Node: only what is used, and linked ahead
  alias: { "@uwdata/flechette": "@uwdata/flechette/src/index.js" },
  // measured: a run starts 6 % faster than with names kept
  minify: true,
  legalComments: "linked",
  // native code, and the optional peer: found at run time in node_modules; pg-native is never asked for
  external: ["@duckdb/node-api", "@swc/core", "danfojs-node", "libsql", "pg-native"],
  logLevel: "warning",
};
const { scripts, exported, plan } = await writeScripts(root, forNode);
// What no script holds: each is loaded when it is needed.
const { metafile } = await build({
  ...forNode,
  entryPoints: Object.fromEntries(plan.lazyEntries.map((id) => [toLazyName(id), id])),
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  splitting: true,
  format: "esm",
  banner: { js: requireForCommonJs },
  plugins: [intoModule({ root, exported })],
  metafile: true,
});
for (const { inputs } of Object.values(metafile.outputs))
  checkHeld(Object.keys(inputs), undefined, plan);
// What finds the scripts, and the programs and the package's index, which ask it for their code.
await build({
  ...forNode,
  entryPoints: { load: "src/start/load.ts" },
  outdir: "dist",
  format: "esm",
  define: { SCRIPTS: JSON.stringify(scripts) },
  plugins: [nodeAtOnce],
});
await writePrograms(root, exported);
// The client runs in browsers, too: one file, nothing of Node.
await build({
  absWorkingDir: root,
  entryPoints: { client: "src/client/client.ts" },
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "neutral",
  target: ["es2022", "node20.19"],
  minify: true,
  logLevel: "warning",
});
const forBrowsers = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  conditions: ["hex-source"],
  jsx: "automatic",
  jsxImportSource: "preact",
  // the grid is written for React
  alias: { react: "preact/compat", "react-dom": "preact/compat" },
  minify: true,
  legalComments: "linked",
  logLevel: "warning",
};
// The page: its code in pieces, each fetched when something of its kind is to be shown.
const page = await build({
  ...(await withOneSharedChunk({
    ...forBrowsers,
    entryPoints: {
      page: "src/page/browser/start.ts",
      opening: "src/page/browser/design/opening.css",
    },
    outdir: "dist/page",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    splitting: true,
  })),
  metafile: true,
});
// The page as a file that is sent around: all of its code in one piece.
await build({
  ...forBrowsers,
  entryPoints: { exported: "src/page/browser/exported.tsx" },
  outdir: "dist/exported",
});
// The same page, drawn on the server as it opens: only what a browser would do at once.
await build({
  ...forBrowsers,
  entryPoints: { still: "src/page/browser/still/still.tsx" },
  outdir: "dist/still",
  platform: "neutral",
  mainFields: ["module", "main"],
  target: ["es2022", "node20.19"],
  plugins: [
    {
      name: "nothing-later",
      setup: (builder) =>
        builder.onResolve({ filter: /./ }, ({ path, kind }) =>
          kind === "dynamic-import" ? { path, external: true } : undefined,
        ),
    },
  ],
});
// Compiled code of the builds before is of no use any more.
await rm(`${root}.code-cache`, { recursive: true, force: true });
await removeOldFiles("dist/chunks/", Object.keys(metafile.outputs));
await removeOldFiles(
  "dist/page/",
  await writePageAssets(`${root}dist/page`, page.metafile.outputs),
);
await writeWheel(`${root}python`, version);
await chmod(`${root}dist/hex.js`, 0o755);

/** Removes what earlier builds have left in a folder, only once the new one stands. */
async function removeOldFiles(folder, outputs) {
  const current = new Set(outputs.map((output) => basename(output)));
  for (const name of await readdir(`${root}${folder}`)) {
    if (!current.has(name)) await rm(`${root}${folder}${name}`);
  }
}
