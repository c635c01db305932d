import type { AnyFrame, Frame } from "../../frame/frame.ts";
import type { RowOf, SchemaSpec } from "../../frame/schema.ts";
import type { PostgresParameter, ReadPostgresOptions } from "./postgres-options.ts";

/**
 * The rows of one query of a PostgreSQL database, exactly: whole numbers as integer (bigint where one
 * is beyond 2^53), decimals as number where none loses a digit, days, times and instants to the
 * microsecond, all other types as PostgreSQL writes them. docs/sources.md has the table of types.
 * The query runs in a transaction that only reads, of one consistent state.
 *
 * @param url `postgres://user:password@host:5432/database?sslmode=…`: the value of a secret
 * @param parameters for `$1`, `$2` …, which the server takes as values, never as SQL
 * @throws {HexError} HEX_SOURCE_UNAVAILABLE when the server cannot be reached or refuses us;
 * HEX_CELL_FAILED when it refuses the query, naming its line; HEX_DATA_INVALID naming column and row
 * of what no column keeps; HEX_FRAME_INVALID when the columns are not those of the schema
 * @example
 * const orders = cached("shop/orders", async (_values, { secrets, signal }) =>
 *   readPostgres(secrets["DATABASE_URL"], "SELECT day, total FROM orders WHERE region = $1", ["EU"], { signal }),
 * );
 * orders.kind; // → "cached"
 */
export function readPostgres<const Spec extends SchemaSpec>(
  url: string | undefined,
  sql: string,
  parameters: readonly PostgresParameter[] | undefined,
  options: ReadPostgresOptions & { readonly schema: Spec },
): Promise<Frame<RowOf<Spec>>>;
export function readPostgres(
  url: string | undefined,
  sql: string,
  parameters?: readonly PostgresParameter[],
  options?: ReadPostgresOptions,
): Promise<Frame>;
export async function readPostgres(
  url: string | undefined,
  sql: string,
  parameters: readonly PostgresParameter[] = [],
  options: ReadPostgresOptions = {},
): Promise<AnyFrame> {
  // A run that asks no database does not load its driver.
  const { queryPostgres } = await import("./query-postgres.ts");
  return queryPostgres(url, { sql, parameters, options });
}
