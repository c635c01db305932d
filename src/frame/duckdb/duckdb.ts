/** DuckDB, opened for one piece of work at a time. This is the only file that imports it. */
import { join } from "node:path";
import { getHeapStatistics } from "node:v8";
import type { TypedArray } from "@uwdata/flechette";
import { dateMicroseconds } from "../column/moment.ts";
import { withQueryFolder } from "./query-folder.ts";

type Duckdb = typeof import("@duckdb/node-api");
export type DuckdbChunk = InstanceType<Duckdb["DuckDBDataChunk"]>;
export type DuckdbVector = ReturnType<DuckdbChunk["getColumnVector"]>;
export type Connection = import("@duckdb/node-api").DuckDBConnection;
export type DuckdbValue = import("@duckdb/node-api").DuckDBValue;
export type DuckdbType = import("@duckdb/node-api").DuckDBType;

/** A list of values as an SQL parameter. */
interface ListParameter {
  readonly items: readonly ScalarParameter[];
}

/** Values by name as an SQL parameter, such as the ends of a range of days. */
interface StructParameter {
  readonly fields: Readonly<Record<string, ScalarParameter>>;
}

export type SqlParameter = ScalarParameter | ListParameter | StructParameter;

export type ScalarParameter = string | number | bigint | boolean | Date | null;

/** DuckDB never reaches for the network: extensions are neither fetched nor loaded by themselves. */
const CONFIG = {
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  allow_community_extensions: "false",
};

/** It tells failures with their place, and how far it is without printing it. */
const SETTINGS = [
  "TimeZone = 'UTC'",
  "errors_as_json = true",
  "enable_progress_bar = true",
  "enable_progress_bar_print = false",
];

/**
 * How much of a process's memory a query may take before it goes to the disk. Node is started with a
 * heap of nine tenths of what a run may take, and the rest is for frames.
 */
const MEMORY_SHARE = 0.5;
/** What reaches a statement before it begins is forgotten by DuckDB: it is told again. */
const INTERRUPT_MS = 50;

/** Work on a database; the folder is removed afterwards. */
type DuckdbWork<Result> = (connection: Connection, folder: string) => Promise<Result>;

/** Runs work on a database in memory, which is gone afterwards; a signal ends the work. */
export function withDuckdb<Result>(
  work: DuckdbWork<Result>,
  limits: DuckdbLimits = {},
): Promise<Result> {
  return withQueryFolder((folder) => openDuckdb(folder, work, limits));
}

export interface DuckdbLimits {
  readonly signal?: AbortSignal | undefined;
  /** what it may take before it goes to the disk; half of what the process may take unless told */
  readonly memoryBytes?: number | undefined;
}

async function openDuckdb<Result>(
  folder: string,
  work: DuckdbWork<Result>,
  { signal, memoryBytes = MEMORY_SHARE * getHeapStatistics().heap_size_limit }: DuckdbLimits,
): Promise<Result> {
  signal?.throwIfAborted();
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    ...CONFIG,
    memory_limit: `${Math.floor(memoryBytes / 1e6)}MB`,
    temp_directory: join(folder, "spilled"),
  });
  const connection = await instance.connect();
  let interrupting: NodeJS.Timeout | undefined;
  const interrupt = () => {
    interrupting = setInterval(() => connection.interrupt(), INTERRUPT_MS);
    connection.interrupt();
  };
  signal?.addEventListener("abort", interrupt);
  try {
    signal?.throwIfAborted();
    for (const setting of SETTINGS) await connection.run(`SET ${setting}`);
    return await work(connection, folder);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearInterval(interrupting);
    signal?.removeEventListener("abort", interrupt);
    connection.closeSync();
    instance.closeSync();
  }
}

/** All rows of a small result. */
export async function readRows(
  connection: Connection,
  sql: string,
  parameters?: readonly string[],
): Promise<DuckdbValue[][]> {
  // An empty list would have the statement prepared first, which takes as long as a small query.
  const reader = await connection.runAndReadAll(sql, parameters && [...parameters]);
  return reader.getRows();
}

/** Runs one statement with named parameters, typed as SQL would type the literals. */
export async function runWithParameters(
  connection: Connection,
  sql: string,
  parameters: Readonly<Record<string, SqlParameter>>,
): Promise<void> {
  const duckdb = await import("@duckdb/node-api");
  const values: Record<string, DuckdbValue> = {};
  const types: Record<string, DuckdbType> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const { value, type } = toDuckdb(duckdb, parameter);
    values[name] = value;
    types[name] = type;
  }
  await connection.run(sql, values, types);
}

interface TypedValue {
  readonly value: DuckdbValue;
  readonly type: DuckdbType;
}

function toDuckdb(duckdb: Duckdb, parameter: SqlParameter): TypedValue {
  if (parameter === null || typeof parameter !== "object" || parameter instanceof Date) {
    return toScalar(duckdb, parameter);
  }
  if ("items" in parameter) return toListValue(duckdb, parameter);
  const fields = Object.entries(parameter.fields).map(
    ([name, value]) => [name, toScalar(duckdb, value)] as const,
  );
  return {
    value: duckdb.structValue(Object.fromEntries(fields.map(([name, { value }]) => [name, value]))),
    type: duckdb.STRUCT(Object.fromEntries(fields.map(([name, { type }]) => [name, type]))),
  };
}

/** A list of one type; one without values goes with columns of any type. */
function toListValue(duckdb: Duckdb, { items }: ListParameter): TypedValue {
  const scalars = items.map((item) => toScalar(duckdb, item));
  const types = scalars.flatMap(({ value, type }) => (value === null ? [] : [type]));
  const [first = duckdb.SQLNULL] = types;
  const isMixed = types.some((type) => type !== first);
  const element = isMixed ? duckdb.DOUBLE : first;
  const values = scalars.map(({ value }) =>
    isMixed && typeof value === "bigint" ? Number(value) : value,
  );
  return { value: duckdb.listValue(values), type: duckdb.LIST(element) };
}

function toScalar(duckdb: Duckdb, value: ScalarParameter): TypedValue {
  if (value instanceof Date) {
    const moment = new duckdb.DuckDBTimestampTZValue(dateMicroseconds(value));
    return { value: moment, type: duckdb.TIMESTAMPTZ };
  }
  if (typeof value === "bigint") return { value, type: duckdb.BIGINT };
  if (typeof value === "boolean") return { value, type: duckdb.BOOLEAN };
  if (typeof value !== "number") return { value, type: duckdb.VARCHAR };
  return Number.isSafeInteger(value)
    ? { value: BigInt(value), type: duckdb.BIGINT }
    : { value, type: duckdb.DOUBLE };
}

/** A name quoted for SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL reads it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An empty chunk of so many rows, to fill and append. */
export async function newChunk(types: readonly DuckdbType[], rows: number): Promise<DuckdbChunk> {
  const { DuckDBDataChunk } = await import("@duckdb/node-api");
  return DuckDBDataChunk.create(types, rows);
}

/** The memory of a DuckDB vector of fixed-size items. */
export function itemsOf(vector: object): TypedArray {
  const items: unknown = "items" in vector ? vector.items : undefined;
  if (isTypedArray(items)) return items;
  throw new Error("DuckDB gave a vector without items");
}

/** Copies items into others of the same width. */
export function copyItems(to: TypedArray, start: number, items: TypedArray): void {
  if (is64BitInteger(to) && is64BitInteger(items)) to.set(items, start);
  else if (!is64BitInteger(to) && !is64BitInteger(items)) to.set(items, start);
  else throw new Error("DuckDB gave items of another width than asked for");
}

function is64BitInteger(items: TypedArray): items is BigInt64Array | BigUint64Array {
  return items instanceof BigInt64Array || items instanceof BigUint64Array;
}

function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
