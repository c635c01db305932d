import { frame } from "../../src/frame/rows.ts";
import type { ColumnType, Value } from "../../src/frame/schema.ts";

/** A kind of column of ours: its values, and the fields in which our CSV has them. */
export interface CsvKind {
  /** how the table in the docs names it */
  readonly label: string;
  readonly type: ColumnType;
  /** each value, and its field as it stands in the file */
  readonly fields: readonly (readonly [value: Value, field: string])[];
  /** the column is the only one of its file */
  readonly isAlone?: boolean;
  /** the column's name; `v` unless told */
  readonly name?: string;
}

const missing = [null, ""] as const;
const text = (value: string) => [value, `"${value.replaceAll('"', '""')}"`] as const;
const instant = (value: string) => [new Date(value), value] as const;
const datetime = (value: string) => [value, value] as const;
const number = (value: number, field = String(value)) => [value, field] as const;

export const CSV_KINDS: Readonly<Record<string, CsvKind>> = {
  integer: {
    label: "integer, missing",
    type: "integer",
    fields: [number(1), missing, number(-7), number(9007199254740991)],
  },
  zeroOne: { label: "integers 0 and 1", type: "integer", fields: [number(0), number(1)] },
  bigint: {
    label: "integer beyond 2^53",
    type: "bigint",
    fields: [
      [9007199254740993n, "9007199254740993"],
      missing,
      [9223372036854775807n, "9223372036854775807"],
    ],
  },
  number: {
    label: "number, missing",
    type: "number",
    fields: [number(1.5), missing, number(0.1 + 0.2), number(1e21), number(5e-324)],
  },
  special: {
    label: "NaN, inf, -inf, -0",
    type: "number",
    fields: [
      number(1.5),
      number(Number.NaN),
      number(Number.POSITIVE_INFINITY, "inf"),
      number(Number.NEGATIVE_INFINITY, "-inf"),
      number(-0, "-0"),
    ],
  },
  boolean: {
    label: "boolean, missing",
    type: "boolean",
    fields: [[true, "true"], missing, [false, "false"]],
  },
  date: {
    label: "date, missing",
    type: "date",
    fields: [datetime("2020-02-29"), missing, datetime("1969-12-31")],
  },
  farDate: {
    label: "date of the year 1 or 9999",
    type: "date",
    fields: [datetime("0001-01-01"), datetime("9999-12-31")],
  },
  datetime: {
    label: "datetime, missing",
    type: "datetime",
    fields: [datetime("2020-02-29T12:30:00"), missing, datetime("1969-12-31T23:59:59")],
  },
  millis: {
    label: "datetime with milliseconds",
    type: "datetime",
    fields: [datetime("2020-02-29T12:30:00.123"), datetime("1969-12-31T23:59:59.999")],
  },
  micros: {
    label: "datetime with microseconds",
    type: "datetime",
    fields: [datetime("2020-02-29T12:30:00.123456"), datetime("2020-02-29T12:30:00.000000")],
  },
  farDatetime: {
    label: "datetime of the year 1 or 9999",
    type: "datetime",
    fields: [datetime("0001-01-01T00:00:00"), datetime("9999-12-31T23:59:59")],
  },
  instant: {
    label: "instant, missing",
    type: "instant",
    fields: [instant("2020-02-29T12:30:00Z"), missing, instant("1969-12-31T23:59:59Z")],
  },
  instantMillis: {
    label: "instant with milliseconds",
    type: "instant",
    fields: [instant("2020-02-29T12:30:00.123Z"), instant("1969-12-31T23:59:59.999Z")],
  },
  text: {
    label: "text with quotes, commas, lines, emoji",
    type: "string",
    fields: [text('12" pipe'), text("a,b"), text("two\nlines"), text("😀 é"), missing],
  },
  spaces: { label: "text with spaces around", type: "string", fields: [text(" a "), text("b")] },
  nul: { label: "text with NUL", type: "string", fields: [text("a\0b"), text("c"), text("d")] },
  zeros: {
    label: 'text of digits, `"00123"`',
    type: "string",
    fields: [text("00123"), text("007"), missing],
  },
  exponent: { label: 'text such as `"12E4"`', type: "string", fields: [text("12E4"), text("1e2")] },
  booleanText: {
    label: 'text such as `"true"`',
    type: "string",
    fields: [text("true"), text("false")],
  },
  dateText: { label: 'text such as `"2020-01-01"`', type: "string", fields: [text("2020-01-01")] },
  empty: {
    label: 'empty text `""` beside missing',
    type: "string",
    fields: [text("a"), text(""), missing],
  },
  words: {
    label: 'the texts `"NA"`, `"None"`, `"null"`',
    type: "string",
    fields: [text("a"), text("NA"), text("None"), text("null"), missing],
  },
  onlyText: {
    label: "one column: text, missing",
    type: "string",
    fields: [text("a"), [null, "NA"], text(""), text("b")],
    isAlone: true,
  },
  onlyInteger: {
    label: "one column: integer, missing",
    type: "integer",
    fields: [number(1), [null, "NA"], number(3)],
    isAlone: true,
  },
  year: {
    label: "a column named `2020-Q1`",
    type: "integer",
    fields: [number(1), number(2)],
    name: "2020-Q1",
  },
  equalNames: {
    label: "columns `id` and `ID`",
    type: "integer",
    fields: [number(1), number(2)],
    name: "ID",
  },
};

/** The types of the columns of a kind's file, which has a column of row numbers before it. */
export function typesOf({
  type,
  name = "v",
  isAlone = false,
}: CsvKind): Record<string, ColumnType> {
  return isAlone ? { [name]: type } : { id: "integer", [name]: type };
}

/** The CSV that we write of a kind. */
export function csvOf(kind: CsvKind): string {
  const header = Object.keys(typesOf(kind)).map((name) => `"${name}"`);
  const rows = kind.fields.map(([, field], row) => (kind.isAlone ? field : `${row},${field}`));
  return `${[header.join(","), ...rows].join("\n")}\n`;
}

export function frameOf(kind: CsvKind) {
  const name = kind.name ?? "v";
  const rows = kind.fields.map(([value], row) =>
    kind.isAlone ? { [name]: value } : { id: row, [name]: value },
  );
  return frame(rows, typesOf(kind));
}
