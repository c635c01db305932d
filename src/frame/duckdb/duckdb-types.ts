import { HexError } from "../../errors.ts";
import { type Connection, quoteName, readRows } from "./duckdb.ts";
import type { SourceColumn } from "./duckdb-read.ts";

/**
 * The columns of a DuckDB table as a frame has them: whole numbers beyond ±(2^53 − 1) are bigint,
 * decimals are numbers, timestamps are kept to the microsecond and refused where they have more, and
 * times, intervals and UUIDs are text.
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

function toSource(name: string, type: string): SourceColumn {
  const sql = quoteName(name);
  if (/^U?(?:TINY|SMALL)INT$|^U?INTEGER$/.test(type)) return { name, type: "integer", sql };
  if (/^U?(?:BIG|HUGE)INT$/.test(type)) return { name, type: "whole", sql };
  if (/^(?:FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type)) return { name, type: "number", sql };
  if (type === "BOOLEAN") return { name, type: "boolean", sql };
  if (type === "DATE") return { name, type: "date", sql };
  if (type === "TIMESTAMP WITH TIME ZONE") return { name, type: "instant", sql };
  if (type === "TIMESTAMP_NS") {
    const isExact = `epoch_ns(${sql}) % 1000 = 0`;
    return { name, type: "datetime", sql: `${sql}::TIMESTAMP`, written: sql, isExact };
  }
  if (type.startsWith("TIMESTAMP")) return { name, type: "datetime", sql: `${sql}::TIMESTAMP` };
  if (type === "VARCHAR") return { name, type: "string", sql };
  if (/^(?:UUID|TIME.*|INTERVAL|"NULL"|ENUM\(.*\))$/s.test(type)) {
    return { name, type: "string", sql: `${sql}::VARCHAR` };
  }
  throw new HexError(
    "HEX_DATA_INVALID",
    `Expected column ${JSON.stringify(name)} to be of a type that a frame can hold, got ${type} (cast it to VARCHAR)`,
  );
}
