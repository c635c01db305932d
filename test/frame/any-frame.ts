/** Random frames of every type, leaning towards the values that codecs are known to lose. */
import fc, { type Arbitrary } from "fast-check";
import { buildColumn } from "../../src/frame/column/column-build.ts";
import type { FrameColumn } from "../../src/frame/column/column-data.ts";
import { dateText, toDate } from "../../src/frame/column/moment.ts";
import { type Frame, toFrameOf } from "../../src/frame/frame.ts";
import { COLUMN_TYPES, type ColumnType, type Value } from "../../src/frame/schema.ts";

const LONG = 70_000;
const PIECES = [
  ...['"', ",", "\n", "\r", "\r\n", "\0", " ", "a", "NA", "null", "'", "\\", "#", ";"],
  ...["é", "e\u0301", "😀", "👩‍👩‍👧", "\uFEFF", "\uFFFE", "\uFFFF", "\u{10FFFF}", "\u2028"],
];

const anyText = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: fc.constantFrom(...PIECES), maxLength: 6 }) },
  { weight: 10, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(...PIECES).map((piece) => piece.repeat(LONG)) },
);

const anyInstant = fc.date({
  min: new Date("0001-01-01T00:00:00.000Z"),
  max: new Date("9999-12-31T23:59:59.999Z"),
  noInvalidDate: true,
});

/** Half of them have microseconds. */
const anyMoment = fc
  .tuple(anyInstant, fc.oneof(fc.constant(0), fc.nat({ max: 999 })))
  .map(([at, micros]) => toDate(at.getTime(), micros));

const VALUES: Readonly<Record<ColumnType, Arbitrary<Value>>> = {
  string: anyText,
  number: fc.oneof(
    fc.double(),
    fc.constantFrom(-0, Number.NaN, Infinity, -Infinity, 5e-324, -5e-324, 1e308, 1e21, 1e-7),
    fc.constantFrom(2 ** 53, 2 ** 53 + 2, 2.225073858507201e-308, Number.MAX_VALUE, 0.1 + 0.2),
  ),
  integer: fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(2 ** 53 - 1, 1 - 2 ** 53, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 1, 0),
  ),
  bigint: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 0n),
  ),
  boolean: fc.boolean(),
  date: anyInstant.map((at) => at.toISOString().slice(0, 10)),
  datetime: anyMoment.map((at) =>
    dateText(at)
      .slice(0, -1)
      .replace(/\.000$/, ""),
  ),
  instant: anyMoment,
};

const anyName = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "c0", "rowid", "data", 'a"b', "c,d", "e\nf", " "),
  fc.string({ unit: "binary", minLength: 1, maxLength: 8 }),
);

/** Rarely more rows than a dictionary of a small frame may have texts. */
const anyRows = fc.oneof(
  { withCrossShrink: true },
  { weight: 40, arbitrary: fc.nat({ max: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: 110, max: 170 }) },
);

/** A frame of 1 to 4 columns and 0 to 12 rows, or rarely of up to 170. */
export const anyFrame: Arbitrary<Frame> = fc
  .record({
    names: fc.uniqueArray(anyName, { minLength: 1, maxLength: 4 }),
    rows: anyRows,
  })
  .chain(({ names, rows }) => fc.tuple(...names.map((name) => anyColumn(name, rows))))
  .map(toPrintedFrame);

function anyColumn(name: string, rows: number) {
  return fc.constantFrom(...COLUMN_TYPES).chain((type) => {
    const value = fc.option(VALUES[type], { freq: 5 });
    return fc
      .array(value, { minLength: rows, maxLength: rows })
      .map((values) => ({ name, type, data: buildColumn(name, type, values) }));
  });
}

/** A frame that a failed property shows as its columns. */
function toPrintedFrame(columns: readonly FrameColumn[]): Frame {
  const shown = () => columns.map(({ name, type, data }) => ({ name, type, values: [...data] }));
  return Object.assign(toFrameOf(columns), { [fc.toStringMethod]: () => fc.stringify(shown()) });
}
