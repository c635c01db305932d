/** Arrow timestamps of any unit as columns of a frame have them. */
import { type Batch, type DataType, TimeUnit, Type } from "@uwdata/flechette";
import { expectation } from "../errors.ts";
import { type ColumnParts, halvesOf } from "./column/column-data.ts";
import { msOf } from "./column/moment.ts";
import type { Value } from "./schema.ts";

export type TimestampType = Extract<DataType, { typeId: 10 }>;

const MS_NANOSECONDS = 1_000_000n;

export function isTimestamp(type: DataType): type is TimestampType {
  return type.typeId === Type.Timestamp;
}

/** The whole milliseconds of the rows of a batch of timestamps; no bigint is made. */
export function millisecondsOf(batch: Batch<Value>, unit: TimestampType["unit"]) {
  const halves = halvesOf(batch.values);
  const lowAt = (row: number) => halves[2 * row] ?? 0;
  const highAt = (row: number) => halves[2 * row + 1] ?? 0;
  if (unit === TimeUnit.MICROSECOND) return (row: number) => msOf(lowAt(row), highAt(row));
  const numberAt = (row: number) => highAt(row) * 2 ** 32 + (lowAt(row) >>> 0);
  if (unit === TimeUnit.MILLISECOND) return numberAt;
  const factor = unit === TimeUnit.SECOND ? 1e3 : 1e-6;
  return (row: number) => numberAt(row) * factor;
}

/**
 * The items of a batch in milliseconds or microseconds: its own memory where they are that.
 * @param firstRow the row of the column that the batch begins with, counted from 0
 * @throws {HexError} HEX_DATA_INVALID when a time is finer than microseconds, naming its row
 */
export function toMoments(
  batch: Batch<Value>,
  { name, firstRow }: { readonly name: string; readonly firstRow: number },
): Pick<ColumnParts, "values" | "unit"> {
  const { type, values } = batch;
  if (!isTimestamp(type) || !(values instanceof BigInt64Array)) return { values };
  switch (type.unit) {
    case TimeUnit.MILLISECOND:
      return { values, unit: "ms" };
    case TimeUnit.MICROSECOND:
      return { values, unit: "us" };
    case TimeUnit.SECOND:
      return { values: scaled(batch, values, (seconds) => seconds * 1000n), unit: "ms" };
    case TimeUnit.NANOSECOND:
      return fromNanoseconds(batch, values, { name, firstRow });
  }
}

function fromNanoseconds(
  batch: Batch<Value>,
  values: BigInt64Array,
  { name, firstRow }: { readonly name: string; readonly firstRow: number },
): Pick<ColumnParts, "values" | "unit"> {
  let isFine = false;
  const microseconds = scaled(batch, values, (nanoseconds, row) => {
    if (nanoseconds % 1000n !== 0n) throw tooFine(name, firstRow + row, nanoseconds);
    isFine ||= nanoseconds % MS_NANOSECONDS !== 0n;
    return nanoseconds / 1000n;
  });
  if (isFine) return { values: microseconds, unit: "us" };
  return { values: microseconds.map((each) => each / 1000n), unit: "ms" };
}

/** Other items for those that are not missing; what lies under missing ones is cleared. */
function scaled(
  batch: Batch<Value>,
  values: BigInt64Array,
  scale: (item: bigint, row: number) => bigint,
): BigInt64Array {
  const items = new BigInt64Array(batch.length);
  for (let row = 0; row < items.length; row++) {
    if (batch.nullCount > 0 && !batch.isValid(row)) continue;
    items[row] = scale(values[row] ?? 0n, row);
  }
  return items;
}

function tooFine(name: string, row: number, nanoseconds: bigint) {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)}, row ${row + 1} of the Arrow file`,
    expected: "a time of whole microseconds",
    got: `${nanoseconds} nanoseconds since 1970`,
    hint: "round the column to microseconds before writing the file",
  });
}
