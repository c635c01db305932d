import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CellNode } from "../cell/cell-node.ts";
import type { SqlReferences } from "../frame/duckdb/sql-references.ts";
import { toSha256 } from "../sha256.ts";
import type { CellFacts } from "./cell-facts.ts";
import { isMissing } from "./cell-files.ts";
import type { PythonForm } from "./python/python-facts.ts";

/** A cell as the index keeps it. */
export interface IndexedCell extends Pick<CellNode, "name" | "file"> {
  /** absent when only evaluating the module tells them */
  readonly facts?: CellFacts;
  /** files that its code loads, as project paths: modules, CommonJS, JSON, scripts */
  readonly imports: readonly string[];
  /** packages that it or these load, each with a digest over what is installed */
  readonly packages: readonly string[];
  /** files and folders that it or these name, as project paths */
  readonly named: readonly string[];
  /** files that it or these write */
  readonly written: readonly string[];
  /** whether its code may call `readCsv`; false only when it surely does not */
  readonly readsCsv: boolean;
  /** how a Python cell is carried out */
  readonly python?: PythonForm;
  /** the names in a query */
  readonly references?: SqlReferences;
}

/** All that the loader knows of a project's cells, for one state of their files. */
export interface CellIndex {
  /** project path -> hash of its content, null where a file must stay absent */
  readonly files: Readonly<Record<string, string | null>>;
  /** name of the folder below `modules` that holds the compiled modules */
  readonly modules: string;
  /** over all that Node loads for the cells from where it is, and keeps; "" for nothing */
  readonly loadedByNode: string;
  /** in file order */
  readonly cells: readonly IndexedCell[];
}

/**
 * The index that was written last under the key. Undefined when there is none, or when it was
 * damaged: then it is made anew.
 */
export async function readCellIndex(cache: string, key: string): Promise<CellIndex | undefined> {
  try {
    const [hash, json = ""] = (await readFile(toPath(cache, key), "utf8")).split("\n");
    return hash === toSha256(json) ? (JSON.parse(json) as CellIndex) : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Replaces the index in one step. */
export async function writeCellIndex(cache: string, key: string, index: CellIndex): Promise<void> {
  const json = JSON.stringify(index);
  const path = toPath(cache, key);
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${toSha256(json)}\n${json}\n`);
  await rename(draft, path);
}

/** Where the index of one state of the tools lies: another version or place reads another index. */
function toPath(cache: string, key: string): string {
  return join(cache, `cells-${key.slice(0, 16)}.json`);
}
