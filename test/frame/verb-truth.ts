/** What the verbs promise, by values one after the other: the plain reference beside which they are tested. */
import type { Value } from "../../src/frame/schema.ts";

export type PlainRow = Readonly<Record<string, Value>>;

/** Two values have the same key exactly when they are one value: both zeros are, and all NaN. */
export function keyOf(value: Value): string {
  if (value instanceof Date) return `instant ${value.valueOf()}`;
  return `${typeof value} ${Object.is(value, -0) ? 0 : String(value)}`;
}

function keyOfRow(row: PlainRow, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => keyOf(row[name] ?? null)));
}

/** The rows of each group, groups in the order they are first seen. */
export function groupPlainly(rows: readonly PlainRow[], names: readonly string[]): PlainRow[][] {
  const groups = new Map<string, PlainRow[]>();
  for (const row of rows) {
    const key = keyOfRow(row, names);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(row);
  }
  return [...groups.values()];
}

/** Pairs of rows with the same values, none of them missing, in the order of the left and then of the right. */
export function joinPlainly(
  left: readonly PlainRow[],
  right: readonly PlainRow[],
  names: readonly string[],
): PlainPair[] {
  const isWhole = (row: PlainRow) => names.every((name) => row[name] !== null);
  return left.flatMap((one): PlainPair[] => {
    const key = keyOfRow(one, names);
    const isSame = (other: PlainRow) => isWhole(other) && keyOfRow(other, names) === key;
    const found = isWhole(one) ? right.filter(isSame) : [];
    return found.length === 0 ? [[one, undefined]] : found.map((other) => [one, other]);
  });
}

/** A row, and one that it matches. */
type PlainPair = readonly [PlainRow, PlainRow | undefined];

export interface PlainOrder {
  readonly name: string;
  readonly isDescending: boolean;
}

/** Missing last in either direction, NaN above all other numbers, equal rows in their own order. */
export function sortPlainly(rows: readonly PlainRow[], keys: readonly PlainOrder[]): PlainRow[] {
  return rows.toSorted((one, other) => {
    const orders = keys.map(({ name, isDescending }) =>
      compareKeys(one[name] ?? null, other[name] ?? null, isDescending),
    );
    return orders.find((order) => order !== 0) ?? 0;
  });
}

function compareKeys(one: Value, other: Value, isDescending: boolean): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  const order = compareValues(one, other);
  return isDescending ? -order : order;
}

function compareValues(one: NonNullable<Value>, other: NonNullable<Value>): number {
  if (typeof one === "string" && typeof other === "string") {
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  }
  const [isNan, isOtherNan] = [Number.isNaN(one), Number.isNaN(other)];
  if (isNan || isOtherNan) return Number(isNan) - Number(isOtherNan);
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The values of a column that are there. */
export function present(rows: readonly PlainRow[], name: string): NonNullable<Value>[] {
  return rows.flatMap((row) => row[name] ?? []);
}

/** The first of the values with none before it in their order. */
export function leastOf(values: readonly NonNullable<Value>[], sign: 1 | -1): Value {
  return values.reduce<Value>((best, value) => {
    return best === null || compareValues(value, best) * sign < 0 ? value : best;
  }, null);
}

export function sumOf(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0);
}

export function meanOf(numbers: readonly number[]): number | null {
  const sum = sumOf(numbers);
  if (sum === null) return null;
  if (Number.isFinite(sum)) return sum / numbers.length;
  return numbers.reduce((mean, number) => mean + number / numbers.length, 0);
}

export function medianOf(numbers: readonly number[]): number | null {
  if (numbers.length === 0) return null;
  const sorted = Float64Array.from(numbers).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  if (sorted.length % 2 === 1) return upper;
  const lower = sorted[middle - 1] ?? 0;
  return Number.isFinite(lower + upper) ? (lower + upper) / 2 : lower / 2 + upper / 2;
}

export function stdevOf(numbers: readonly number[]): number | null {
  const mean = meanOf(numbers);
  if (mean === null || numbers.length < 2) return null;
  const squares = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
  return Math.sqrt(squares / (numbers.length - 1));
}
