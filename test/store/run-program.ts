import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { temporaryFolder } from "./temporary-folder.ts";

/** Runs one of the programs beside this file as a process of its own, as often as told. */
export async function runProgram(name: string, args: readonly string[], copies = 1): Promise<void> {
  const outfile = join(await temporaryFolder(), `${name}.mjs`);
  const entryPoint = join(import.meta.dirname, "programs", `${name}.ts`);
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  const run = () => promisify(execFile)(process.execPath, [outfile, ...args]);
  await Promise.all(Array.from({ length: copies }, run));
}
