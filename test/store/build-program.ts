import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { temporaryFolder } from "./temporary-folder.ts";

const packages = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Makes one file of a program of the tests, which Node can run by itself. */
export async function buildProgram(url: URL): Promise<string> {
  const folder = await temporaryFolder();
  const outfile = join(folder, "program.mjs");
  await symlink(packages, join(folder, "node_modules"), "junction");
  await build({
    entryPoints: [fileURLToPath(url)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // Native code and what is only loaded when it is asked for.
    external: [
      "@duckdb/node-api",
      "@swc/core",
      "danfojs-node",
      "@aws-sdk/*",
      "libsql",
      "bullmq",
      "ioredis",
    ],
  });
  return outfile;
}
