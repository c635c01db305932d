import { stat } from "node:fs/promises";
import { loadForeignCsv, readHeader } from "../duckdb/csv-foreign.ts";
import { type Connection, readRows, withDuckdb, withTemporaryFile } from "../duckdb/duckdb.ts";
import { readColumns, type SourceColumn } from "../duckdb/duckdb-read.ts";
import { describeTable } from "../duckdb/duckdb-types.ts";
import { type Frame, toFrameOf } from "../frame.ts";
import type { Schema } from "../schema.ts";
import { checkFirstLine, hasNamelessFirst } from "./csv-first-line.ts";
import { type CsvLimits, limitError, toCsvLimits } from "./csv-limits.ts";

/** A CSV of another tool as it was understood. */
export interface ForeignCsv {
  readonly frame: Frame;
  /** the columns and types that were found */
  readonly found: Schema;
  /** what was decided on the way: names, types, what was dropped, what was cut */
  readonly notes: readonly string[];
}

/**
 * Reads CSV that another tool wrote, from its bytes or from a file. DuckDB finds the dialect and
 * the types, except of columns that are declared; what pandas takes for missing is missing. A first column without a name is what
 * pandas writes for its index, and is dropped.
 * @throws {HexError} HEX_DATA_INVALID when it cannot be read as a table, or is beyond a limit
 */
export async function readForeignCsv(
  source: Uint8Array | string,
  limits?: Partial<CsvLimits>,
  declared?: Schema,
): Promise<ForeignCsv> {
  if (typeof source !== "string") {
    return withTemporaryFile(source, (path) => readForeignCsv(path, limits, declared));
  }
  const allLimits = toCsvLimits(limits);
  const { size } = await stat(source);
  if (size > allLimits.maxFileBytes) throw tooLarge(allLimits, "maxFileBytes");
  await checkFirstLine(source, allLimits);
  return withDuckdb((connection) => readFile(connection, source, allLimits, declared));
}

async function readFile(
  connection: Connection,
  path: string,
  limits: CsvLimits,
  declared: Schema | undefined,
): Promise<ForeignCsv> {
  const loading = await loadForeignCsv(connection, path, declared);
  const [[rows] = []] = await readRows(connection, "SELECT count(*) FROM data");
  if (Number(rows) > limits.maxRows) throw tooLarge(limits, "maxRows");
  const sources = await describeTable(connection, "data");
  const kept = (await hasNamelessFirst(path)) ? sources.slice(1) : sources;
  const frame = toFrameOf(await readColumns(connection, "data", kept));
  const names = nameNotes(sources, kept, await readHeader(connection, path));
  const types = await typeNotes(connection, kept);
  const cuts = await cutNotes(connection, kept);
  return { frame, found: frame.schema, notes: [...loading, ...names, ...types, ...cuts] };
}

/** Which columns have another name than in the file, or are not there. */
function nameNotes(
  sources: readonly SourceColumn[],
  kept: readonly SourceColumn[],
  header: readonly string[],
): string[] {
  const isDropped = kept.length < sources.length;
  const dropped = isDropped ? ["nameless first column: dropped as the index of pandas"] : [];
  const renamed = sources.flatMap(({ name }, index) => {
    const written = header[index];
    if (written === undefined || written === name || (isDropped && index === 0)) return [];
    const told = written === "" ? "without a name" : `named ${JSON.stringify(written)}`;
    return [`column ${index + 1}: ${told} in the file, ${JSON.stringify(name)} here`];
  });
  return [...dropped, ...renamed];
}

async function typeNotes(connection: Connection, kept: readonly SourceColumn[]): Promise<string[]> {
  const rows = await readRows(
    connection,
    "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'data'",
  );
  const types = new Map(rows.map(([name, type]) => [String(name), String(type)]));
  return kept.map(({ name }) => `column ${JSON.stringify(name)}: ${types.get(name)} by DuckDB`);
}

/** Which columns had times finer than a frame keeps. */
async function cutNotes(connection: Connection, kept: readonly SourceColumn[]): Promise<string[]> {
  const times = kept.filter(({ type }) => type === "datetime" || type === "instant");
  if (times.length === 0) return [];
  const tests = times.map(({ sql }) => `bool_or(epoch_us(${sql}) % 1000 <> 0)`);
  const [isCut = []] = await readRows(connection, `SELECT ${tests.join(", ")} FROM data`);
  return times
    .filter((_, index) => isCut[index] === true)
    .map(({ name }) => `column ${JSON.stringify(name)}: fractions below the millisecond were cut`);
}

function tooLarge(limits: CsvLimits, limit: "maxRows" | "maxFileBytes") {
  return limitError("HEX_DATA_INVALID", "the CSV", limits, limit);
}
