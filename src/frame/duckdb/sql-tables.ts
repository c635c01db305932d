/** Makes the files of a query tables of DuckDB, and closes all other ways out of it. */
import type { AnyFrame } from "../frame.ts";
import { type Connection, quoteName, quoteText } from "./duckdb.ts";
import { createTable } from "./duckdb-write.ts";
import { toParquetScan, withFileName } from "./parquet-scan.ts";
import { type FoundTable, findTable, type QueryPlace } from "./query-files.ts";
import { toDuckdbFailure } from "./sql-failure.ts";
import type { SqlFile } from "./sql-file.ts";
import { type SqlEdit, SqlError, type SqlText } from "./sql-text.ts";
import { uniteFrames } from "./unite-frames.ts";

export interface FileTablesOptions {
  readonly files: readonly SqlFile[];
  readonly text: SqlText;
  readonly place: QueryPlace | undefined;
  /** a folder of the query's own, removed afterwards */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads or opens the files of a query. From then on DuckDB opens nothing else: no other file, no
 * network, no extension, no other database.
 *
 * @returns the pieces of the query to replace
 * @throws {SqlError} HEX_CELL_FAILED at the place of a file that cannot be read
 */
export async function createFileTables(
  connection: Connection,
  options: FileTablesOptions,
): Promise<readonly SqlEdit[]> {
  const found: FoundTable[] = [];
  for (const file of options.files) {
    found.push(await atFile(file, options, () => findTable(file, toFindOptions(options))));
  }
  const edits: SqlEdit[] = [];
  for (const [index, table] of found.entries()) {
    if (table.kind !== "frames") continue;
    const { file, frames } = table;
    const name = `hex file ${index + 1}`;
    await atFile(file, options, () => createFrames(connection, name, frames));
    edits.push({ ...file, text: `${quoteName(name)}${toAlias(file)}` });
  }
  const paths = found.flatMap((table) => (table.kind === "paths" ? table.paths : []));
  await connection.run(`SET allowed_paths = [${paths.map(quoteText).join(", ")}]`);
  await connection.run("SET enable_external_access = false");
  for (const table of found) {
    if (table.kind !== "paths") continue;
    const scan = () => toScan(connection, table, options);
    edits.push({ ...table.file, text: await atFile(table.file, options, scan) });
  }
  return edits;
}

function toFindOptions({ place, folder, signal }: FileTablesOptions) {
  const { directory = process.cwd(), openStored = undefined } = place ?? {};
  return { directory, openStored, folder, signal };
}

async function toScan(
  connection: Connection,
  { file, paths }: Extract<FoundTable, { kind: "paths" }>,
  options: FileTablesOptions,
): Promise<string> {
  const { directory, folder } = toFindOptions(options);
  if (file.reader === "parquet") {
    return toParquetScan(connection, file, paths, { directory, folder });
  }
  const { name = "read_text", rest = "" } = file.call ?? {};
  const scan = `${name}([${paths.map(quoteText).join(", ")}]${rest})`;
  return `(SELECT ${withFileName("filename", { directory, folder })} FROM ${scan})${toAlias(file)}`;
}

function toAlias({ alias }: SqlFile): string {
  return alias === undefined ? "" : ` AS ${quoteName(alias)}`;
}

async function createFrames(
  connection: Connection,
  name: string,
  frames: ReadonlyMap<string, AnyFrame>,
): Promise<void> {
  const [first] = frames.values();
  if (frames.size === 1 && first !== undefined) {
    await createTable(connection, name, first.columns());
    return;
  }
  await uniteFrames(connection, name, frames);
}

/** Tells a failure at the file's place in the query. */
async function atFile<Result>(
  file: SqlFile,
  { text }: FileTablesOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SqlError) throw cause;
    throw new SqlError("HEX_CELL_FAILED", toDuckdbFailure(cause).message, {
      place: text.placeOf(file.start),
      cause,
    });
  }
}
