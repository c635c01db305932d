import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { temporaryFolder } from "./temporary-folder.ts";

/** Runs a program of the tests as a process of its own, as often at once as told. */
export async function runProgram(url: URL, args: readonly string[], copies = 1): Promise<void> {
  const outfile = join(await temporaryFolder(), "program.mjs");
  const entryPoints = [fileURLToPath(url)];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm" });
  const run = () => promisify(execFile)(process.execPath, [outfile, ...args]);
  await Promise.all(Array.from({ length: copies }, run));
}
