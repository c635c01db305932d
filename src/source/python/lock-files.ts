import { readdir } from "node:fs/promises";
import { isMissing } from "../cell-files.ts";

/** Files that say which packages are installed. */
export const LOCKS = [
  "uv.lock",
  "poetry.lock",
  "pdm.lock",
  "Pipfile.lock",
  "pylock.toml",
  "requirements.txt",
  "pyproject.toml",
  ".python-version",
];

/** The files of the project's folder that list packages for pip. */
export async function listRequirements(projectDirectory: string): Promise<string[]> {
  const names = await readdir(projectDirectory).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return [];
  });
  return names.filter((name) => /^requirements.*\.txt$/.test(name)).sort();
}
