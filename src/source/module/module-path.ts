import { dirname } from "node:path";
import { toSha256 } from "../../sha256.ts";
import { toProjectPath } from "../cell-files.ts";

/** Where a compiled module lies below the folder of modules. */
export function toModulePath(projectDirectory: string, path: string): string {
  const file = toProjectPath(projectDirectory, path);
  const isInside = !file.startsWith("../") && !/^[A-Za-z]:/.test(file);
  if (isInside) return `source/project/${file}.mjs`;
  return `source/outside/${toSha256(dirname(path)).slice(0, 16)}/${file.split("/").at(-1)}.mjs`;
}

/** Where the module lies that stands in for a cell. */
export function toHandlePath(name: string): string {
  return `handle/${name}.mjs`;
}
