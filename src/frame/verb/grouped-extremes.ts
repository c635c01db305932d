import { batchOf, dictionaryOf, type FrameColumn, halvesOf } from "../column/column-data.ts";
import { numbersOf } from "../column/column-value.ts";
import { compareBytes, textBytesOf } from "../column/text-bytes.ts";
import { textRanks } from "../rows/text-order.ts";
import { gather, type PresentRows, presentNumbers } from "./present-rows.ts";

/** The first row with the least or the greatest value of each group; −1 where a group has no value. */
export function extremeRows(
  column: FrameColumn,
  present: PresentRows,
  which: "min" | "max",
): Int32Array {
  const sign = which === "min" ? -1 : 1;
  const numbers = orderedNumbers(column, present);
  if (numbers !== undefined) return extremeNumbers(numbers, present, sign);
  const compare = column.type === "string" ? bytesOrder(column) : halvesOrder(column);
  const { rows, of, count } = present;
  const found = new Int32Array(count).fill(-1);
  for (let at = 0; at < of.length; at++) {
    const row = rows === undefined ? at : (rows[at] as number);
    const group = of[at] as number;
    const best = found[group] as number;
    if (best < 0 || compare(row, best) * sign > 0) found[group] = row;
  }
  return found;
}

/** Numbers in the order of the values, where there are some. */
function orderedNumbers(column: FrameColumn, present: PresentRows): Float64Array | undefined {
  const coded = column.type === "string" ? dictionaryOf(column.data) : undefined;
  if (coded !== undefined) {
    const ranks = textRanks(coded.cache, (text) => text);
    const { values } = coded;
    return gather((row) => ranks[values[row] as number] as number, present.rows, present.of.length);
  }
  return numbersOf(column) === undefined ? undefined : presentNumbers(column, present);
}

function extremeNumbers(
  numbers: Float64Array,
  { rows, of, count }: PresentRows,
  sign: 1 | -1,
): Int32Array {
  const best = new Float64Array(count);
  const found = new Int32Array(count).fill(-1);
  for (let at = 0; at < of.length; at++) {
    const group = of[at] as number;
    const number = numbers[at] as number;
    const isBetter =
      (found[group] as number) < 0 || compareNumbers(number, best[group] as number) * sign > 0;
    if (!isBetter) continue;
    best[group] = number;
    found[group] = rows === undefined ? at : (rows[at] as number);
  }
  return found;
}

/** NaN is one number above all others. */
function compareNumbers(one: number, other: number): number {
  if (one < other) return -1;
  if (one > other) return 1;
  return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
}

type CompareRows = (one: number, other: number) => number;

function bytesOrder({ data }: FrameColumn): CompareRows {
  const texts = textBytesOf(data);
  return (one, other) => compareBytes(texts, one, other);
}

/** The order of whole numbers of 64 bits, by their halves. */
function halvesOrder({ data }: FrameColumn): CompareRows {
  const halves = halvesOf(batchOf(data).values);
  const high = (row: number) => halves[2 * row + 1] as number;
  const low = (row: number) => (halves[2 * row] as number) >>> 0;
  return (one, other) => high(one) - high(other) || low(one) - low(other);
}
