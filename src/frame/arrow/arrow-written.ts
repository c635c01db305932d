/**
 * Columns of a frame as Arrow files have them, so that the type of a column is the same in every
 * version: whole numbers in 64 bits, texts as codes into a dictionary, times in microseconds.
 */
import {
  batchOf,
  type ColumnData,
  type ColumnParts,
  dictionaryOf,
  type FrameColumn,
  halvesOf,
  toColumnData,
  unitOf,
} from "../column/column-data.ts";
import { putMicroseconds } from "../column/moment.ts";
import type { Missing } from "./arrow-array.ts";
import { codeTexts } from "./arrow-text-codes.ts";

/**
 * A column as it is written: its own memory where it has the written type already.
 * @param texts as codes always, or as the frame keeps them, which is quicker
 */
export function toWritten({ type, data }: FrameColumn, texts: "coded" | "kept"): ColumnData {
  if (type === "string" && texts === "kept" && data.length > 0) return data;
  switch (type) {
    case "integer":
      return toColumnData(type, { ...missingOf(data), values: toWide(batchOf(data).values) });
    case "datetime":
    case "instant":
      return toColumnData(type, { ...missingOf(data), values: toMicroseconds(data), unit: "us" });
    case "string":
      return toColumnData(type, { ...missingOf(data), ...toCoded(data) });
    case "number":
    case "bigint":
    case "boolean":
    case "date":
      return data.length > 0
        ? data
        : toColumnData(type, { ...missingOf(data), values: batchOf(data).values });
  }
}

/** Some readers look for the marks of what is missing where a column has no rows. */
function missingOf(data: ColumnData): Missing {
  const { length, nullCount, validity } = batchOf(data);
  return { length, nullCount, validity: length > 0 ? validity : new Uint8Array(8) };
}

type Items = ReturnType<typeof batchOf>["values"];

function toWide(values: Items): BigInt64Array {
  if (values instanceof BigInt64Array) return values;
  const wide = new BigInt64Array(values.length);
  const halves = halvesOf(wide);
  for (let row = 0; row < values.length; row++) {
    const item = Number(values[row]);
    halves[2 * row] = item;
    halves[2 * row + 1] = item >> 31;
  }
  return wide;
}

function toMicroseconds(data: ColumnData): BigInt64Array {
  const { values } = batchOf(data);
  if (!(values instanceof BigInt64Array)) throw new Error("Times are kept in 64 bits");
  if (unitOf(data) === "us") return values;
  const written = new BigInt64Array(values.length);
  const [from, to] = [halvesOf(values), halvesOf(written)];
  const batch = batchOf(data);
  for (let row = 0; row < values.length; row++) {
    if (data.nullCount > 0 && !batch.isValid(row)) continue;
    const ms = (from[2 * row + 1] ?? 0) * 2 ** 32 + ((from[2 * row] ?? 0) >>> 0);
    putMicroseconds(to, row, ms, 0);
  }
  return written;
}

/** Texts as codes into a dictionary that has each of them once. */
function toCoded(data: ColumnData): Pick<ColumnParts, "values" | "dictionary"> {
  const coded = dictionaryOf(data);
  if (coded !== undefined) return { values: coded.values, dictionary: coded.dictionary };
  return codeTexts(batchOf(data));
}
