import type { SchemaSpec } from "../../frame/schema.ts";

/**
 * Options for a query of PostgreSQL.
 * @example
 * const options: ReadPostgresOptions = { decimals: "number", infinity: "missing", nested: "json" };
 */
export interface ReadPostgresOptions {
  /** the run's: when it comes, the server ends the statement */
  readonly signal?: AbortSignal | undefined;
  /** the frame's columns by name; "string" takes a column of any type as PostgreSQL writes it */
  readonly schema?: SchemaSpec | undefined;
  /**
   * decimals as their digits, or as the nearest 64-bit floats; unless told, they are numbers, and one
   * that no float gives back is refused
   */
  readonly decimals?: "text" | "number" | undefined;
  /** "missing" takes days and times that are `infinity` or `-infinity` for missing; else they are refused */
  readonly infinity?: "missing" | undefined;
  /** "json" takes arrays and rows of values as JSON text; else they are refused */
  readonly nested?: "json" | undefined;
  /** "hex" takes bytea as its bytes in hexadecimal digits; else it is refused */
  readonly binary?: "hex" | undefined;
  /** the zone in which the statement sees days and clocks, such as "Europe/Berlin"; "UTC" unless told */
  readonly timeZone?: string | undefined;
  /** called with the number of rows that are there, at most four times a second */
  readonly progress?: ((rows: number) => void) | undefined;
}

/**
 * A value for `$1`, `$2` … in a query. A list is an array of PostgreSQL's.
 * @example
 * const parameters: PostgresParameter[] = ["Ulm", 3, 3n, true, new Date(0), null, [1, 2]];
 */
export type PostgresParameter =
  | string
  | number
  | bigint
  | boolean
  | Date
  | null
  | readonly PostgresParameter[];
