import { parseDatetime, parseDay, parseMicros } from "../../../../frame/column/moment.ts";
import type { JsonRow, JsonScalar } from "../../../../frame/json.ts";
import type { RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { RowSort } from "../../../../frame/rows/table-rows.ts";
import { compareTexts } from "../../../../frame/rows/text-order.ts";
import {
  type MomentType,
  parseMomentRange,
  parseTypedRange,
} from "../../../../frame/rows/typed-range.ts";
import type { Column, ColumnType, Schema } from "../../../../frame/schema.ts";
import type { RowsAnswer } from "../../../../kernel/evaluation.ts";
import type { RowsOrder, RowsSource, RowsSpan } from "../rows-source.ts";

/** Whether a value, which is not missing, passes. */
type ValueTest = (value: JsonScalar) => boolean;

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

function toRowTest(filter: RowFilter, column: Column): (row: JsonRow) => boolean {
  const { name } = column;
  if (filter.test === "missing") return (row) => isMissing(row[name]);
  if (filter.test === "present") return (row) => !isMissing(row[name]);
  const passes = toValueTest(filter, column);
  return (row) => {
    const value = row[name];
    return !isMissing(value) && passes(value);
  };
}

function isMissing(value: JsonScalar | undefined): value is null | undefined {
  return value === null || value === undefined;
}

function toValueTest({ test, value = "" }: RowFilter, { name, type }: Column): ValueTest {
  const wanted = value.toLowerCase();
  if (test === "contains") return (each) => String(each).toLowerCase().includes(wanted);
  if (type === "string") return toTextTest(test, wanted);
  if (type === "bigint") return toBigintTest(test, name, value.trim());
  const isMoment = type === "datetime" || type === "instant";
  const range = isMoment ? parseMomentRange(type, value) : parseTypedRange(type, value);
  if (range === undefined) throw new Error(`“${value}” is no value of column “${name}”.`);
  const { first, last } = range;
  const read = isMoment ? momentOf : (each: JsonScalar) => numberOf(each, type);
  if (test === "at-least") return (each) => read(each) >= first;
  if (test === "at-most") return (each) => read(each) <= last;
  if (Number.isNaN(first)) return (each) => Number.isNaN(read(each));
  return (each) => read(each) >= first && read(each) <= last;
}

function toTextTest(test: RowFilter["test"], wanted: string): ValueTest {
  if (test === "at-least") return (each) => String(each).toLowerCase() >= wanted;
  if (test === "at-most") return (each) => String(each).toLowerCase() <= wanted;
  return (each) => String(each).toLowerCase() === wanted;
}

function toBigintTest(test: RowFilter["test"], name: string, value: string): ValueTest {
  if (!/^[+-]?\d+$/.test(value)) throw new Error(`“${value}” is no value of column “${name}”.`);
  const bound = BigInt(value.replace("+", ""));
  if (test === "at-least") return (each) => BigInt(String(each)) >= bound;
  if (test === "at-most") return (each) => BigInt(String(each)) <= bound;
  return (each) => BigInt(String(each)) === bound;
}

/** A value as a number in the order of its type; NaN for what is none. */
function numberOf(value: JsonScalar, type: Exclude<ColumnType, MomentType>): number {
  switch (type) {
    case "number":
    case "integer":
      if (value === "INF") return Number.POSITIVE_INFINITY;
      return value === "-INF" ? Number.NEGATIVE_INFINITY : Number(value);
    case "date":
      return parseDay(String(value)) ?? Number.NaN;
    case "string":
    case "bigint":
    case "boolean":
      return Number(value);
  }
}

/** A datetime or an instant as microseconds since 1970, which numbers cannot tell apart. */
function momentOf(value: JsonScalar): bigint {
  const text = String(value).replace("Z", "");
  return BigInt(parseDatetime(text) ?? 0) * 1000n + BigInt(parseMicros(text));
}

/**
 * Equal rows keep their order. NaN is a number above all others, missing values stand last in either
 * direction.
 */
function sorted(rows: readonly JsonRow[], sort: RowSort, column: Column): readonly JsonRow[] {
  const { name, type } = column;
  const present = rows.filter((row) => !isMissing(row[name]));
  const missing = rows.filter((row) => isMissing(row[name]));
  const compare = comparison(type);
  const direction = sort.descending ? -1 : 1;
  present.sort((a, b) => direction * compare(a[name] ?? null, b[name] ?? null));
  return [...present, ...missing];
}

function comparison(type: ColumnType): (a: JsonScalar, b: JsonScalar) => number {
  if (type === "string") {
    return (a, b) =>
      compareTexts(String(a).toLowerCase(), String(b).toLowerCase()) ||
      compareTexts(String(a), String(b));
  }
  if (type === "bigint") return (a, b) => order(BigInt(String(a)), BigInt(String(b)));
  if (type === "datetime" || type === "instant") return (a, b) => order(momentOf(a), momentOf(b));
  return (a, b) => orderNumbers(numberOf(a, type), numberOf(b, type));
}

function orderNumbers(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : order(a, b);
}

function order<Item extends number | bigint>(a: Item, b: Item): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
