import { HexError, toMessage } from "../../errors.ts";
import type { Schema } from "../schema.ts";
import { type Connection, quoteName, quotePath, quoteText, readRows } from "./duckdb.ts";

/** The bare or quoted texts that mean "missing" to pandas, and so to most who write CSV for it. */
const MISSING_TEXTS = [
  ...["", "NA", "N/A", "n/a", "#NA", "#N/A", "<NA>", "NaN", "nan", "-NaN", "-nan"],
  ...["NULL", "null", "None"],
];

const OPTIONS = [
  "header = true",
  // A first line that looks different is not skipped in silence.
  "skip = 0",
  // 01/02/2020 is two days: only ISO days are dates, others stay text.
  "dateformat = '%Y-%m-%d'",
  `nullstr = [${MISSING_TEXTS.map(quoteText).join(", ")}]`,
].join(", ");

/** DuckDB rounds 1.5 to fit a whole column, which it may have seen only whole numbers of. */
const WHOLE = `CREATE OR REPLACE TEMP MACRO whole(x) AS CASE
  WHEN contains(x, '.') OR contains(x, 'e') OR contains(x, 'E') THEN error('not whole')
  ELSE CAST(x AS BIGINT) END`;

/**
 * Loads CSV into the temporary table `data`. Columns that are declared as text are read as what is
 * written; all other types are found from the first rows; if a later row does not fit them, from all
 * rows, which takes about twice as long. Whole numbers that no type holds stay text, unless they are
 * declared as numbers.
 * @returns what was decided on the way, a sentence each
 * @throws {HexError} HEX_DATA_INVALID when the file is no table
 */
export async function loadForeignCsv(
  connection: Connection,
  path: string,
  declared: Schema = [],
): Promise<string[]> {
  const file = quotePath(path);
  const texts = declared.filter(({ type }) => type === "string").map(({ name }) => name);
  const notes = await loadAsFound(connection, file, texts);
  const found = await findTooLong(connection, file);
  const long = found.filter((name) => !declared.some((column) => column.name === name));
  if (long.length === 0) return notes;
  await connection.run("DROP TABLE data");
  const again = await loadAsFound(connection, file, [...texts, ...long]);
  const kept = long.map((name) => `column ${JSON.stringify(name)}: too long for numbers, so text`);
  return [...again, ...kept];
}

/**
 * The first line of a CSV as texts: the names of its columns before DuckDB makes them differ.
 * Nothing where DuckDB reads a file only with a header.
 */
export async function readHeader(connection: Connection, path: string): Promise<string[]> {
  const options = "header = false, all_varchar = true, skip = 0, ignore_errors = true";
  const sql = `SELECT * FROM read_csv(${quotePath(path)}, ${options}) LIMIT 1`;
  try {
    const [names = []] = await readRows(connection, sql);
    return names.map((name) => (name === null ? "" : String(name)));
  } catch {
    return [];
  }
}

/** Creates the temporary table `data` from a query over a CSV file. */
export async function createData(connection: Connection, query: string): Promise<void> {
  try {
    await connection.run(`CREATE TEMP TABLE data AS ${query}`);
  } catch (cause) {
    throw new HexError("HEX_DATA_INVALID", `The CSV cannot be read: ${csvFault(cause)}`, { cause });
  }
}

async function loadAsFound(
  connection: Connection,
  file: string,
  texts: readonly string[],
): Promise<string[]> {
  try {
    await connection.run(WHOLE);
    await connection.run(await quickLoad(connection, file, texts));
    return [];
  } catch {
    // What cannot even be sniffed is told by the load.
    const columns = await sniff(connection, file).catch(() => []);
    const types = textTypes(columns.map(({ name }) => name).filter((name) => texts.includes(name)));
    const query = `SELECT * FROM read_csv(${file}, ${OPTIONS}${types}, sample_size = -1)`;
    await createData(connection, query);
    return ["the types were found from all rows: a later one did not fit what the first ones told"];
  }
}

async function quickLoad(
  connection: Connection,
  file: string,
  texts: readonly string[],
): Promise<string> {
  const columns = await sniff(connection, file);
  const isText = ({ name }: SniffedColumn) => texts.includes(name);
  const whole = columns.filter((column) => column.type === "BIGINT" && !isText(column));
  const types = textTypes([...whole, ...columns.filter(isText)].map(({ name }) => name));
  const replaced = whole.map(({ name }) => `whole(${quoteName(name)}) AS ${quoteName(name)}`);
  const replacing = replaced.length === 0 ? "" : ` REPLACE (${replaced.join(", ")})`;
  return `CREATE TEMP TABLE data AS SELECT *${replacing} FROM read_csv(${file}, ${OPTIONS}${types})`;
}

interface SniffedColumn {
  readonly name: string;
  readonly type: string;
}

async function sniff(connection: Connection, file: string): Promise<SniffedColumn[]> {
  const rows = await readRows(
    connection,
    `SELECT c.name, c.type FROM (SELECT unnest(Columns) AS c FROM sniff_csv(${file}, ${OPTIONS}))`,
  );
  return rows.map(([name, type]) => ({ name: String(name), type: String(type) }));
}

/** The option that lets columns be read as what is written. */
function textTypes(names: readonly string[]): string {
  if (names.length === 0) return "";
  return `, types = {${names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(", ")}}`;
}

/** The columns of whole numbers that DuckDB rounds to floating point, since none of its others holds them. */
async function findTooLong(connection: Connection, file: string): Promise<string[]> {
  const sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'data'";
  const rows = await readRows(connection, `${sql} AND data_type = 'DOUBLE'`);
  const names = rows.map(([name]) => String(name));
  const rounded = await those(connection, names, "data", (column) => {
    return `bool_or(abs(${column}) >= 1e18 AND isfinite(${column}))`;
  });
  // Only the file still tells 12345678901234567890 from 1.2e19.
  const written = `read_csv(${file}, ${OPTIONS}, all_varchar = true)`;
  return those(connection, rounded, written, (column) => {
    return `bool_and(regexp_full_match(${column}, '[+-]?[0-9]+'))`;
  });
}

/** The columns of a table for which a test holds. */
async function those(
  connection: Connection,
  names: readonly string[],
  table: string,
  test: (column: string) => string,
): Promise<string[]> {
  if (names.length === 0) return [];
  const tests = names.map((name) => test(quoteName(name)));
  const [answers = []] = await readRows(connection, `SELECT ${tests.join(", ")} FROM ${table}`);
  return names.filter((_, index) => answers[index] === true);
}

/** What DuckDB found wrong, without its advice on options. */
function csvFault(cause: unknown): string {
  const lines = toMessage(cause).split("\n");
  const place = /CSV Error on Line: (\d+)/.exec(lines[0] ?? "");
  const reason = lines.find((line) => /^(?:Error when conv|Expected Num|Value with)/.test(line));
  if (place?.[1] === undefined) return (lines[0] ?? "").slice(0, 200);
  return `row ${Number(place[1]) - 1}: ${(reason ?? "it has another form").slice(0, 200)}`;
}
