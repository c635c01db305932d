import { expectation } from "../../errors.ts";
import { buildColumn } from "../column/column-build.ts";
import { batchOf, dictionaryOf, type FrameColumn, readText } from "../column/column-data.ts";
import { takeRows } from "../column/column-take.ts";
import { inferColumnType, missingTest, numbersOf, type ReadRow } from "../column/column-value.ts";
import { RowCoder } from "../column/row-coder.ts";
import { compareTexts } from "../rows/text-order.ts";
import type { ColumnType, Value } from "../schema.ts";
import type { Aggregate } from "./aggregate.ts";
import type { GroupMembers } from "./group-rows.ts";

/** Gives something of the rows of one group. */
type OfGroup<Result> = (rows: Uint32Array) => Result;

/** Computes one aggregate as a column of one value a group. */
export function computeAggregate(
  name: string,
  aggregate: Aggregate,
  source: FrameColumn,
  members: GroupMembers,
): FrameColumn {
  checkSource(aggregate, source);
  if (aggregate.function === "min" || aggregate.function === "max") {
    const rows = ofGroups(members, extremeRow(source, aggregate.function));
    return { name, type: source.type, data: takeRows(source.type, source.data, rows) };
  }
  const values = ofGroups(members, valueOfGroup(aggregate, source));
  const type = resultType(name, aggregate, source, values);
  return { name, type, data: buildColumn(name, type, values) };
}

function ofGroups<Result>({ rows, starts }: GroupMembers, compute: OfGroup<Result>): Result[] {
  const results = new Array<Result>(starts.length - 1);
  for (let group = 0; group < results.length; group++) {
    results[group] = compute(rows.subarray(starts[group], starts[group + 1]));
  }
  return results;
}

function valueOfGroup(aggregate: Aggregate, source: FrameColumn): OfGroup<Value> {
  const isMissing = missingTest(source.data);
  switch (aggregate.function) {
    case "count":
      return (rows) => rows.length;
    case "valid":
      return (rows) => rows.reduce((count, row) => (isMissing(row) ? count : count + 1), 0);
    case "distinct":
      return differentOf(source, isMissing);
    case "sum":
      if (source.type === "bigint") return exactSumOf(source, isMissing);
      return ofNumbers(
        source,
        isMissing,
        source.type === "integer" ? wholeSumOf(source.name) : sumOf,
      );
    case "mean":
      return ofNumbers(source, isMissing, meanOf);
    case "median":
      return ofNumbers(source, isMissing, medianOf);
    case "stdev":
      return ofNumbers(source, isMissing, stdevOf);
    case "min":
    case "max":
      throw new Error("The least and the greatest value are found by their row");
  }
}

/** Computes from the numbers of a group, in memory that all groups share. */
function ofNumbers(
  source: FrameColumn,
  isMissing: ReadRow<boolean>,
  compute: (numbers: Float64Array) => number | null,
): OfGroup<Value> {
  const { values } = batchOf(source.data);
  const read = numbersOf(source) ?? ((row: number) => Number(values[row]));
  let numbers = new Float64Array(0);
  return (rows) => {
    if (numbers.length < rows.length) numbers = new Float64Array(rows.length);
    let count = 0;
    for (const row of rows) if (!isMissing(row)) numbers[count++] = read(row);
    return compute(numbers.subarray(0, count));
  };
}

/** The sum of whole numbers, which is refused where a number cannot hold it exactly. */
function wholeSumOf(name: string): (numbers: Float64Array) => number | null {
  return (numbers) => {
    let sum = 0;
    for (const number of numbers) {
      sum += number;
      if (Number.isSafeInteger(sum)) continue;
      throw expectation("HEX_FRAME_INVALID", {
        place: `the sum of column ${JSON.stringify(name)}`,
        expected: "within ±(2^53 − 1) on its way",
        got: "more, which numbers round",
        hint: "derive a column of bigints first: (row) => row.v === undefined ? undefined : BigInt(row.v)",
      });
    }
    return numbers.length === 0 ? null : sum;
  };
}

function exactSumOf({ data }: FrameColumn, isMissing: ReadRow<boolean>): OfGroup<Value> {
  const { values } = batchOf(data);
  return (rows) => {
    let sum: bigint | null = null;
    for (const row of rows) if (!isMissing(row)) sum = (sum ?? 0n) + BigInt(values[row] ?? 0);
    return sum;
  };
}

function differentOf({ data }: FrameColumn, isMissing: ReadRow<boolean>): OfGroup<Value> {
  const codes = new RowCoder(1).code([data]);
  /** by code, the number of the group in which it was last seen */
  const seen = new Uint32Array(codes.length);
  let group = 0;
  return (rows) => {
    group++;
    let count = 0;
    for (const row of rows) {
      const code = codes[row] ?? 0;
      if (seen[code] === group || isMissing(row)) continue;
      seen[code] = group;
      count++;
    }
    return count;
  };
}

/** The first row with the least or the greatest value of a group; −1 where all are missing. */
function extremeRow(source: FrameColumn, which: "min" | "max"): OfGroup<number> {
  const { type, data } = source;
  const sign = which === "min" ? -1 : 1;
  const { values } = batchOf(data);
  if (type === "string") return firstExtreme(data, textsOf(source), compareTexts, sign);
  const read = numbersOf(source);
  if (read === undefined) {
    return firstExtreme(data, (row) => BigInt(values[row] ?? 0), compareOrdered, sign);
  }
  return firstExtreme(data, read, compareNumbers, sign);
}

function firstExtreme<Item>(
  data: FrameColumn["data"],
  read: ReadRow<Item>,
  compare: (one: Item, other: Item) => number,
  sign: 1 | -1,
): OfGroup<number> {
  const isMissing = missingTest(data);
  return (rows) => {
    let found: { readonly row: number; readonly item: Item } | undefined;
    for (const row of rows) {
      if (isMissing(row)) continue;
      const item = read(row);
      if (found === undefined || compare(item, found.item) * sign > 0) found = { row, item };
    }
    return found?.row ?? -1;
  };
}

function textsOf({ data }: FrameColumn): ReadRow<string> {
  const coded = dictionaryOf(data);
  if (coded === undefined) return (row) => readText(data, row);
  return (row) => coded.cache[Number(coded.values[row])] ?? "";
}

/** NaN is one number above all others. */
function compareNumbers(one: number, other: number): number {
  if (Number.isNaN(one)) return Number.isNaN(other) ? 0 : 1;
  return Number.isNaN(other) ? -1 : compareOrdered(one, other);
}

function compareOrdered<Item extends number | bigint>(one: Item, other: Item): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function resultType(
  name: string,
  { result }: Aggregate,
  source: FrameColumn,
  values: readonly Value[],
): ColumnType {
  switch (result) {
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

function checkSource(aggregate: Aggregate, { name, type }: FrameColumn): void {
  if (aggregate.result !== "number" && aggregate.result !== "sum") return;
  if (type === "number" || type === "integer" || type === "bigint" || type === "boolean") return;
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)} of ${aggregate.function}`,
    expected: "numeric or boolean",
    got: `type ${type}`,
  });
}

/**
 * Aggregates of numbers, by the arithmetic of floats: of NaN comes NaN, of infinity
 * infinity, in any order of the numbers. Of no numbers at all comes null, which is missing.
 */

function sumOf(numbers: Float64Array): number | null {
  if (numbers.length === 0) return null;
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

function meanOf(numbers: Float64Array): number | null {
  const sum = sumOf(numbers);
  if (sum === null) return null;
  if (Number.isFinite(sum)) return sum / numbers.length;
  // The sum of finite numbers may be too large; their mean is not.
  return numbers.reduce((mean, number) => mean + number / numbers.length, 0);
}

/** Of an even number the middle between the two in the middle. The numbers are put in order. */
function medianOf(numbers: Float64Array): number | null {
  if (numbers.length === 0) return null;
  // Typed arrays have NaN last.
  numbers.sort();
  const middle = numbers.length >> 1;
  const upper = numbers[middle] ?? 0;
  if (numbers.length % 2 === 1) return upper;
  const lower = numbers[middle - 1] ?? 0;
  const sum = lower + upper;
  return Number.isFinite(sum) ? sum / 2 : lower / 2 + upper / 2;
}

/** The sample standard deviation; null for fewer than two numbers. */
function stdevOf(numbers: Float64Array): number | null {
  const mean = meanOf(numbers);
  if (mean === null || numbers.length < 2) return null;
  let squares = 0;
  for (const number of numbers) squares += (number - mean) ** 2;
  return Math.sqrt(squares / (numbers.length - 1));
}
