/**
 * Gives each row a number that stands for its values in some columns: rows have the same number exactly
 * when all these values are the same. -0 and 0 are one value, and so are all NaN.
 */
import { type DictionaryBatch, dictionaryOf, type FrameColumn } from "./column-data.ts";
import { missingTest } from "./column-value.ts";
import { NumberTable } from "./number-table.ts";
import { numberWords, type ReadWords } from "./number-words.ts";
import { textBytesOf } from "./text-bytes.ts";
import { TextTable } from "./text-table.ts";

/** Some columns, and the rows of theirs that are meant. */
export interface KeyedRows {
  readonly columns: readonly FrameColumn[];
  /** undefined: all of them */
  readonly rows: Uint32Array | undefined;
}

/** Numbers of rows, in the order of the rows that are meant; each below `size`. */
export interface RowCodes {
  readonly codes: Int32Array;
  readonly size: number;
}

/** Codes of the rows of one frame after those of another. */
interface BothCodes {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly size: number;
}

/** Numbers of the rows of a frame; a missing value is a value like any other. */
export function codeRows(keyed: KeyedRows): RowCodes {
  const { first, size } = codeBoth(keyed, undefined, 0);
  return { codes: first, size };
}

/**
 * Numbers of the rows of two frames by columns of the same types: −1 for rows of which a value is missing,
 * and for those of the second whose values the first does not have.
 */
export function codeMatches(first: KeyedRows, second: KeyedRows): BothCodes {
  return codeBoth(first, second, -1);
}

function codeBoth(first: KeyedRows, second: KeyedRows | undefined, missing: 0 | -1): BothCodes {
  const both = second === undefined ? [first] : [first, second];
  let codes: BothCodes | undefined;
  for (const index of first.columns.keys()) {
    const sides = both.flatMap(({ columns, rows }): Side[] => {
      const column = columns[index];
      return column ? [{ column, rows, length: rows?.length ?? column.data.length }] : [];
    });
    const next = codeColumn(sides, missing);
    codes = codes === undefined ? next : pairCodes(codes, next);
  }
  return codes ?? { first: new Int32Array(0), second: new Int32Array(0), size: 0 };
}

/** The rows of one frame that are meant, and one of its columns. */
interface Side {
  readonly column: FrameColumn;
  readonly rows: Uint32Array | undefined;
  readonly length: number;
}

type CodeOf = (row: number) => number;

function codeColumn(sides: readonly Side[], missing: 0 | -1): BothCodes {
  const coding = codingOf(sides);
  const [first, second] = sides.map((side, index) => {
    const codes = new Int32Array(side.length);
    coding.fill(side, index, codes);
    putMissing(side, codes, missing);
    return codes;
  });
  return {
    first: first ?? new Int32Array(0),
    second: second ?? new Int32Array(0),
    size: coding.size(),
  };
}

/** How a column is coded: what is there from 1 on, since 0 is kept for what is missing. */
interface Coding {
  /** codes the rows of the first frame, and then those of the second */
  readonly fill: (side: Side, index: number, codes: Int32Array) => void;
  readonly size: () => number;
}

function codingOf(sides: readonly Side[]): Coding {
  const [first] = sides;
  if (first?.column.type === "string") return textCoding(sides);
  const words = numberWords(sides.map(({ column }) => column));
  return directCoding(sides, words) ?? hashedCoding(words);
}

function fillBy({ rows, length }: Side, codes: Int32Array, codeOf: CodeOf): void {
  if (rows === undefined) for (let at = 0; at < length; at++) codes[at] = codeOf(at) + 1;
  else for (let at = 0; at < length; at++) codes[at] = codeOf(rows[at] as number) + 1;
}

function putMissing({ column, rows, length }: Side, codes: Int32Array, missing: 0 | -1): void {
  const isMissing = column.data.nullCount > 0 ? missingTest(column.data) : undefined;
  if (isMissing !== undefined) {
    for (let at = 0; at < length; at++) if (isMissing(rows?.[at] ?? at)) codes[at] = 0;
  }
  // What is missing, and what was not found, matches nothing.
  if (missing === -1) replaceItems(codes, 0, -1);
}

function replaceItems(items: Int32Array, one: number, other: number): void {
  for (let at = 0; at < items.length; at++) if (items[at] === one) items[at] = other;
}

/** For whole numbers that lie close to each other: their distance from the least. */
function directCoding(sides: readonly Side[], read: readonly ReadWords[]): Coding | undefined {
  if (!read.every(({ isNarrow }) => isNarrow)) return undefined;
  const ranges = sides.map((side, index) => rangeOf(side, (read[index] as ReadWords).low));
  const least = Math.min(...ranges.map((range) => range.least));
  const size = Math.max(0, ...ranges.map((range) => range.most - least + 1));
  const rows = sides.reduce((sum, { length }) => sum + length, 0);
  if (size > 2 * rows + 1024) return undefined;
  return {
    fill: (side, index, codes) => {
      const { low } = read[index] as ReadWords;
      fillBy(side, codes, (row) => low(row) - least);
    },
    size: () => size + 1,
  };
}

function rangeOf({ rows, length }: Side, read: CodeOf) {
  let least = 2 ** 31;
  let most = -(2 ** 31);
  for (let at = 0; at < length; at++) {
    const item = read(rows === undefined ? at : (rows[at] as number));
    if (item < least) least = item;
    if (item > most) most = item;
  }
  return { least, most };
}

function hashedCoding(read: readonly ReadWords[]): Coding {
  const table = new NumberTable();
  return {
    fill: (side, index, codes) => {
      const { low, high } = read[index] as ReadWords;
      if (index === 0) fillBy(side, codes, (row) => table.add(low(row), high(row)));
      else fillBy(side, codes, (row) => table.find(low(row), high(row)));
    },
    size: () => table.size + 1,
  };
}

function textCoding(sides: readonly Side[]): Coding {
  const [first, second] = sides.map(({ column }) => dictionaryOf(column.data));
  if (first && (sides.length === 1 || first.dictionary === second?.dictionary)) {
    return {
      fill: (side, index, codes) => {
        const { values } = (index === 0 ? first : second) ?? first;
        fillBy(side, codes, (row) => values[row] as number);
      },
      size: () => first.cache.length + 1,
    };
  }
  const table = new TextTable();
  return {
    fill: (side, index, codes) => {
      const coded = dictionaryOf(side.column.data);
      const texts = textBytesOf(coded?.dictionary ?? side.column.data);
      const look = (rows: Uint32Array | undefined, into: Int32Array) =>
        index === 0 ? table.add(texts, rows, into) : table.find(texts, rows, into);
      if (coded === undefined) look(side.rows, codes);
      else fillByDictionary(side, codes, coded, look);
    },
    size: () => table.size + 1,
  };
}

/** Codes each text of a dictionary once. */
function fillByDictionary(
  side: Side,
  codes: Int32Array,
  { values, cache }: DictionaryBatch,
  look: (rows: undefined, into: Int32Array) => void,
): void {
  const known = new Int32Array(cache.length);
  look(undefined, known);
  fillBy(side, codes, (row) => (known[values[row] as number] as number) - 1);
}

/** More pairs than this, for so many rows, are not told apart by their place in a grid. */
const gridSize = (rows: number) => Math.max(65_536, 4 * rows);

function pairCodes(left: BothCodes, right: BothCodes): BothCodes {
  const rows = left.first.length + left.second.length;
  const table = new NumberTable();
  const isGrid = left.size * right.size <= gridSize(rows);
  const toGrid = (one: number, other: number) => one * right.size + other;
  const toCode = isGrid ? toGrid : (one: number, other: number) => table.add(one, other);
  const find = isGrid ? toGrid : (one: number, other: number) => table.find(one, other);
  pairInto(left.first, right.first, toCode);
  pairInto(left.second, right.second, find);
  return { ...left, size: isGrid ? left.size * right.size : table.size };
}

function pairInto(
  left: Int32Array,
  right: Int32Array,
  toCode: (one: number, other: number) => number,
): void {
  for (let at = 0; at < left.length; at++) {
    const one = left[at] as number;
    const other = right[at] as number;
    left[at] = one < 0 || other < 0 ? -1 : toCode(one, other);
  }
}
