import type { CellContext } from "../cell/cell.ts";
import { expectation, HexError } from "../errors.ts";
import type { SqlPlace } from "../frame/duckdb/sql-text.ts";
import type { AnyFrame, Frame } from "../frame/frame.ts";
import type { Value } from "../frame/schema.ts";

/**
 * Options of a query.
 * @example
 * const options: QueryOptions = {
 *   tables: { sales: [{ city: "Ulm", total: 3 }] },
 *   parameters: { cities: ["Ulm", "Bonn"] },
 * };
 */
export interface QueryOptions {
  /** frames, rows or danfo DataFrames, by the names that the query has for them */
  readonly tables?: Readonly<Record<string, unknown>> | undefined;
  /** values for `$name` in the query; a list is one for `IN $name` */
  readonly parameters?: Readonly<Record<string, Value | readonly Value[]>> | undefined;
  /**
   * the second argument of the cell's function: its signal stops the query, its progress is told, and
   * `'store:raw/x.parquet'` is read from its store
   */
  readonly context?: Pick<CellContext, "signal" | "progress" | "store"> | undefined;
  /** stops the query; that of the context unless told */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs one SELECT by DuckDB, over frames and over files below the working folder, which is the
 * project's: `FROM 'data/flights.parquet'`, `read_csv('data/*.csv')`. Values are exact or refused:
 * docs/cells.md has the rules. Heavy queries wait for each other, and go to the disk when half of the
 * run's memory is full.
 *
 * @throws {HexError} HEX_CELL_INVALID when it is not one SELECT, or names what it may not read;
 * HEX_CELL_FAILED, with what DuckDB says, when it fails
 * @example
 * const sales = frame([{ city: "Ulm", total: 3 }, { city: "Bonn", total: 4 }]);
 * const sql = "SELECT city FROM sales WHERE total >= $least";
 * (await query(sql, { tables: { sales }, parameters: { least: 4 } })).rows(); // → [{ city: "Bonn" }]
 */
export async function query(
  sql: string,
  { tables = {}, parameters = {}, context, signal = context?.signal }: QueryOptions = {},
): Promise<Frame> {
  const [{ queryFrames }, { toFrame }] = await Promise.all([
    import("../frame/duckdb/sql.ts"),
    import("../frame/to-frame.ts"),
  ]);
  const frames = Object.entries(tables).map(([name, value]): [string, AnyFrame] => {
    const frame = toFrame(value);
    if (frame !== undefined) return [name, frame];
    throw expectation("HEX_CELL_INVALID", {
      place: `table ${name} of the query`,
      expected: "a frame, rows or a danfo DataFrame",
      got: Array.isArray(value) ? "an empty list" : typeof value,
    });
  });
  try {
    return await queryFrames(sql, Object.fromEntries(frames), parameters, {
      place: {
        directory: process.cwd(),
        openStored: context && ((path) => context.store.url(path)),
      },
      isHeavy: true,
      signal,
      onProgress: context && ((fraction) => context.progress(fraction)),
    });
  } catch (error) {
    throw toPlaced(error);
  }
}

/** The failure with the line and the column of the query, where DuckDB tells them. */
function toPlaced(error: unknown): unknown {
  const place: unknown = error instanceof HexError && "place" in error ? error.place : undefined;
  if (!(error instanceof HexError) || !isPlace(place)) return error;
  const message = `line ${place.line}, column ${place.column} of the query: ${error.message}`;
  return new HexError(error.code, message, { cause: error });
}

function isPlace(place: unknown): place is SqlPlace {
  return typeof place === "object" && place !== null && "line" in place && "column" in place;
}
