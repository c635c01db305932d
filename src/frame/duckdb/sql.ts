import { expectation, HexError } from "../../errors.ts";
import { type AnyFrame, type Frame, toFrameOf } from "../frame.ts";
import {
  type Connection,
  type DuckdbLimits,
  quoteName,
  runWithParameters,
  withDuckdb,
} from "./duckdb.ts";
import { readColumns } from "./duckdb-read.ts";
import { describeTable } from "./duckdb-types.ts";
import { createTable } from "./duckdb-write.ts";
import type { QueryPlace } from "./query-files.ts";
import { toDuckdbFailure } from "./sql-failure.ts";
import { toSqlParameter } from "./sql-parameter.ts";
import { type FoundReferences, findReferences, type SqlReferences } from "./sql-references.ts";
import { createFileTables } from "./sql-tables.ts";
import { type EditedSql, SqlError, SqlText } from "./sql-text.ts";
import { inTurn } from "./turns.ts";

/** The table that a query's result is kept in while it is read. */
const RESULT = "hex result";

/** What surrounds a query. */
export interface QuerySurroundings extends DuckdbLimits {
  /** where its files are; without it paths are below the working folder */
  readonly place?: QueryPlace | undefined;
  /** whether it may take much memory: then it waits for others that do, unless it reads no file */
  readonly isHeavy?: boolean;
  /** told how much is done, 0 to 1, where DuckDB can tell */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

type Parameters = Readonly<Record<string, unknown>>;

/**
 * Runs one SELECT over frames, which are the tables of their names, and over files.
 * @throws {SqlError} HEX_CELL_INVALID when it is not one SELECT; HEX_CELL_FAILED, with what DuckDB
 * says and where, when it fails
 */
export async function queryFrames(
  sql: string,
  frames: Readonly<Record<string, AnyFrame>>,
  parameters: Parameters,
  around: QuerySurroundings = {},
): Promise<Frame> {
  const run = () =>
    withDuckdb(async (connection, folder) => {
      const references = await findReferences(connection, sql, Object.keys(frames));
      checkTables(references, frames);
      const used = toUsed(references, parameters);
      return runQuery(connection, { sql, frames, parameters: used, references, folder, around });
    }, around);
  return around.isHeavy ? inTurn(run, around.signal) : run();
}

/**
 * The tables, parameters and files that SQL names, without running it.
 * @throws {SqlError} HEX_CELL_INVALID when it is not one SELECT
 */
export function readSqlReferences(sql: string): Promise<SqlReferences> {
  return withDuckdb(async (connection) => {
    const { tables, parameters, files } = await findReferences(connection, sql);
    if (files.length === 0) return { tables, parameters };
    const paths = [...new Set(files.flatMap((file) => file.paths))].sort();
    const readsCsv = files.some(({ reader }) => reader !== "parquet" && reader !== "text");
    return { tables, parameters, files: paths, readsCsv };
  });
}

interface PreparedQuery {
  readonly sql: string;
  readonly frames: Readonly<Record<string, AnyFrame>>;
  readonly parameters: Parameters;
  readonly references: FoundReferences;
  readonly folder: string;
  readonly around: QuerySurroundings;
}

async function runQuery(connection: Connection, query: PreparedQuery): Promise<Frame> {
  const { sql, frames, references, folder, around } = query;
  const text = new SqlText(sql);
  const create = `CREATE TEMP TABLE ${quoteName(RESULT)} AS\n`;
  let edited: EditedSql | undefined;
  try {
    for (const [name, frame] of Object.entries(frames)) {
      checkCase(name, frame);
      await createTable(connection, name, frame.columns());
    }
    const { place, signal } = around;
    const options = { files: references.files, text, place, folder, signal };
    edited = text.edit(await createFileTables(connection, options));
    await connection.run("SET lock_configuration = true");
    signal?.throwIfAborted();
    const used = toSqlParameters(query.parameters);
    await withProgress(connection, around.onProgress, () =>
      runWithParameters(connection, `${create}${withoutEnd(edited?.sql ?? "")}`, used),
    );
    const sources = await describeTable(connection, RESULT);
    return toFrameOf(await readColumns(connection, RESULT, sources));
  } catch (cause) {
    if (cause instanceof HexError && cause.code === "HEX_CELL_FAILED") throw cause;
    const { message, at } = toDuckdbFailure(cause);
    const written = at === undefined ? undefined : edited?.toWritten(at - create.length);
    const isInQuery = written !== undefined && written >= 0;
    const place = isInQuery ? text.placeOf(written) : undefined;
    throw new SqlError("HEX_CELL_FAILED", message, { place, cause });
  }
}

function toSqlParameters(parameters: Parameters) {
  const entries = Object.entries(parameters);
  return Object.fromEntries(entries.map(([name, value]) => [name, toSqlParameter(name, value)]));
}

/**
 * The parameters that the query names, as it spells them: SQL takes names that differ by case alone for one.
 * @throws {HexError} HEX_CELL_INVALID for one that nobody has handed over, or with two values
 */
function toUsed({ parameters: names }: FoundReferences, parameters: Parameters): Parameters {
  const given = Object.entries(parameters);
  const used = names.map((name): [string, unknown] => {
    const same = given.filter(([each]) => each.toLowerCase() === name.toLowerCase());
    const values = new Set(same.map(([, value]) => value));
    if (values.size === 1) return [name, [...values][0]];
    const told = Object.keys(parameters).map((each) => `$${each}`);
    throw expectation("HEX_CELL_INVALID", {
      place: `$${name} of the query`,
      expected: "one of the parameters that it is handed, which SQL does not tell apart by case",
      got: told.join(", ") || "none",
    });
  });
  return Object.fromEntries(used);
}

/** @throws {HexError} HEX_CELL_INVALID for a table that nobody has handed over */
function checkTables({ tables }: FoundReferences, frames: PreparedQuery["frames"]): void {
  const known = new Set(Object.keys(frames).map((name) => name.toLowerCase()));
  const unknown = tables.find((name) => !known.has(name.toLowerCase()));
  if (unknown === undefined) return;
  throw expectation("HEX_CELL_INVALID", {
    place: `table ${unknown} of the query`,
    expected: "one of the tables that it is handed",
    got: Object.keys(frames).join(", ") || "none",
    hint: `hand it over, or name a file: '${unknown}.parquet'`,
  });
}

const PROGRESS_MS = 200;

/** Asks DuckDB now and then how far it is; it never tells less than before. */
async function withProgress(
  connection: Connection,
  onProgress: QuerySurroundings["onProgress"],
  work: () => Promise<void>,
): Promise<void> {
  if (onProgress === undefined) return work();
  let told = 0;
  const timer = setInterval(() => {
    const { percentage } = connection.progress;
    // -1 where it cannot tell
    if (percentage <= told) return;
    told = percentage;
    onProgress(Math.min(percentage / 100, 1));
  }, PROGRESS_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}

/** SQL takes names that differ by case alone for one. */
function checkCase(table: string, { columnNames }: AnyFrame): void {
  const seen = new Map<string, string>();
  for (const name of columnNames) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    seen.set(folded, name);
    if (other === undefined) continue;
    throw expectation("HEX_CELL_FAILED", {
      place: `the columns of table ${table}`,
      expected: "of names that differ by more than case, as SQL has them",
      got: `${JSON.stringify(other)} and ${JSON.stringify(name)}`,
      hint: "rename or select in a cell before the query",
    });
  }
}

function withoutEnd(sql: string): string {
  return sql.replace(/(?<![;\s])[;\s]+$/, "");
}
