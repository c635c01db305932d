import { expectation } from "../../errors.ts";
import type { AnyFrame } from "../../frame/frame.ts";
import { frameFromRows } from "../../frame/rows.ts";
import { toFrame } from "../../frame/to-frame.ts";
import { openSession } from "./open-session.ts";
import type { PostgresParameter, ReadPostgresOptions } from "./postgres-options.ts";
import { toParameters } from "./postgres-parameters.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { type CatalogType, isBytes, isKnownType, toReading } from "./postgres-types.ts";
import { toQueryFailure } from "./query-failure.ts";
import { ResultColumns } from "./result-columns.ts";
import { ServerError, type WireColumn } from "./wire-messages.ts";

/** A query, as it was given. */
export interface PostgresQuery {
  readonly sql: string;
  readonly parameters: readonly PostgresParameter[];
  readonly options: ReadPostgresOptions;
}

/** As `readPostgres`, whose doc comment says what it does. */
export async function queryPostgres(url: unknown, query: PostgresQuery): Promise<AnyFrame> {
  const { signal } = query.options;
  signal?.throwIfAborted();
  const session = await openSession(url, signal);
  const onAbort = () => void session.cancel();
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted === true) throw signal.reason;
    return await readRows(session, query);
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    // Rows that were refused may still be coming.
    if (!(error instanceof ServerError)) await session.cancel();
    throw toQueryFailure(error, query.sql);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await session.close();
  }
}

async function readRows(session: PostgresSession, query: PostgresQuery): Promise<AnyFrame> {
  const { sql, options } = query;
  const isUtf8 = await begin(session, options.timeZone ?? "UTC");
  const { columns, parameterTypes } = await session.prepare(sql);
  if (columns === undefined) throw noRowsError();
  checkNames(columns, options);
  const parameters = toParameters(query.parameters, parameterTypes);
  const nested = await findNested(session, columns, options);
  // A look into the catalogue has taken the place of the statement.
  const isReady = columns.every(({ type }) => isKnownType(type));
  const prepared = isReady ? columns : await prepareAgain(session, sql, columns, nested);
  const readings = columns.map((column, index) => {
    const come = { ...column, type: prepared[index]?.type ?? column.type };
    return toReading(come, wantedType(column, options), options);
  });
  const result = new ResultColumns({
    names: columns.map(({ name }) => name),
    readings,
    isUtf8,
    progress: options.progress,
  });
  const formats = readings.map(({ format }) => format);
  await session.execute(parameters, formats, result);
  const frame = result.toFrame();
  return options.schema === undefined ? frame : (toFrame(frame, options.schema) ?? frame);
}

async function prepareAgain(
  session: PostgresSession,
  sql: string,
  columns: readonly WireColumn[],
  nested: ReadonlySet<number>,
): Promise<readonly WireColumn[]> {
  const again = nested.size === 0 ? sql : withJson(sql, columns, nested);
  return (await session.prepare(again)).columns ?? columns;
}

/**
 * One consistent state, which is only read; texts in one form, wherever the server is; and an end of
 * the statement when this process is gone, where the server can tell (version 14 and later).
 */
const SETTINGS = `SELECT
  set_config('TimeZone', $1, true), set_config('DateStyle', 'ISO, YMD', true),
  set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '1', true),
  set_config('bytea_output', 'hex', true), set_config('xmloption', 'content', true),
  (SELECT set_config(name, '2s', true) FROM pg_settings
   WHERE name = 'client_connection_check_interval' AND version() ~ 'linux|apple|darwin|freebsd'),
  current_setting('server_encoding')`;

/** @returns whether all texts come in UTF-8 for certain */
async function begin(session: PostgresSession, timeZone: string): Promise<boolean> {
  await session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const [row] = await session.rows(SETTINGS, [timeZone]);
  return row?.at(-1) !== "SQL_ASCII";
}

function wantedType({ name }: WireColumn, { schema }: ReadPostgresOptions) {
  return schema !== undefined && Object.hasOwn(schema, name) ? schema[name] : undefined;
}

/** @throws {HexError} for names that occur twice, or are not those of the schema */
function checkNames(columns: readonly WireColumn[], { schema }: ReadPostgresOptions): void {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (columns.length === 0 || twice !== undefined) {
    throw expectation("HEX_FRAME_INVALID", {
      place: "the columns of the query",
      expected: "one or more, with different names",
      got: twice === undefined ? "none" : `${JSON.stringify(twice)} twice`,
      hint: twice === undefined ? "name what to select" : "AS gives a column another name",
    });
  }
  if (schema === undefined) return;
  const texts = columns.map(({ name }) => ({ name, type: "string" as const }));
  toFrame(frameFromRows([], texts), schema);
}

/** Columns of several values each, by their place; refused unless they are asked for as JSON or text. */
async function findNested(
  session: PostgresSession,
  columns: readonly WireColumn[],
  options: ReadPostgresOptions,
): Promise<ReadonlySet<number>> {
  const nested = new Set<number>();
  const catalog = await readCatalog(session, columns);
  for (const [index, column] of columns.entries()) {
    if (wantedType(column, options) === "string") continue;
    const type = catalog.get(column.type);
    if (isBytes(column) && options.binary !== "hex") throw bytesError(column.name);
    if (type?.isNested !== true) continue;
    if (options.nested !== "json") throw nestedError(column.name, type.name);
    nested.add(index);
  }
  return nested;
}

const CATALOG = `SELECT oid, format_type(oid, NULL),
  typcategory = 'A' OR typtype = 'c' OR oid = 'record'::regtype
  FROM pg_type WHERE oid = ANY($1::oid[])`;

async function readCatalog(
  session: PostgresSession,
  columns: readonly WireColumn[],
): Promise<ReadonlyMap<number, CatalogType>> {
  const types = columns.map(({ type }) => type).filter((type) => !isKnownType(type));
  if (types.length === 0) return new Map();
  const rows = await session.rows(CATALOG, [`{${types.join(",")}}`]);
  return new Map(
    rows.map(([type, name, isNested]) => [
      Number(type),
      { name: String(name), isNested: isNested === "t" },
    ]),
  );
}

/** The same rows in the same order, with some columns as the JSON that the server makes of them. */
function withJson(
  sql: string,
  columns: readonly WireColumn[],
  nested: ReadonlySet<number>,
): string {
  const names = columns.map((_, index) => `c${index}`);
  const select = names.map((name, index) => {
    return nested.has(index) ? `to_json(q.${name})::text` : `q.${name}`;
  });
  const inner = sql.replace(/[;\s]+$/, "");
  return `SELECT ${select.join(", ")} FROM (\n${inner}\n) AS q(${names.join(", ")})`;
}

function noRowsError() {
  return expectation("HEX_CELL_FAILED", {
    place: "the SQL of readPostgres",
    expected: "a query that gives rows, such as SELECT",
    got: "a statement that gives none",
    hint: "what changes a database is no cell's work: its transaction only reads",
  });
}

function bytesError(name: string) {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)}`,
    expected: "of a type that a column keeps",
    got: "bytea",
    hint: "binary: \"hex\" takes its digits; in SQL, encode(x, 'base64') makes another",
  });
}

function nestedError(name: string, type: string) {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)}`,
    expected: "of a type that a column keeps",
    got: type,
    hint: 'nested: "json" takes it as JSON text; in SQL, unnest(x) makes rows of it',
  });
}
