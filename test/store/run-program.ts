import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { buildProgram } from "./build-program.ts";

/** Runs a program of the tests as a process of its own, as often at once as told. */
export async function runProgram(
  url: URL,
  args: readonly string[],
  copies = 1,
): Promise<{ readonly stdout: string }[]> {
  const program = await buildProgram(url);
  const run = () => promisify(execFile)(process.execPath, [program, ...args]);
  return Promise.all(Array.from({ length: copies }, run));
}
