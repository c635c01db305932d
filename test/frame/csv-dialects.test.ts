import fc, { type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import type { FrameColumn } from "../../src/frame/column/column-data.ts";
import { memorySource } from "../../src/frame/csv/read/csv-blocks.ts";
import type { CsvReport } from "../../src/frame/csv/read/csv-report.ts";
import {
  type ForeignCsv,
  type ReadForeignOptions,
  readForeignCsv,
} from "../../src/frame/csv/read/foreign-csv.ts";
import type { ColumnType } from "../../src/frame/schema.ts";
import {
  type Cell,
  DIALECTS,
  type Dialect,
  TOOL_TYPES,
  type ToolColumn,
  type ToolField,
  type ToolType,
} from "./csv-dialects.ts";
import { isSameValue, textsOf } from "./csv-truth.ts";
import { TIMEOUT_MS, tryCases } from "./try-cases.ts";

/** 5,000 of the suite, or what `HEX_TEST_CASES` says. */
const TABLES = Number(process.env["HEX_TEST_CASES"] ?? 5_000);

const PIECES = [
  ...['"', ",", "\n", ";", "\t", "|", " ", "a", "NA", "null", "'", "\\", "#", "é", "😀", "-", "."],
  ...["00123", "12E4", "1e5", "1_000", "0x1F", "true", "T", "2020-01-01", "12:30", "+1", "inf"],
];
const WORDS = ["", "NA", "nan", "None", "null", "1", "0", "1.5", "-", "True", "yes", "12E4"];

const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...PIECES), maxLength: 4 }) },
  { weight: 2, arbitrary: fc.constantFrom(...WORDS, ...PIECES) },
  { weight: 1, arbitrary: fc.constantFrom("2020-01-01 10:00", "2020-01-01T10:00:00+02:00") },
);

const FIRST_MICROS = BigInt(Date.UTC(1, 0) - 59_958_144_000_000) * 1000n;
const LAST_MICROS = BigInt(Date.UTC(9999, 11, 31)) * 1000n;
const DAY_MICROS = 86_400_000_000n;

/** Moments of a day, a second, a millisecond or a microsecond. */
const anyMoment = (unit: bigint) =>
  fc
    .bigInt({ min: FIRST_MICROS, max: LAST_MICROS })
    .map((micros) => ({ micros: micros - (micros % unit) }));

const anyPrecise = fc
  .constantFrom(DAY_MICROS, 1_000_000n, 1000n, 1n)
  .map((unit): Arbitrary<Cell> => anyMoment(unit));

/** What the cells of a column are, one arbitrary for the whole column. */
const CELLS: Readonly<Record<ToolType, Arbitrary<Arbitrary<Cell>>>> = {
  text: fc.constant(anyText),
  number: fc.constant(
    fc.oneof(
      fc.double(),
      fc.double({ min: -1000, max: 1000, noNaN: true }).map((value) => Number(value.toFixed(2))),
      fc.constantFrom(0, -0, 1e21, 1e16, 1e15, 1e-5, 1e-7, 5e-324, 0.1 + 0.2, 100_000),
      fc.constantFrom(Infinity, -Infinity, Number.NaN, 2 ** 53, 123456789012345680),
    ),
  ),
  integer: fc.constant(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, -1, 2 ** 31))),
  bigint: fc.constant(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  boolean: fc.constant(fc.boolean()),
  date: fc.constant(anyMoment(DAY_MICROS)),
  datetime: anyPrecise,
  instant: anyPrecise,
};

/** A header is what tells the separator: its names have none of the others. */
const anyName = fc.oneof(
  fc.constantFrom("a", "A", "b", "2020", "a b", 'say "x"', "x,y", "id", "__proto__", "constructor"),
  fc.string({
    unit: fc.constantFrom("a", "Z", "1", " ", ",", '"', "é", "_"),
    minLength: 1,
    maxLength: 5,
  }),
);

const anyTable: Arbitrary<ToolColumn[]> = fc
  .record({
    names: fc.uniqueArray(anyName, { minLength: 1, maxLength: 4 }),
    rows: fc.oneof(
      { weight: 30, arbitrary: fc.nat({ max: 12 }) },
      { weight: 1, arbitrary: fc.integer({ min: 100, max: 300 }) },
    ),
  })
  .chain(({ names, rows }) => fc.tuple(...names.map((name) => anyColumn(name, rows))));

function anyColumn(name: string, rows: number): Arbitrary<ToolColumn> {
  return fc
    .constantFrom(...TOOL_TYPES)
    .chain((type) =>
      CELLS[type].chain((cell) =>
        fc
          .array(fc.option(cell, { freq: 5 }), { minLength: rows, maxLength: rows })
          .map((cells) => ({ name, type, cells })),
      ),
    );
}

interface Count {
  read: number;
  refused: number;
  /** columns of other types than text that are read as such */
  typed: number;
  /** and those that are read as texts, as whole numbers of 64 bits beside decimals are */
  texts: number;
}

test(`${TABLES} tables as other tools write them are read as they are, or refused`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const counts = new Map<string, Count>();
  const anyDialect = fc.constantFrom(...Object.entries<Dialect>(DIALECTS));
  const property = fc.asyncProperty(anyTable, anyDialect, async (table, [name, dialect]) => {
    const count = counts.get(name) ?? { read: 0, refused: 0, typed: 0, texts: 0 };
    counts.set(name, count);
    const { csv, columns } = dialect.write(table);
    const source = memorySource(new TextEncoder().encode(csv), "x.csv");
    const read = await readForeignCsv(source, optionsFor(table, dialect)).catch(({ code }) => {
      expect(code).toBe("HEX_DATA_INVALID");
      count.refused++;
    });
    if (!read) return;
    count.read++;
    const isComma = dialect.options.decimal === ",";
    const types = checkTable(read, table, columns, isComma);
    count.typed += types.filter((type) => type !== "string").length;
    count.texts += types.filter((type) => type === "string").length;
  });
  await tryCases("tables of other tools", TABLES, () => property);
  console.table(Object.fromEntries(counts));
  for (const { read, refused, typed, texts } of counts.values()) {
    expect([refused < read / 10, texts < typed / 4]).toEqual([true, true]);
  }
});

/** Holds what was read against what was written; gives the types of columns that have no texts. */
function checkTable(
  { frame, report }: ForeignCsv,
  table: readonly ToolColumn[],
  columns: readonly (readonly ToolField[])[],
  isComma: boolean,
): ColumnType[] {
  // Names of rows stand before the others.
  const found = frame.columns().slice(frame.numColumns - table.length);
  expect(found.map((column) => column.name)).toEqual(table.map((column) => column.name));
  return found.flatMap((column, index) => {
    const fields = columns[index] ?? [];
    expect(frame.numRows).toBe(fields.length);
    const hasComma = isComma && column.type === "number";
    checkColumn(column, hasComma ? fields.map(withPoint) : fields, report);
    const isText = table[index]?.type === "text" || fields.every(({ isMissing }) => isMissing);
    return isText ? [] : [column.type];
  });
}

/** A header with other separators in its names cannot tell which one divides it. */
function optionsFor(table: readonly ToolColumn[], { options }: Dialect): ReadForeignOptions {
  const isUnclear = options.decimal === "," && table.some(({ name }) => name.includes(","));
  return isUnclear ? { ...options, delimiter: ";" } : options;
}

function withPoint(field: ToolField): ToolField {
  return { ...field, text: field.text.replace(",", ".") };
}

/** Holds each value of a column against the field that it was read from. */
function checkColumn(column: FrameColumn, fields: readonly ToolField[], report: CsvReport): void {
  const isTold = report.notes.some((note) => note.includes(JSON.stringify(column.name)));
  for (const [row, value] of textsOf(column).entries()) {
    const field = fields[row];
    const got = { column: column.name, type: column.type, row, value, field };
    expect({ ...got, isRight: isRight(column, value, field, isTold) }).toEqual({
      ...got,
      isRight: true,
    });
  }
}

function isRight(
  { type }: FrameColumn,
  value: string | null,
  field: ToolField | undefined,
  isTold: boolean,
): boolean {
  if (field === undefined) return false;
  // pandas writes a missing value that is alone in its row as it writes an empty text; a word for
  // it stays in a column that turns out to be text, and that is told.
  if (field.isMissing && value === null) return true;
  if (field.isMissing) return value === field.text && (field.isQuoted || isTold);
  if (value !== null) return isSameValue(type, value, field.text);
  // Some tools write an empty text as they write a missing value; a word for it has to be told.
  if (field.text === "") return !(field.isQuoted && type === "string");
  return isSameValue(type, null, field.text) && isTold;
}
