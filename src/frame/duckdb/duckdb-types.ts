import { expectation } from "../../errors.ts";
import { type Connection, quoteName, readRows } from "./duckdb.ts";
import type { SourceColumn } from "./duckdb-read.ts";

/**
 * The columns of a DuckDB table as a frame has them: whole numbers beyond ±(2^53 − 1) are bigint,
 * decimals are numbers, timestamps are kept to the microsecond and refused where they have more, and
 * times, intervals, UUIDs and JSON are text.
 * @throws {HexError} HEX_DATA_INVALID for a column that no frame can hold, such as a list
 */
export async function describeTable(
  connection: Connection,
  table: string,
): Promise<SourceColumn[]> {
  // duckdb_columns() would fill the catalog with all of DuckDB's own views first, in 20 ms.
  const rows = await readRows(connection, `DESCRIBE ${quoteName(table)}`);
  return rows.map(([name, type]) => toSource(String(name), String(type)));
}

/** Types whose values a frame has as they are. */
const SAME: readonly (readonly [RegExp, SourceColumn["type"]])[] = [
  [/^U?(?:TINY|SMALL)INT$|^U?INTEGER$/, "integer"],
  [/^BIGINT$/, "whole"],
  [/^(?:FLOAT|DOUBLE)$/, "number"],
  [/^BOOLEAN$/, "boolean"],
  [/^DATE$/, "date"],
  [/^TIMESTAMP WITH TIME ZONE$/, "instant"],
  [/^VARCHAR$/, "string"],
];

/** Types of which a frame has the text. */
const TEXTS = /^(?:UUID|TIME(?!STAMP).*|INTERVAL|JSON|BIT|"NULL"|ENUM\(.*\))$/s;

function toSource(name: string, type: string): SourceColumn {
  const sql = quoteName(name);
  const same = SAME.find(([pattern]) => pattern.test(type))?.[1];
  if (same !== undefined) return { name, type: same, sql };
  const [, digits, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (scale === "0" || /^(?:U?HUGEINT|UBIGINT)$/.test(type)) return toWhole(name, sql);
  if (digits !== undefined) return toDecimal(name, sql, { type, digits: Number(digits) });
  if (type.startsWith("TIMESTAMP")) {
    const isExact = type === "TIMESTAMP_NS" ? `epoch_ns(${sql}) % 1000 = 0` : "true";
    return { name, type: "datetime", sql: `${sql}::TIMESTAMP`, written: sql, isExact };
  }
  if (TEXTS.test(type)) return { name, type: "string", sql: `${sql}::VARCHAR` };
  throw expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)}`,
    expected: "of a type that a frame can hold",
    got: type,
    hint: toCure(sql, type),
  });
}

/** Whole numbers that may be beyond 64 bits, such as the sum of a BIGINT. */
function toWhole(name: string, sql: string): SourceColumn {
  const isExact = `${sql} BETWEEN -9223372036854775808 AND 9223372036854775807`;
  const cure = `within 64 bits, or cast: ${sql}::VARCHAR keeps it as text, ${sql}::DOUBLE rounds it`;
  return { name, type: "whole", sql, isExact, cure };
}

/** The number of a decimal is that of its text: up to 15 digits all are told apart. */
function toDecimal(
  name: string,
  column: string,
  { type, digits }: { readonly type: string; readonly digits: number },
): SourceColumn {
  if (digits <= 15) return { name, type: "number", sql: column };
  const sql = `${column}::VARCHAR::DOUBLE`;
  const isExact = `TRY_CAST(${sql}::VARCHAR AS ${type}) IS NOT DISTINCT FROM ${column}`;
  const cure = `a decimal that a number holds, or cast: ${column}::VARCHAR keeps it as text, ${column}::DOUBLE rounds it`;
  return { name, type: "number", sql, written: column, isExact, cure };
}

/** The cast that makes of a column what a frame can hold. */
function toCure(column: string, type: string): string {
  if (type === "BLOB") return `select hex(${column}) or base64(${column})`;
  const isNested = /\]$|^(?:STRUCT|MAP|UNION)\(|^VARIANT$/s.test(type);
  return `select ${isNested ? `to_json(${column})` : `${column}::VARCHAR`}`;
}
