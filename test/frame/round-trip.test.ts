import { describe, expect, test } from "vitest";
import { frameFromArrow, frameToArrow } from "../../src/frame/arrow.ts";
import { frameFromCsv, frameToCsv } from "../../src/frame/csv.ts";
import { frame } from "../../src/frame/rows.ts";
import type { ColumnValues } from "../../src/frame/schema.ts";
import { queryFrames } from "../../src/frame/sql.ts";
import { EVERY_TYPE } from "./every-type.ts";

const ROWS = 2_000;
const FIRST_MS = Date.parse("0001-01-01T00:00:00Z");
const SPAN_MS = Date.parse("9999-12-31T23:59:59.999Z") - FIRST_MS;
const LETTERS = [
  '"',
  ",",
  "\n",
  "\r",
  "\0",
  " ",
  "a",
  "NA",
  "é",
  "😀",
  "\uFEFF",
  "\uFFFF",
  "'",
  "\\",
];

type Random = () => number;
type RandomRow = { [Name in keyof ColumnValues]: ColumnValues[Name] | null };

/** Numbers of [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A float of any sign, size and precision, from random bits. */
function anyFloat(random: Random): number {
  const bits = new Uint32Array(2).map(() => Math.floor(random() * 2 ** 32));
  return new Float64Array(bits.buffer)[0] ?? 0;
}

function anyText(random: Random): string {
  const length = Math.floor(random() * 6);
  return Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join("");
}

function anyRow(random: Random): RandomRow {
  const maybe = <Given>(value: Given) => (random() < 0.1 ? null : value);
  const at = () => new Date(FIRST_MS + Math.floor(random() * SPAN_MS));
  return {
    string: maybe(anyText(random)),
    number: maybe(anyFloat(random)),
    integer: maybe(Math.trunc((random() - 0.5) * 2 ** Math.floor(random() * 54))),
    bigint: maybe(BigInt.asIntN(64, BigInt(Math.floor(random() * 2 ** 53)) ** 2n)),
    boolean: maybe(random() < 0.5),
    date: maybe(at().toISOString().slice(0, 10)),
    datetime: maybe(at().toISOString().slice(0, -1).replace(".000", "")),
    instant: maybe(at()),
  };
}

describe.each([1, 2, 3])("2,000 random rows of every type, seed %i", (seed) => {
  const random = seeded(seed);
  const written = frame(
    Array.from({ length: ROWS }, () => anyRow(random)),
    EVERY_TYPE,
  );

  test("come back from CSV", async () => {
    const read = await frameFromCsv(frameToCsv(written), written.schema);
    expect(read.rows()).toEqual(written.rows());
  });

  test("come back from Arrow", () => {
    expect(frameFromArrow(frameToArrow(written), written.schema).rows()).toEqual(written.rows());
  });

  test("come back from SQL", async () => {
    const read = await queryFrames("SELECT * FROM written", { written }, {});
    expect(read.rows()).toEqual(written.rows());
  });
});
