import type { SchemaSpec } from "../../frame/schema.ts";

/**
 * Options for a query of a SQLite file.
 * @example
 * const options: ReadSqliteOptions = { schema: { day: "date", total: "number" } };
 */
export interface ReadSqliteOptions {
  /** the run's; it is looked at between rows */
  readonly signal?: AbortSignal | undefined;
  /**
   * the frame's columns by name: SQLite has no days, times or booleans, which are texts or numbers
   * unless the schema says more; "string" takes numbers as their text
   */
  readonly schema?: SchemaSpec | undefined;
  /** "hex" takes blobs as their bytes in hexadecimal digits; else they are refused */
  readonly binary?: "hex" | undefined;
}

/**
 * A value for `?` or `?1` in a query of SQLite.
 * @example
 * const parameters: SqliteParameter[] = ["Ulm", 3, 3n, null];
 */
export type SqliteParameter = string | number | bigint | null;
