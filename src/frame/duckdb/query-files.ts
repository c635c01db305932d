/** Finds the files that a query names, and reads those that DuckDB would read by guessing. */
import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expectation, type HexError } from "../../errors.ts";
import { readArrow } from "../arrow/read-arrow.ts";
import type { ByteSource } from "../csv/read/csv-blocks.ts";
import { readCsv } from "../csv/read/read-csv.ts";
import { saveBlocks } from "../file-blocks.ts";
import type { AnyFrame } from "../frame.ts";
import { readJson } from "../json-read/read-json.ts";
import { addMatches } from "../list-files.ts";
import type { SqlFile } from "./sql-file.ts";

/** Where the files of a query are. */
export interface QueryPlace {
  /** the folder that paths are below */
  readonly directory: string;
  /** the bytes of an object of the project's store; undefined where there is no store */
  readonly openStored: ((path: string) => ByteSource) | undefined;
}

interface FindOptions extends QueryPlace {
  /** for copies of what lies in the store */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

/** A file of a query. */
interface FoundFile {
  /** as the query names it, or as the glob found it */
  readonly name: string;
  /** absolute path, or the bytes of what lies in the store */
  readonly source: string | ByteSource;
}

/** A table of files: what DuckDB reads itself, or frames, one a file. */
export type FoundTable =
  | { readonly file: SqlFile; readonly kind: "paths"; readonly paths: readonly string[] }
  | {
      readonly file: SqlFile;
      readonly kind: "frames";
      readonly frames: ReadonlyMap<string, AnyFrame>;
    };

/**
 * The files of one table of a query, in the order of their names where a glob finds them.
 * @throws {HexError} HEX_CELL_FAILED when there is none, HEX_DATA_INVALID when one cannot be read
 */
export async function findTable(file: SqlFile, options: FindOptions): Promise<FoundTable> {
  const found: FoundFile[] = [];
  for (const path of file.paths) found.push(...(await findFiles(path, options)));
  if (file.reader !== "parquet" && file.reader !== "text") {
    const frames = new Map<string, AnyFrame>();
    for (const { name, source } of found) {
      options.signal?.throwIfAborted();
      frames.set(name, await readFrame(source, file));
    }
    return { file, kind: "frames", frames };
  }
  const paths: string[] = [];
  for (const { name, source } of found) paths.push(await toPath(name, source, options));
  return { file, kind: "paths", paths };
}

/** Lists and objects within rows are JSON texts, of which DuckDB has functions. */
function readFrame(source: string | ByteSource, { reader, csv }: SqlFile): Promise<AnyFrame> {
  if (reader === "json") return readJson(source, { nested: "json" });
  return reader === "arrow" ? readArrow(source, { nested: "json" }) : readCsv(source, csv);
}

async function findFiles(path: string, place: FindOptions): Promise<readonly FoundFile[]> {
  const { directory, openStored } = place;
  const [, key] = /^store:(.*)$/s.exec(path) ?? [];
  if (key !== undefined) {
    if (openStored === undefined) throw missingStore(path);
    return [{ name: path, source: openStored(key) }];
  }
  const files = new Set<string>();
  await addMatches(path, directory, { files, folders: new Set() });
  const found: FoundFile[] = [];
  for (const name of [...files].sort()) {
    const source = join(directory, name);
    const isFile = await stat(source).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (isFile) found.push({ name, source });
  }
  if (found.length > 0) return found;
  throw expectation("HEX_CELL_FAILED", {
    place: `'${path}' in the query`,
    expected: `a file below the project's folder ${directory}`,
    got: "nothing",
  });
}

/** DuckDB reads files only: what lies in the store is copied, through the store's own connection. */
async function toPath(
  name: string,
  source: string | ByteSource,
  { folder, signal }: FindOptions,
): Promise<string> {
  if (typeof source === "string") return source;
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await saveBlocks(path, source.open(signal), { signal });
  return path;
}

function missingStore(path: string): HexError {
  return expectation("HEX_CELL_FAILED", {
    place: `'${path}' in the query`,
    expected: "an object of the project's store",
    got: "a query that is told no store",
    hint: "hand the cell's context over: query(sql, { context })",
  });
}
