import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { inject } from "vitest";

const built = new Map<string, Promise<string>>();

/** Modules that others stand in for, by how their paths end. */
type Replaced = Readonly<Record<string, URL>>;

/**
 * Makes one file of a program of the tests, which Node can run by itself; all test files of a run
 * get the same one.
 */
export function buildProgram(url: URL, replaced: Replaced = {}): Promise<string> {
  const entry = fileURLToPath(url);
  const building = built.get(entry) ?? buildOnce(entry, replaced);
  built.set(entry, building);
  return building;
}

async function buildOnce(entry: string, replaced: Replaced): Promise<string> {
  const hash = createHash("sha256").update(entry).digest("hex").slice(0, 8);
  const outfile = join(inject("programsFolder"), `${basename(entry, ".ts")}-${hash}.mjs`);
  if (existsSync(outfile)) return outfile;
  // Other test files may build it at the same time: whoever is last replaces it by its equal.
  const own = `${outfile}.${process.pid}`;
  await build({
    entryPoints: [entry],
    outfile: own,
    bundle: true,
    platform: "node",
    format: "esm",
    plugins: [replacing(replaced)],
    // Native code and what is only loaded when it is asked for.
    external: ["@duckdb/node-api", "@swc/core", "danfojs-node", "@aws-sdk/*", "libsql", "ioredis"],
  });
  await rename(own, outfile);
  return outfile;
}

function replacing(replaced: Replaced): Plugin {
  return {
    name: "replacing",
    setup: ({ onResolve }) => {
      onResolve({ filter: /^/ }, ({ path }) => {
        const [, other] = Object.entries(replaced).find(([end]) => path.endsWith(end)) ?? [];
        return other && { path: fileURLToPath(other) };
      });
    },
  };
}
