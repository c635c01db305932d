import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, hex } from "../cli/hex.ts";
import { leaveOutDanfo } from "../cli/planets-project.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const PROJECT_ID = "2f6b1c0e-7d34-4c58-9a41-5e0b8f3d6a17";

/** A project in a folder of its own, which lasts until it is removed: also over several tests. */
export interface PageProject {
  readonly directory: string;
  write(file: string, text: string): Promise<void>;
  /** Computes and publishes it by the built command. */
  publish(inputs?: Readonly<Record<string, string | number>>): Promise<void>;
  /** Runs another command on it. */
  hex(...argv: readonly string[]): Promise<Ended>;
  remove(): Promise<void>;
}

/** The repository's own app, read without danfo, which a page knows nothing of; with other values of some keys of its config. */
export async function makePlanets(config: object = {}): Promise<PageProject> {
  const project = await makeFolder();
  for (const part of ["cells", "data"]) {
    await cp(join(root, part), join(project.directory, part), { recursive: true });
  }
  await leaveOutDanfo(project.directory);
  await project.write(
    "hex.config.json",
    JSON.stringify({ name: "Planets", projectId: PROJECT_ID, ...config }),
  );
  return project;
}

/** An app of the given cells: file name -> text. */
export async function makeCells(
  cells: Readonly<Record<string, string>>,
  config: object = {},
): Promise<PageProject> {
  const project = await makeFolder();
  await project.write(
    "hex.config.json",
    JSON.stringify({ name: "Cells", projectId: PROJECT_ID, ...config }),
  );
  for (const [file, text] of Object.entries(cells)) await project.write(`cells/${file}`, text);
  return project;
}

async function makeFolder(): Promise<PageProject> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "hex-page-")));
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  const run = (...argv: readonly string[]) => hex([...argv, "--project", directory]);
  return {
    directory,
    async write(file, text) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    },
    async publish(inputs = {}) {
      const flags = Object.entries(inputs).flatMap(([name, value]) => [
        "--input",
        `${name}=${value}`,
      ]);
      const { exitCode, stderr, stdout } = await run("run", "--quiet", ...flags);
      if (exitCode !== 0) throw new Error(`The logic run failed: ${stderr}${stdout}`);
    },
    hex: run,
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}
