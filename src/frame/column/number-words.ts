import { batchOf, type FrameColumn, halvesOf, unitOf } from "./column-data.ts";
import { numbersOf, type ReadRow } from "./column-value.ts";
import { putMicroseconds } from "./moment.ts";

/** The values of a column as 64 bits by which they are told apart, where they are not missing. */
export interface ReadWords {
  readonly low: ReadRow<number>;
  readonly high: ReadRow<number>;
  /** whether the lower half tells all, as a number with a sign */
  readonly isNarrow: boolean;
}

/** For each of some columns of one kind; what is the same in two of them has the same bits in both. */
export function numberWords(columns: readonly FrameColumn[]): ReadWords[] {
  const isNarrow = columns.every(
    ({ type, data }) => type === "boolean" || batchOf(data).values instanceof Int32Array,
  );
  const isMicro = columns.some(({ data }) => unitOf(data) === "us");
  return columns.map((column) => {
    if (isNarrow) return { low: numbersOf(column) ?? zero, high: zero, isNarrow };
    if (column.type === "number" || column.type === "integer") return floatWords(column);
    if (isMicro && unitOf(column.data) === "ms") return microWords(column);
    const halves = halvesOf(batchOf(column.data).values);
    return {
      low: (row) => halves[2 * row] as number,
      high: (row) => halves[2 * row + 1] as number,
      isNarrow,
    };
  });
}

function zero(): number {
  return 0;
}

/** The bits of a number; both zeros are one, and so are all NaN. */
function floatWords(column: FrameColumn): ReadWords {
  const read = numbersOf(column) ?? zero;
  const number = new Float64Array(1);
  const bits = new Int32Array(number.buffer);
  return {
    low: (row) => {
      const value = read(row) + 0;
      number[0] = Number.isNaN(value) ? Number.NaN : value;
      return bits[0] as number;
    },
    // Read after the lower half of the same row.
    high: () => bits[1] as number,
    isNarrow: false,
  };
}

function microWords(column: FrameColumn): ReadWords {
  const read = numbersOf(column) ?? zero;
  const halves = new Int32Array(2);
  return {
    low: (row) => {
      putMicroseconds(halves, 0, read(row), 0);
      return halves[0] as number;
    },
    high: () => halves[1] as number,
    isNarrow: false,
  };
}
