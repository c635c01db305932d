/**
 * The aggregates that `rollup` takes. All of them skip missing values; of nothing at all they give
 * missing, except the counts, which give 0. NaN is a value, as in SQL: of it come NaN sums, means and
 * deviations, and where values are ordered it is one number above all others.
 */

/** The result of an aggregate: a count, a number, or a value of the column's own type. */
export type AggregateResult = "count" | "number" | "sum" | "value";

type AggregateFunction =
  | "count"
  | "valid"
  | "sum"
  | "mean"
  | "min"
  | "max"
  | "median"
  | "stdev"
  | "distinct";

/** One aggregate of one column; `Name` is the column it needs. */
export interface Aggregate<
  Name extends string = string,
  Result extends AggregateResult = AggregateResult,
> {
  readonly function: AggregateFunction;
  readonly result: Result;
  /** absent for a count of rows */
  readonly column?: Name;
}

/**
 * The number of rows, or of the rows where a column has a value: 0 for none.
 * @example
 * const sales = frame([{ total: 3 }, { total: null }]);
 * sales.rollup({ rows: count(), known: count("total") }).rows(); // → [{ rows: 2, known: 1 }]
 */
export function count<Name extends string = never>(column?: Name): Aggregate<Name, "count"> {
  if (column === undefined) return { function: "count", result: "count" };
  return { function: "valid", result: "count", column };
}

/**
 * The number of different values, without missing ones: 0 for none.
 * @example
 * frame([{ city: "Ulm" }, { city: "Ulm" }]).rollup({ cities: distinctCount("city") }).at("cities", 0); // → 1
 */
export function distinctCount<Name extends string>(column: Name): Aggregate<Name, "count"> {
  return { function: "distinct", result: "count", column };
}

/**
 * The sum of numbers, a bigint for bigints. Missing values are skipped; of none at all it is missing,
 * of NaN it is NaN.
 * @throws {HexError} HEX_FRAME_INVALID when the column is of no numbers, or whole numbers add up to
 * one that its type cannot hold
 * @example
 * frame([{ total: 3 }, { total: 4 }]).rollup({ sum: sum("total") }).at("sum", 0); // → 7
 */
export function sum<Name extends string>(column: Name): Aggregate<Name, "sum"> {
  return { function: "sum", result: "sum", column };
}

/**
 * The arithmetic mean. Missing values are skipped; of none at all it is missing, of NaN it is NaN.
 * @throws {HexError} HEX_FRAME_INVALID when the column is of no numbers
 * @example
 * frame([{ total: 3 }, { total: 4 }]).rollup({ mean: mean("total") }).at("mean", 0); // → 3.5
 */
export function mean<Name extends string>(column: Name): Aggregate<Name, "number"> {
  return { function: "mean", result: "number", column };
}

/**
 * The median, of an even number of values the mean of both in the middle. Missing values are skipped;
 * of none at all it is missing. NaN is above all other numbers.
 * @throws {HexError} HEX_FRAME_INVALID when the column is of no numbers
 * @example
 * frame([{ total: 3 }, { total: 9 }, { total: 4 }]).rollup({ m: median("total") }).at("m", 0); // → 4
 */
export function median<Name extends string>(column: Name): Aggregate<Name, "number"> {
  return { function: "median", result: "number", column };
}

/**
 * The sample standard deviation. Missing values are skipped; of fewer than two it is missing, of NaN
 * it is NaN.
 * @throws {HexError} HEX_FRAME_INVALID when the column is of no numbers
 * @example
 * frame([{ total: 2 }, { total: 4 }, { total: 6 }]).rollup({ s: stdev("total") }).at("s", 0); // → 2
 */
export function stdev<Name extends string>(column: Name): Aggregate<Name, "number"> {
  return { function: "stdev", result: "number", column };
}

/**
 * The least value, of the column's own type. Missing values are skipped; of none at all it is
 * missing. NaN is above all other numbers.
 * @example
 * frame([{ city: "Ulm" }, { city: "Bonn" }]).rollup({ first: min("city") }).at("first", 0); // → "Bonn"
 */
export function min<Name extends string>(column: Name): Aggregate<Name, "value"> {
  return { function: "min", result: "value", column };
}

/**
 * The greatest value, of the column's own type. Missing values are skipped; of none at all it is
 * missing. NaN is above all other numbers.
 * @example
 * frame([{ total: 3 }, { total: 4 }]).rollup({ most: max("total") }).at("most", 0); // → 4
 */
export function max<Name extends string>(column: Name): Aggregate<Name, "value"> {
  return { function: "max", result: "value", column };
}
