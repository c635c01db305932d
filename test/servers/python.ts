import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

declare module "vitest" {
  interface ProvidedContext {
    /**
     * A Python with pandas, polars, pyarrow, DuckDB, tqdm and openpyxl, for test files whose own text says
     * `inject("python")`; null only when there is none to be had.
     */
    python: string | null;
  }
}

export interface PythonOptions {
  /**
   * - `HEX_TEST_PYTHON` is the path of the Python to use; `off` uses none, for a quick run of all
   *   other tests
   * - `HEX_TEST_CACHE` is where downloads are kept instead of `.cache`
   * - `CI` makes it an error when there is none
   */
  readonly env: NodeJS.ProcessEnv;
  readonly projectDirectory: string;
  readonly log: (line: string) => void;
}

const PACKAGES = [
  "pandas==3.1.*",
  "polars==2.1.*",
  "pyarrow==26.*",
  "duckdb==2.0.*",
  "tqdm==4.*",
  "openpyxl==3.1.*",
];
const MODULES = "import pandas, polars, pyarrow, duckdb, tqdm, openpyxl";
const TRIES = 3;

const run = promisify(execFile);

/** The Python that reads what we write, and carries out cells; else says in one line why there is none. */
export async function openPython(options: PythonOptions): Promise<string | null> {
  const { env, log } = options;
  const named = env["HEX_TEST_PYTHON"];
  if (named === "off") {
    log("Nothing was read by Python: HEX_TEST_PYTHON is off");
    return null;
  }
  try {
    return named === undefined ? await findPython(options) : await asked(named);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (env["CI"] === "true") throw new Error(`Nothing can be read by Python: ${reason}`);
    log(`Nothing was read by Python: ${reason.replaceAll(/\s*\n\s*/g, " | ")}`);
    return null;
  }
}

async function asked(path: string): Promise<string> {
  await run(path, ["-c", MODULES]);
  return path;
}

/** The packages in a folder of the cache; on Debian, root installs what makes such folders. */
async function findPython({ env, projectDirectory, log }: PythonOptions): Promise<string> {
  const folder = resolve(projectDirectory, env["HEX_TEST_CACHE"] ?? ".cache", "test-venv");
  const python = join(folder, "bin/python");
  if (await hasModules(python)) return python;
  log("Installing pandas, polars, pyarrow, DuckDB, tqdm and openpyxl for Python (a minute, once) …");
  await rm(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]).catch(async (error: unknown) => {
    if (process.getuid?.() !== 0) throw error;
    await run("apt-get", ["--quiet", "--yes", "update"]).catch(() => undefined);
    await run("apt-get", ["--quiet", "--yes", "install", "python3-venv"]);
    await run("python3", ["-m", "venv", folder]);
  });
  for (let attempt = 1; ; attempt++) {
    try {
      await run(python, ["-m", "pip", "install", "--quiet", ...PACKAGES]);
      return await asked(python);
    } catch (error) {
      if (attempt >= TRIES) throw error;
    }
  }
}

async function hasModules(python: string): Promise<boolean> {
  return run(python, ["-c", MODULES]).then(
    () => true,
    () => false,
  );
}
