import { fileURLToPath, pathToFileURL } from "node:url";
import type { ModuleImports } from "./module-imports.ts";

/** What stands before and after `import.meta` where a module names a file beside it. */
const BEFORE = /\bnew URL\(\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|`([^`\\$]*)`)\s*,\s*$/;
const AFTER = /^import\.meta\.url\s*,?\s*\)/;
/** Longer than any `new URL("…", ` that names a file. */
const REACH = 2_000;

/**
 * The files that a compiled module names by `new URL("…", import.meta.url)` with the name written
 * out there: the data that it reads, as absolute paths. What it names in another way is not found.
 */
export function findDataFiles(
  code: string,
  { metas }: Pick<ModuleImports, "metas">,
  path: string,
): string[] {
  const found = metas.flatMap((start) => {
    if (!AFTER.test(code.slice(start, start + REACH))) return [];
    const [matched, ...quoted] = BEFORE.exec(code.slice(Math.max(0, start - REACH), start)) ?? [];
    const name = quoted.find((each) => each !== undefined);
    return matched === undefined || name === undefined ? [] : toFile(name, path);
  });
  return [...new Set(found)];
}

function toFile(name: string, from: string): string[] {
  try {
    const url = new URL(name, pathToFileURL(from));
    return url.protocol === "file:" ? [fileURLToPath(url)] : [];
  } catch {
    return [];
  }
}
