import { parseDatetime, parseDay, parseMicros } from "../../../../frame/column/moment.ts";
import type { JsonRow, JsonScalar } from "../../../../frame/json.ts";
import type { RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { RowSort } from "../../../../frame/rows/table-rows.ts";
import { compareTexts, foldCase } from "../../../../frame/rows/text-order.ts";
import {
  type Comparison,
  type Ordered,
  parseMomentRange,
  parseTypedRange,
  rangeTest,
  textComparison,
} from "../../../../frame/rows/typed-range.ts";
import type { Column, ColumnType, Schema } from "../../../../frame/schema.ts";
import type { RowsAnswer } from "../../../../kernel/evaluation.ts";
import type { RowsOrder, RowsSource, RowsSpan } from "../rows-source.ts";

/**
 * The rows that pass all filters, in the order that is asked for: by the rules of the server
 * (`frame/rows/table-rows.ts`), for tables that are all in the browser.
 * @throws {Error} with a sentence for the viewer, when a value is none that its column can have
 * @internal
 */
export function passingRows(
  rows: readonly JsonRow[],
  schema: Schema,
  { sort, filters = [] }: RowsOrder,
): readonly JsonRow[] {
  const tests = filters.map((filter) => toRowTest(filter, columnOf(schema, filter.column)));
  const passing = tests.length === 0 ? rows : rows.filter((row) => tests.every((it) => it(row)));
  return sort === undefined ? passing : sorted(passing, sort, columnOf(schema, sort.column));
}

function columnOf(schema: Schema, name: string): Column {
  const column = schema.find((each) => each.name === name);
  if (column === undefined) throw new Error(`The table has no column “${name}”.`);
  return column;
}

function toRowTest({ test, value = "" }: RowFilter, column: Column): (row: JsonRow) => boolean {
  const { name } = column;
  if (test === "missing") return (row) => isMissing(row[name]);
  if (test === "present") return (row) => !isMissing(row[name]);
  const passes = toValueTest(test, value, column);
  return (row) => {
    const cell = row[name];
    return !isMissing(cell) && passes(cell);
  };
}

function isMissing(value: JsonScalar | undefined): value is null | undefined {
  return value === null || value === undefined;
}

function toValueTest(test: Comparison, value: string, { name, type }: Column) {
  if (type === "string" || test === "contains") {
    const passes = textComparison(test, foldCase(value));
    return (each: JsonScalar) => passes(foldCase(String(each)));
  }
  const isMoment = type === "datetime" || type === "instant";
  const range = isMoment ? parseMomentRange(type, value) : parseTypedRange(type, value);
  if (range === undefined) throw new Error(`“${value}” is no value of column “${name}”.`);
  return rangeTest(test, (each: JsonScalar) => numberOf(each, type), range);
}

/** A value as a number in the order of its type, a moment in microseconds; NaN for what is none. */
function numberOf(value: JsonScalar, type: Exclude<ColumnType, "string">): Ordered {
  const text = String(value);
  switch (type) {
    case "number":
    case "integer":
      return Number(text.replace("INF", "Infinity"));
    case "boolean":
      return Number(value);
    case "bigint":
      return BigInt(text);
    case "date":
      return parseDay(text) ?? Number.NaN;
    case "datetime":
    case "instant": {
      const moment = text.replace("Z", "");
      return BigInt(parseDatetime(moment) ?? 0) * 1000n + BigInt(parseMicros(moment));
    }
  }
}

/**
 * Equal rows keep their order. NaN is a number above all others, missing values stand last in either
 * direction.
 */
function sorted(rows: readonly JsonRow[], sort: RowSort, { name, type }: Column) {
  const present = rows.filter((row) => !isMissing(row[name]));
  const missing = rows.filter((row) => isMissing(row[name]));
  const compare =
    type === "string"
      ? (a: JsonScalar, b: JsonScalar) =>
          compareTexts(foldCase(String(a)), foldCase(String(b))) ||
          compareTexts(String(a), String(b))
      : (a: JsonScalar, b: JsonScalar) => compareNumbers(numberOf(a, type), numberOf(b, type));
  const direction = sort.descending ? -1 : 1;
  present.sort((a, b) => direction * compare(a[name] ?? null, b[name] ?? null));
  return [...present, ...missing];
}

function compareNumbers(a: Ordered, b: Ordered): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
}

interface RowsAtHand extends RowsSource {
  read(span: RowsSpan, signal: AbortSignal): Promise<RowsAnswer>;
}

let count = 0;

/** A source over rows that are all at hand; it sorts and filters them by the server's rules. */
export function fromRows(rows: readonly JsonRow[], schema: Schema): RowsAtHand {
  let last: { readonly order: string; readonly rows: readonly JsonRow[] } | undefined;
  function ordered({ sort, filters }: RowsOrder): readonly JsonRow[] {
    const order = JSON.stringify([sort, filters]);
    if (last?.order !== order) last = { order, rows: passingRows(rows, schema, { sort, filters }) };
    return last.rows;
  }
  count += 1;
  return {
    key: `rows-${count}`,
    async read({ offset, limit, ...order }) {
      const passing = ordered(order);
      return { rows: passing.length, offset, head: passing.slice(offset, offset + limit) };
    },
    csvUrl: () => undefined,
  };
}
