import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the programs of the tests are kept that were built in this run. */
export interface ProgramsFolder {
  readonly path: string;
  /** Forgets all programs, since what they are made of may have changed. */
  clear(): void;
  remove(): void;
}

declare module "vitest" {
  interface ProvidedContext {
    /** a folder in which `buildProgram` keeps what it has built; packages are found from there */
    programsFolder: string;
  }
}

/** Makes the folder, with the packages of the project and its Python in reach. */
export function makeProgramsFolder(projectDirectory: string): ProgramsFolder {
  const path = mkdtempSync(join(tmpdir(), "hex-programs-"));
  symlinkSync(join(projectDirectory, "node_modules"), join(path, "node_modules"), "junction");
  symlinkSync(join(projectDirectory, "python"), join(path, "python"), "junction");
  return {
    path,
    clear() {
      for (const name of readdirSync(path)) {
        if (name.includes(".mjs")) rmSync(join(path, name), { force: true });
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
