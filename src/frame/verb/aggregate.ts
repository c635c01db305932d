/**
 * The aggregates that `rollup` takes. All of them skip missing values; of nothing at all they give
 * missing, except the counts, which give 0. NaN is a value, as in SQL: of it come NaN sums, means and
 * deviations, and where values are ordered it is one number above all others.
 */

/** What an aggregate gives: a count, a number, or a value of the column's own type. */
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

/** The number of rows, or of the rows where a column has a value. */
export function count<Name extends string = never>(column?: Name): Aggregate<Name, "count"> {
  if (column === undefined) return { function: "count", result: "count" };
  return { function: "valid", result: "count", column };
}

/** The number of different values. */
export function distinctCount<Name extends string>(column: Name): Aggregate<Name, "count"> {
  return { function: "distinct", result: "count", column };
}

export function sum<Name extends string>(column: Name): Aggregate<Name, "sum"> {
  return { function: "sum", result: "sum", column };
}

export function mean<Name extends string>(column: Name): Aggregate<Name, "number"> {
  return { function: "mean", result: "number", column };
}

export function median<Name extends string>(column: Name): Aggregate<Name, "number"> {
  return { function: "median", result: "number", column };
}

/** The sample standard deviation; missing for fewer than two values. */
export function stdev<Name extends string>(column: Name): Aggregate<Name, "number"> {
  return { function: "stdev", result: "number", column };
}

export function min<Name extends string>(column: Name): Aggregate<Name, "value"> {
  return { function: "min", result: "value", column };
}

export function max<Name extends string>(column: Name): Aggregate<Name, "value"> {
  return { function: "max", result: "value", column };
}
