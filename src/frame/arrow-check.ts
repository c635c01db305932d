import type { Batch } from "@uwdata/flechette";
import { expectation } from "../errors.ts";
import { isTimestamp, millisecondsOf } from "./arrow-moments.ts";
import { halvesOf, hasDictionary } from "./column/column-data.ts";
import { FIRST_DAY, FIRST_MS, LAST_DAY, LAST_MS } from "./column/moment.ts";
import type { ColumnType, Value } from "./schema.ts";

/** The whole numbers that a column of a type may hold, where not all that fit its bytes. */
const RANGES: Readonly<Partial<Record<ColumnType, readonly [number, number]>>> = {
  integer: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  date: [FIRST_DAY, LAST_DAY],
  datetime: [FIRST_MS, LAST_MS],
  instant: [FIRST_MS, LAST_MS],
};

/**
 * Checks that every row of a batch can be read as a value of its column's type.
 * @throws {HexError} HEX_DATA_INVALID when it cannot
 */
export function checkBatch(name: string, type: ColumnType, batch: Batch<Value>): void {
  const fault = findFault(type, batch);
  if (fault === undefined) return;
  throw expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)} of the Arrow file`,
    expected: `whole, of type ${type}`,
    got: fault,
  });
}

function findFault(type: ColumnType, batch: Batch<Value>): string | undefined {
  const { length, nullCount, validity, values } = batch;
  if (!Number.isSafeInteger(length) || length < 0) return "no number of rows";
  const rowsOfBits = (bits: ArrayLike<unknown>) => bits.length * 8;
  if (nullCount > 0 && rowsOfBits(validity) < length) return "fewer marks of missing than rows";
  if (hasDictionary(batch)) return findCodeFault(batch);
  if (type === "string") return findTextFault(batch);
  const room = type === "boolean" ? rowsOfBits(values) : values.length;
  return room < length ? "fewer values than rows" : findRangeFault(type, batch);
}

function findCodeFault(batch: Batch<Value>): string | undefined {
  const { length, values } = batch;
  if (values.length < length) return "fewer codes than rows";
  if (!hasDictionary(batch) || !batch.dictionary) return "no texts to its codes";
  const texts = batch.dictionary.length;
  const isCode = (code: number) => code >= 0 && code < texts;
  if (!everyPresent(batch, (row) => isCode(Number(values[row])))) return "a code without a text";
  return batch.dictionary.data.map(findTextFault).find((fault) => fault !== undefined);
}

function findTextFault({ length, offsets, values }: Batch<Value>): string | undefined {
  if (!(offsets instanceof Int32Array)) return length === 0 ? undefined : "texts without places";
  if (length > 0 && offsets.length <= length) return "fewer places of texts than rows";
  let last = 0;
  for (let row = 0; row <= length && offsets.length > 0; row++) {
    const place = offsets[row] ?? 0;
    if (place < last) return "a text that ends before it begins";
    last = place;
  }
  return last > values.length ? "a text beyond the end of all texts" : undefined;
}

function findRangeFault(type: ColumnType, batch: Batch<Value>): string | undefined {
  const range = RANGES[type];
  if (range === undefined || (type === "integer" && batch.values instanceof Int32Array)) {
    return undefined;
  }
  const [first, last] = range;
  const numberAt = toNumberAt(batch);
  const isInside = everyPresent(batch, (row) => {
    const number = numberAt(row);
    return number >= first && number <= last;
  });
  return isInside ? undefined : "a value outside the type";
}

function everyPresent(batch: Batch<Value>, test: (row: number) => boolean): boolean {
  const { length, nullCount } = batch;
  for (let row = 0; row < length; row++) {
    if (!test(row) && (nullCount === 0 || batch.isValid(row))) return false;
  }
  return true;
}

/** Reads whole numbers of 64 bits from their halves: no bigint is made per value. */
function toNumberAt(batch: Batch<Value>): (row: number) => number {
  const { type, values } = batch;
  if (!(values instanceof BigInt64Array)) return (row) => Number(values[row]);
  if (isTimestamp(type)) return millisecondsOf(batch, type.unit);
  const halves = halvesOf(values);
  return (row) => (halves[2 * row + 1] ?? 0) * 2 ** 32 + ((halves[2 * row] ?? 0) >>> 0);
}
