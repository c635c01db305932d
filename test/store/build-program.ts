import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { temporaryFolder } from "./temporary-folder.ts";

/** Makes one file of a program of the tests, which Node can run by itself. */
export async function buildProgram(url: URL): Promise<string> {
  const outfile = join(await temporaryFolder(), "program.mjs");
  await build({
    entryPoints: [fileURLToPath(url)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // Native code and what is only loaded when it is asked for.
    external: ["@duckdb/node-api", "danfojs-node", "@aws-sdk/*"],
  });
  return outfile;
}
