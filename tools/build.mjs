// Bundles the package: one file a command, shared code in chunks, so that a run loads only what it needs.
import { chmod, readdir, readFile, rm } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writePageAssets } from "./write-page-assets.mjs";
import { writeWheel } from "./write-wheel.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, "utf8"));

// CommonJS libraries inside an ES module bundle still call `require` for Node's own modules.
const requireForCommonJs =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    hex: "src/cli/hex.ts",
    index: "src/index.ts",
    // the program of run processes
    "run-child": "src/kernel/run-child.ts",
  },
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  conditions: ["hex-source"],
  // measured: a run starts 6 % faster than with names kept
  minify: true,
  legalComments: "linked",
  // native code, and the optional peer: found at run time in node_modules; pg-native is never asked for
  external: ["@duckdb/node-api", "@swc/core", "danfojs-node", "libsql", "pg-native"],
  banner: { js: requireForCommonJs },
  logLevel: "warning",
  metafile: true,
});
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
  ...forBrowsers,
  entryPoints: { page: "src/page/browser/main.tsx" },
  outdir: "dist/page",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  splitting: true,
  metafile: true,
});
// The page as a file that is sent around: all of its code in one piece.
await build({
  ...forBrowsers,
  entryPoints: { exported: "src/page/browser/exported.tsx" },
  outdir: "dist/exported",
});
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
