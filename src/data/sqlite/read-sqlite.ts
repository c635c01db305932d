import type { AnyFrame, Frame } from "../../frame/frame.ts";
import type { RowOf, SchemaSpec } from "../../frame/schema.ts";
import type { ReadSqliteOptions, SqliteParameter } from "./sqlite-options.ts";

/**
 * The rows of one query of a SQLite file, which is only read. Whole numbers are integer (bigint where
 * one is beyond 2^53), numbers with others among them number, texts string; what a column holds
 * besides is refused at its row. The file that the code names counts as the cell's data.
 *
 * @param path of the file, below the project's folder
 * @param parameters for `?` in their order, or `?1`, `?2` …
 * @throws {HexError} HEX_DATA_INVALID when there is no such database, naming column and row of what no
 * column keeps; HEX_CELL_FAILED when SQLite refuses the query; HEX_FRAME_INVALID when columns or
 * values are not those of the schema
 * @example
 * const orders = cached("shop/orders", () =>
 *   readSqlite("data/shop.db", "SELECT day, total FROM orders WHERE region = ?", ["EU"], {
 *     schema: { day: "date", total: "number" },
 *   }),
 * );
 * orders.kind; // → "cached"
 */
export function readSqlite<const Spec extends SchemaSpec>(
  path: URL | string,
  sql: string,
  parameters: readonly SqliteParameter[] | undefined,
  options: ReadSqliteOptions & { readonly schema: Spec },
): Promise<Frame<RowOf<Spec>>>;
export function readSqlite(
  path: URL | string,
  sql: string,
  parameters?: readonly SqliteParameter[],
  options?: ReadSqliteOptions,
): Promise<Frame>;
export async function readSqlite(
  path: URL | string,
  sql: string,
  parameters: readonly SqliteParameter[] = [],
  options: ReadSqliteOptions = {},
): Promise<AnyFrame> {
  const { querySqlite } = await import("./query-sqlite.ts");
  return querySqlite(path, { sql, parameters, options });
}
