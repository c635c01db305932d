import type { SchemaSpec } from "../../frame/schema.ts";

/**
 * Options for a query of PostgreSQL.
 * @example
 * const options: ReadPostgresOptions = { numeric: "nearest", infinity: "missing", nested: "json" };
 */
export interface ReadPostgresOptions {
  /** the run's: when it comes, the server ends the statement */
  readonly signal?: AbortSignal | undefined;
  /** the frame's columns by name; "string" takes a column of any type as PostgreSQL writes it */
  readonly schema?: SchemaSpec | undefined;
  /**
   * decimals: "exact" (unless told) refuses one that a 64-bit float does not give back, "nearest"
   * rounds to the nearest float, "text" keeps all digits
   */
  readonly numeric?: "exact" | "nearest" | "text" | undefined;
  /** "missing" takes days and times that are `infinity` or `-infinity` for missing; else they are refused */
  readonly infinity?: "missing" | undefined;
  /** "json" takes arrays and rows of values as JSON text; else they are refused */
  readonly nested?: "json" | undefined;
  /** "hex" takes bytea as its text, `\x00ff`; else it is refused */
  readonly bytea?: "hex" | undefined;
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
