import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing } from "./cell-files.ts";

/** The version of this package, from the `package.json` above the running code. */
export async function readOwnVersion(): Promise<string> {
  let folder = import.meta.dirname;
  while (true) {
    const found = await readFile(join(folder, "package.json"), "utf8").catch(toNothing);
    const { name, version }: { name?: string; version?: string } = JSON.parse(found);
    if (name === "hex-runtime" && version !== undefined) return version;
    if (dirname(folder) === folder) return "unknown";
    folder = dirname(folder);
  }
}

function toNothing(error: unknown): string {
  if (isMissing(error)) return "{}";
  throw error;
}
