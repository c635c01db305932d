import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeProject } from "../fixtures/make-project.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface PlanetsOptions {
  /** whether danfo reads the catalogue, as in the tutorial, or the runtime itself: two seconds less */
  readonly withDanfo?: boolean;
}

/** The repository's own app, in a folder and with a store of its own. */
export async function planetsProject({ withDanfo = false }: PlanetsOptions = {}): Promise<string> {
  const { directory } = await makeProject({});
  for (const part of ["cells", "data", "examples", "hex.config.json"]) {
    await cp(join(root, part), join(directory, part), {
      recursive: true,
      filter: (path) => !path.endsWith(".hex"),
    });
  }
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  if (!withDanfo) await leaveOutDanfo(directory);
  return directory;
}

/** Has the cell that reads the planets do so by what the runtime gives. */
export async function leaveOutDanfo(directory: string): Promise<void> {
  const file = join(directory, "cells/03-planets.ts");
  const source = await readFile(file, "utf8");
  const changed = source
    .replace(/^import .* from "danfojs-node";\n/m, "")
    .replace("import { cached }", "import { cached, readCsv }")
    .replace("catalogue: DataFrame = await readCSV(source)", "catalogue = await readCsv(source)");
  if (/danfo|DataFrame|readCSV/.test(changed)) throw new Error(`danfo is still in ${file}`);
  await writeFile(file, changed);
}
