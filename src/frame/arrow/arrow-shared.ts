/** Values of Arrow that stand for several rows: those of a dictionary, and those of runs. */
import { type ArrowArray, isMissing } from "./arrow-array.ts";
import { codesOf, runEndsOf } from "./arrow-check.ts";

/** Values, and for each row which of them it has; −1 when it is missing. */
export interface SharedValues {
  readonly values: readonly ArrowArray[];
  readonly places: Int32Array;
}

/** The values of the dictionaries of arrays, each once. */
export function fromCodes(arrays: readonly ArrowArray[]): SharedValues {
  const values = [...new Set(arrays.flatMap(({ dictionary = [] }) => dictionary))];
  const startOf = toStarts(values);
  const places = new Int32Array(rowsOf(arrays));
  let row = 0;
  for (const array of arrays) {
    const placeOf = (array.dictionary ?? []).flatMap((part) => {
      const start = startOf.get(part) ?? 0;
      return Array.from({ length: part.length }, (_, index) => start + index);
    });
    const codes = codesOf(array);
    for (let index = 0; index < array.length; index++) {
      places[row++] = isMissing(array, index) ? -1 : (placeOf[codes[index] ?? -1] ?? -1);
    }
  }
  return { values, places };
}

/** The values of the runs of arrays. */
export function fromRuns(arrays: readonly ArrowArray[]): SharedValues {
  const values = arrays.flatMap(({ children: [, each] }) => each ?? []);
  const startOf = toStarts(values);
  const places = new Int32Array(rowsOf(arrays));
  let row = 0;
  for (const { length, children } of arrays) {
    const [ends, each] = children;
    if (ends === undefined || each === undefined) continue;
    const ordered = runEndsOf(ends);
    const start = startOf.get(each) ?? 0;
    for (let index = 0, run = 0; index < length; index++) {
      while (index >= Number(ordered[run])) run++;
      places[row++] = start + run;
    }
  }
  return { values, places };
}

/**
 * The values that some row has; the others are missing, so that none of them decides the column's type
 * or is refused: a part of a table keeps the dictionary of the whole.
 */
export function usedValues({ values, places }: SharedValues): readonly ArrowArray[] {
  const isUsed = new Uint8Array(rowsOf(values));
  for (const place of places) if (place >= 0) isUsed[place] = 1;
  let start = 0;
  return values.map((array) => {
    const used = isUsed.subarray(start, start + array.length);
    start += array.length;
    return used.every((each) => each === 1) ? array : withMissing(array, used);
  });
}

function withMissing(array: ArrowArray, used: Uint8Array): ArrowArray {
  const validity = new Uint8Array(Math.ceil(array.length / 8));
  let nullCount = 0;
  used.forEach((each, row) => {
    if (each === 0 || isMissing(array, row)) nullCount += 1;
    else validity[row >> 3] = (validity[row >> 3] ?? 0) | (1 << (row & 7));
  });
  return { ...array, validity, nullCount };
}

function toStarts(values: readonly ArrowArray[]): ReadonlyMap<ArrowArray, number> {
  const starts = new Map<ArrowArray, number>();
  let start = 0;
  for (const array of values) {
    starts.set(array, start);
    start += array.length;
  }
  return starts;
}

function rowsOf(arrays: readonly ArrowArray[]): number {
  return arrays.reduce((sum, { length }) => sum + length, 0);
}
