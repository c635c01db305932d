import type { Value } from "../schema.ts";
import { type ColumnData, type DictionaryBatch, dictionaryOf } from "./column-data.ts";
import { dateMicros, dateMicroseconds } from "./moment.ts";

/**
 * Gives each row a number that stands for its values in some columns: two rows have the same
 * number exactly when all these values are the same. One coder may code the rows of several
 * frames. (The text keys that Arquero builds from several columns can be equal for different rows.)
 */
export class RowCoder {
  readonly #values: readonly Map<unknown, number>[];
  readonly #pairs: readonly Map<number, number>[];

  /** @param width of how many columns a row's number tells */
  constructor(width: number) {
    this.#values = Array.from({ length: width }, () => new Map());
    this.#pairs = Array.from({ length: width }, () => new Map());
  }

  /** The numbers of all rows of the columns. A missing value is a value like any other here. */
  code(columns: readonly ColumnData[]): Int32Array {
    let codes: Int32Array | undefined;
    for (const [index, data] of columns.entries()) {
      const next = columnCodes(data, this.#values[index] ?? new Map());
      codes = codes === undefined ? next : pairCodes(codes, next, this.#pairs[index] ?? new Map());
    }
    return codes ?? new Int32Array(0);
  }
}

function columnCodes(data: ColumnData, codeOf: Map<unknown, number>): Int32Array {
  const coded = dictionaryOf(data);
  if (coded) return dictionaryCodes(coded, codeOf);
  const codes = new Int32Array(data.length);
  for (let row = 0; row < codes.length; row++) codes[row] = numberOf(codeOf, keyOf(data.at(row)));
  return codes;
}

/** Codes a text column through its dictionary: each text is looked up once. */
function dictionaryCodes(batch: DictionaryBatch, codeOf: Map<unknown, number>): Int32Array {
  const codes = new Int32Array(batch.length);
  const known = new Int32Array(batch.cache.length).fill(-1);
  for (let row = 0; row < codes.length; row++) {
    if (batch.nullCount > 0 && !batch.isValid(row)) {
      codes[row] = numberOf(codeOf, null);
      continue;
    }
    const place = Number(batch.values[row]);
    let code = known[place] ?? -1;
    if (code < 0) {
      code = numberOf(codeOf, batch.cache[place]);
      known[place] = code;
    }
    codes[row] = code;
  }
  return codes;
}

function pairCodes(left: Int32Array, right: Int32Array, codeOf: Map<number, number>): Int32Array {
  return left.map((code, row) => numberOf(codeOf, code * 4_294_967_296 + (right[row] ?? 0)));
}

/** A moment is the same in milliseconds and in microseconds, where it has none. */
function keyOf(value: Value): unknown {
  if (!(value instanceof Date)) return value;
  return dateMicros(value) === 0 ? value.getTime() : dateMicroseconds(value);
}

function numberOf<Key>(codeOf: Map<Key, number>, key: Key): number {
  let code = codeOf.get(key);
  if (code === undefined) {
    code = codeOf.size;
    codeOf.set(key, code);
  }
  return code;
}
