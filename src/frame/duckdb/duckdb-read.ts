/** Gets the columns of a DuckDB table out as typed arrays; no value is made in JavaScript. */
import type { TypedArray } from "@uwdata/flechette";
import { expectation, type HexError } from "../../errors.ts";
import { dictionaryLimit, textParts } from "../column/column-build.ts";
import {
  type ColumnData,
  type FrameColumn,
  toColumnData,
  toDictionary,
  Validity,
} from "../column/column-data.ts";
import { FIRST_MS, LAST_MS } from "../column/moment.ts";
import { clearMissing, narrow, toBits } from "../column/typed-items.ts";
import type { ColumnType } from "../schema.ts";
import { type Connection, copyItems, itemsOf, quoteName, readRows } from "./duckdb.ts";

/** A column to read: how the frame names and types it, and the SQL expression that gives it. */
export interface SourceColumn {
  readonly name: string;
  /** "whole" is integer when every value is within ±(2^53 − 1), else bigint */
  readonly type: ColumnType | "whole";
  readonly sql: string;
  /** the column as it was before that expression changed its type */
  readonly written?: string;
  /** a condition that holds where the expression loses nothing */
  readonly isExact?: string;
  /** what a value is to be for which it does not hold, and how to get there */
  readonly cure?: string;
}

/** Facts about a column before its values are read. */
interface Facts {
  readonly missing: number;
  readonly distinct: number;
  readonly isSafe: boolean;
  /** whether the expression that gives it loses nothing */
  readonly isExact: boolean;
  /** whether moments have microseconds beyond their milliseconds */
  readonly hasMicros: boolean;
}

interface Plan extends SourceColumn {
  readonly type: ColumnType;
  readonly facts: Facts;
  /** the texts that the values are codes of */
  readonly texts?: readonly string[];
  /** the expressions of the result that hold the column, and whether its row is missing */
  readonly select: readonly string[];
}

const MAX_PACKED_BYTES = 2 ** 31 - 1;
/** Rows whose texts are packed into one value: the rows of one of DuckDB's row groups. */
const PACKED_ROWS = 122_880;

/**
 * Reads columns of a temporary table in the order of its rows.
 * @throws {HexError} HEX_DATA_INVALID when a value is outside its type
 */
export async function readColumns(
  connection: Connection,
  table: string,
  sources: readonly SourceColumn[],
): Promise<FrameColumn[]> {
  const { rows, facts } = await readFacts(connection, table, sources);
  const plans: Plan[] = [];
  for (const [index, source] of sources.entries()) {
    const known = facts[index];
    if (known)
      plans.push(await planColumn(connection, { table, rows, source, facts: known, index }));
  }
  const buffers = await readBuffers(connection, { table, rows, plans });
  const columns: FrameColumn[] = [];
  for (const plan of plans) {
    const values = buffers.shift() ?? new Int32Array(0);
    const validity = new Validity(rows);
    if (plan.facts.missing > 0) clearMissing(values, buffers.shift(), validity);
    const text = { table, rows, plan, values, validity };
    const isPacked = plan.type === "string" && plan.texts === undefined;
    const { name, type } = plan;
    const data = isPacked ? await readTexts(connection, text) : toData(text);
    columns.push({ name, type, data });
  }
  return columns;
}

async function readFacts(
  connection: Connection,
  table: string,
  sources: readonly SourceColumn[],
): Promise<{ rows: number; facts: Facts[] }> {
  const select = sources.flatMap((source) => [
    `count(${source.sql})`,
    source.type === "string" ? `approx_count_distinct(${source.sql})` : "0",
    `bool_and(${rangeTest(source)})`,
    `bool_and(${source.isExact ?? "true"})`,
    isMoment(source.type) ? `bool_or(epoch_us(${source.sql}) % 1000 <> 0)` : "false",
  ]);
  const [row = []] = await readRows(
    connection,
    `SELECT count(*), ${select.join(", ")} FROM ${quoteName(table)}`,
  );
  const rows = Number(row[0]);
  const facts = sources.map((_, index) => ({
    missing: rows - Number(row[5 * index + 1]),
    distinct: Number(row[5 * index + 2]),
    isSafe: row[5 * index + 3] !== false,
    isExact: row[5 * index + 4] !== false,
    hasMicros: row[5 * index + 5] === true,
  }));
  return { rows, facts };
}

/** A condition that holds for the values of a row that are within the type. */
function rangeTest({ type, sql }: SourceColumn): string {
  switch (type) {
    case "integer":
    case "whole":
      return `${sql} BETWEEN -9007199254740991 AND 9007199254740991`;
    case "date":
      return `${sql} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'`;
    case "datetime":
    case "instant":
      // An infinity has no microseconds, which would count as missing.
      return `isfinite(${sql}) AND epoch_us(${sql}) BETWEEN ${FIRST_MS}000 AND ${LAST_MS}999`;
    default:
      return "true";
  }
}

function isMoment(type: SourceColumn["type"]): boolean {
  return type === "datetime" || type === "instant";
}

interface PlanInput {
  readonly table: string;
  readonly rows: number;
  readonly source: SourceColumn;
  readonly facts: Facts;
  readonly index: number;
}

async function planColumn(connection: Connection, input: PlanInput): Promise<Plan> {
  const { source, facts, rows } = input;
  const type = source.type === "whole" ? (facts.isSafe ? "integer" : "bigint") : source.type;
  const isWithin = facts.isSafe || type === "bigint";
  if (!isWithin || !facts.isExact) throw await rangeError(connection, input, type, isWithin);
  const isMissing = facts.missing > 0 ? [`(${source.sql} IS NULL)::UTINYINT`] : [];
  if (type !== "string") {
    const select = [expression(type, source.sql, facts), ...isMissing];
    return { ...source, type, facts, select };
  }
  if (facts.distinct > dictionaryLimit(rows)) {
    const lengths = `coalesce(strlen(${source.sql}), 0)::INTEGER`;
    return { ...source, type, facts, select: [lengths, ...isMissing] };
  }
  const coded = await createCodes(connection, input);
  return { ...source, type, facts, texts: coded.texts, select: [coded.sql, ...isMissing] };
}

/**
 * Lets DuckDB code a text column of few values. The codes are asked for as integers, because its
 * binding reads all the texts of an ENUM again with every chunk.
 */
async function createCodes(connection: Connection, { table, source, index }: PlanInput) {
  const type = `codes_${index}`;
  const from = `FROM ${quoteName(table)} WHERE ${source.sql} IS NOT NULL`;
  await connection.run(
    `CREATE TEMP TYPE ${type} AS ENUM (SELECT DISTINCT ${source.sql} AS text ${from} ORDER BY text)`,
  );
  const all = `SELECT encode(unnest(enum_range(NULL::${type}))::VARCHAR)`;
  const rows = await readRows(connection, all);
  // The bytes of the texts: the binding's own decoder drops a U+FEFF that a text begins with.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    texts: rows.map(([text]) => decoder.decode(bytesOf(text))),
    sql: `enum_code(${source.sql}::${type})::INTEGER`,
  };
}

function expression(type: ColumnType, sql: string, { hasMicros }: Facts): string {
  switch (type) {
    case "number":
      return `${sql}::DOUBLE`;
    case "boolean":
      return `${sql}::UTINYINT`;
    case "datetime":
    case "instant":
      return hasMicros ? `epoch_us(${sql})` : `epoch_ms(${sql})`;
    case "integer":
    case "bigint":
      return `${sql}::BIGINT`;
    default:
      return sql;
  }
}

interface BufferInput {
  readonly table: string;
  readonly rows: number;
  readonly plans: readonly Plan[];
}

/** The items of every expression of the plans, each in one typed array. */
async function readBuffers(
  connection: Connection,
  { table, rows, plans }: BufferInput,
): Promise<TypedArray[]> {
  const select = plans.flatMap((plan) => plan.select).join(", ");
  const result = await connection.stream(`SELECT ${select} FROM ${quoteName(table)}`);
  const buffers = plans.flatMap((plan) => plan.select.map((_, at) => newBuffer(plan, at, rows)));
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
    if (chunk.rowCount === 0) break;
    for (const [index, buffer] of buffers.entries()) {
      copyItems(buffer, start, itemsOf(chunk.getColumnVector(index)));
    }
    start += chunk.rowCount;
  }
  return buffers;
}

function newBuffer(plan: Plan, at: number, rows: number): TypedArray {
  if (at > 0) return new Uint8Array(rows);
  switch (plan.type) {
    case "string":
    case "date":
      return new Int32Array(rows);
    case "number":
      return new Float64Array(rows);
    case "boolean":
      return new Uint8Array(rows);
    default:
      return new BigInt64Array(rows);
  }
}

interface ReadColumn {
  readonly table: string;
  readonly rows: number;
  readonly plan: Plan;
  readonly values: TypedArray;
  readonly validity: Validity;
}

function toData({ rows, plan, values, validity }: ReadColumn): ColumnData {
  const parts = { length: rows, ...validity.parts() };
  if (plan.texts) {
    const dictionary = toDictionary(textParts(plan.texts));
    return toColumnData("string", { ...parts, values, dictionary });
  }
  if (plan.type === "boolean") return toColumnData("boolean", { ...parts, values: toBits(values) });
  if (plan.type === "integer") return toColumnData("integer", { ...parts, values: narrow(values) });
  return toColumnData(plan.type, { ...parts, values, unit: plan.facts.hasMicros ? "us" : "ms" });
}

/** The texts of a column, which DuckDB packs into a few long ones: their lengths are known. */
async function readTexts(connection: Connection, read: ReadColumn): Promise<ColumnData> {
  const { rows, values: lengths, plan, table, validity } = read;
  const offsets = new Int32Array(rows + 1);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    end += Number(lengths[row]);
    if (end > MAX_PACKED_BYTES) throw sizeError(plan.name);
    offsets[row + 1] = end;
  }
  const bytes = new Uint8Array(end);
  let start = 0;
  const pack = `encode(string_agg(${plan.sql}, '' ORDER BY rowid))`;
  const group = `rowid // ${PACKED_ROWS}`;
  const sql = `SELECT ${pack} FROM ${quoteName(table)} GROUP BY ${group} ORDER BY ${group}`;
  for (const [packed] of await readRows(connection, sql)) {
    const piece = bytesOf(packed);
    bytes.set(piece, start);
    start += piece.length;
  }
  const parts = { length: rows, ...validity.parts() };
  return toColumnData("string", { ...parts, offsets, values: bytes });
}

function bytesOf(value: unknown): Uint8Array {
  const isBlob = typeof value === "object" && value !== null && "bytes" in value;
  return isBlob && value.bytes instanceof Uint8Array ? value.bytes : new Uint8Array(0);
}

async function rangeError(
  connection: Connection,
  { table, source }: PlanInput,
  type: ColumnType,
  isWithin: boolean,
): Promise<HexError> {
  const { isExact = "true", cure = `within the range of type ${type}, to the microsecond` } =
    source;
  const [[row, value] = []] = await readRows(
    connection,
    `SELECT rowid + 1, (${source.written ?? source.sql})::VARCHAR FROM ${quoteName(table)}
     WHERE NOT (${isWithin ? isExact : rangeTest(source)}) ORDER BY rowid LIMIT 1`,
  );
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(source.name)}, row ${row}`,
    expected: isWithin ? cure : `within the range of type ${type}`,
    got: String(value),
  });
}

function sizeError(name: string): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `the texts of column ${JSON.stringify(name)}`,
    expected: "of at most 2 GiB in all",
    got: "more",
  });
}
