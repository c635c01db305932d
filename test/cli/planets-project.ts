import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeProject } from "../fixtures/make-project.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The repository's own app, in a folder and with a store of its own. */
export async function planetsProject(): Promise<string> {
  const { directory } = await makeProject({});
  for (const part of ["cells", "data", "examples", "hex.config.json"]) {
    await cp(join(root, part), join(directory, part), {
      recursive: true,
      filter: (path) => !path.endsWith(".hex"),
    });
  }
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  return directory;
}
