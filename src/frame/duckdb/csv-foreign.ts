import { HexError, toMessage } from "../../errors.ts";
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
const WHOLE = `CREATE TEMP MACRO whole(x) AS CASE
  WHEN contains(x, '.') OR contains(x, 'e') OR contains(x, 'E') THEN error('not whole')
  ELSE CAST(x AS BIGINT) END`;

/**
 * Loads CSV of unknown columns into the temporary table `data`. The types are found from the first
 * rows; if a later row does not fit them, from all rows, which takes about twice as long.
 * @returns what was decided on the way, a sentence each
 * @throws {HexError} HEX_DATA_INVALID when the file is no table
 */
export async function loadForeignCsv(connection: Connection, path: string): Promise<string[]> {
  const file = quotePath(path);
  try {
    await connection.run(WHOLE);
    await connection.run(await quickLoad(connection, file));
    return [];
  } catch {
    await createData(connection, `SELECT * FROM read_csv(${file}, ${OPTIONS}, sample_size = -1)`);
    return ["the types were found from all rows: a later one did not fit what the first ones told"];
  }
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

async function quickLoad(connection: Connection, file: string): Promise<string> {
  const columns = await readRows(
    connection,
    `SELECT c.name, c.type FROM (SELECT unnest(Columns) AS c FROM sniff_csv(${file}, ${OPTIONS}))`,
  );
  const whole = columns.filter(([, type]) => type === "BIGINT").map(([name]) => String(name));
  if (whole.length === 0) {
    return `CREATE TEMP TABLE data AS SELECT * FROM read_csv(${file}, ${OPTIONS})`;
  }
  const types = whole.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(", ");
  const replaced = whole.map((name) => `whole(${quoteName(name)}) AS ${quoteName(name)}`);
  return `CREATE TEMP TABLE data AS SELECT * REPLACE (${replaced.join(", ")})
    FROM read_csv(${file}, ${OPTIONS}, types = {${types}})`;
}

/** What DuckDB found wrong, without its advice on options. */
function csvFault(cause: unknown): string {
  const lines = toMessage(cause).split("\n");
  const place = /CSV Error on Line: (\d+)/.exec(lines[0] ?? "");
  const reason = lines.find((line) => /^(?:Error when conv|Expected Num|Value with)/.test(line));
  if (place?.[1] === undefined) return (lines[0] ?? "").slice(0, 200);
  return `row ${Number(place[1]) - 1}: ${(reason ?? "it has another form").slice(0, 200)}`;
}
