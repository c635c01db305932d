import type { ColumnTable } from "arquero";
import { expectation } from "../../errors.ts";
import { buildColumn, valuesOf } from "../column/column-build.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { inferColumnType, toValue } from "../column/column-value.ts";
import type { ColumnType, Value } from "../schema.ts";
import type { Aggregate, AggregateFunction } from "./aggregate.ts";
import type { TableColumn } from "./view.ts";

/** Rows, possibly in groups, that aggregates run over. */
interface AggregateInput {
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
