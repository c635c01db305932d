/**
 * The aggregates that `rollup` takes. All of them skip missing values (and NaN, as Arquero does);
 * of nothing at all they give missing, except the counts, which give 0.
 */
import type { ColumnTable } from "arquero";
import { expectation } from "../../errors.ts";
import { buildColumn, valuesOf } from "../column/column-build.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { inferColumnType, toValue } from "../column/column-value.ts";
import type { ColumnType, Value } from "../schema.ts";
import type { TableColumn } from "./view.ts";

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

/** Rows, possibly in groups, that aggregates run over. */
export interface AggregateInput {
  /** a table whose rows, mask and groups are those to aggregate, in no order */
  readonly table: ColumnTable;
  /** the column, with as many rows as the table */
  readonly source: FrameColumn;
}

/** Computes one aggregate as a column of one value a group. */
export function computeAggregate(
  name: string,
  aggregate: Aggregate,
  { table, source }: AggregateInput,
): FrameColumn {
  checkSource(aggregate, source);
  const column: TableColumn | (number | null)[] = aggregated(aggregate, source);
  const input = table.create({ data: { c0: column } });
  const rolled = input.rollup({ result: expression(aggregate.function) });
  const values = Array.from<Value | undefined, Value>(rolled.array("result"), toValue);
  const type = resultType(name, aggregate, source, values);
  return { name, type, data: buildColumn(name, type, values) };
}

/** The column of an aggregate over no groups at all. */
export function emptyAggregate(
  name: string,
  aggregate: Aggregate,
  source: FrameColumn,
): FrameColumn {
  checkSource(aggregate, source);
  const type = resultType(name, aggregate, source, []);
  return { name, type, data: buildColumn(name, type, []) };
}

function expression(name: AggregateFunction): string {
  if (name === "count") return "d => op.count()";
  // Arquero counts "missing" as one more distinct value.
  if (name === "distinct") return "d => op.distinct(d.c0) - (op.invalid(d.c0) > 0 ? 1 : 0)";
  return `d => op.${name}(d.c0)`;
}

function resultType(
  name: string,
  aggregate: Aggregate,
  source: FrameColumn,
  values: readonly Value[],
): ColumnType {
  switch (aggregate.result) {
    case "count":
      return "integer";
    case "number":
      return "number";
    case "value":
      return source.type;
    case "sum":
      if (source.type === "number" || source.type === "bigint") return source.type;
      return values.every((value) => value === null) ? "integer" : inferColumnType(name, values);
  }
}

/** Bigints only have exact sums, least and greatest values; the rest is computed from numbers. */
function aggregated({ result }: Aggregate, { type, data }: FrameColumn) {
  if (type !== "bigint" || result !== "number") return data;
  return valuesOf(data).map((value) => (value === null ? null : Number(value)));
}

function checkSource(aggregate: Aggregate, { name, type }: FrameColumn): void {
  if (aggregate.result !== "number" && aggregate.result !== "sum") return;
  if (type === "number" || type === "integer" || type === "bigint" || type === "boolean") return;
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)} of ${aggregate.function}`,
    expected: "numeric or boolean",
    got: `type ${type}`,
  });
}
