import { type ErrorCode, expectation } from "../errors.ts";

/** The types of columns. Every column may also hold missing values (`null`). */
export const COLUMN_TYPES = [
  /** text, in JavaScript a string */
  "string",
  /** a 64-bit float: NaN, Infinity and -0 are kept */
  "number",
  /** a whole number within ±(2^53 − 1), in JavaScript a number */
  "integer",
  /** a whole number of 64 bits, in JavaScript a bigint */
  "bigint",
  "boolean",
  /** a calendar day, in JavaScript the text YYYY-MM-DD */
  "date",
  /** a local date and time without a zone, in JavaScript the text YYYY-MM-DDTHH:MM:SS[.ssssss] */
  "datetime",
  /** a point in time, to the microsecond, in JavaScript a Date, which shows milliseconds */
  "instant",
] as const;

/**
 * A type of a column; the list says how JavaScript has its values.
 * @example
 * const type: ColumnType = "instant";
 */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** The JavaScript type of a value of each column type. */
interface ColumnValues {
  string: string;
  number: number;
  integer: number;
  bigint: bigint;
  boolean: boolean;
  date: string;
  datetime: string;
  instant: Date;
}

/**
 * Any value a column can hold, and null for a missing one.
 * @example
 * const values: Value[] = ["Ulm", 3, 3n, true, new Date(0), null];
 */
export type Value = ColumnValues[ColumnType] | null;

/** The columns of a row by name, as a frame's verbs see them. */
export type RowShape = object;

/**
 * A column as a schema names it.
 * @example
 * const column: Column = { name: "total", type: "number" };
 */
export interface Column {
  /** non-empty, and another than those of the other columns */
  readonly name: string;
  /** what its values are; any of them may be missing */
  readonly type: ColumnType;
}

/**
 * The columns of a frame, in order.
 * @example
 * const schema: Schema = [{ name: "city", type: "string" }, { name: "total", type: "number" }];
 */
export type Schema = readonly Column[];

/**
 * A schema as an author writes it: column name to type, in order.
 * @example
 * const spec = { city: "string", total: "number" } satisfies SchemaSpec;
 */
export type SchemaSpec = Readonly<Record<string, ColumnType>>;

/** The row type that a written schema describes. */
export type RowOf<Spec extends SchemaSpec> = {
  readonly [Name in keyof Spec]: ColumnValues[Spec[Name]] | null;
};

/** Whether a schema is a list of columns, not an object as an author writes it. */
export function isSchema(spec: Schema | SchemaSpec): spec is Schema {
  return Array.isArray(spec);
}

/** The schema that an author wrote as names and types. */
export function toSchema(spec: SchemaSpec): Schema {
  return parseSchema(Object.entries(spec).map(([name, type]) => ({ name, type })));
}

/**
 * Reads a schema that was written as JSON.
 * @throws {HexError} HEX_DATA_INVALID when it is none, or has a type that is not known here
 * @internal
 */
export function parseSchema(value: unknown): Schema {
  if (!Array.isArray(value) || value.length === 0) {
    throw expectation("HEX_DATA_INVALID", {
      place: "a schema",
      expected: "a list of at least one column",
      got: Array.isArray(value) ? "an empty list" : typeof value,
    });
  }
  const columns: readonly unknown[] = value;
  const schema = columns.map(parseColumn);
  checkColumnNames(schema, "HEX_DATA_INVALID");
  return Object.freeze(schema);
}

/**
 * Checks that the names are text that can be kept, and different.
 * @throws {HexError} with the given code
 */
export function checkColumnNames(schema: Schema, code: ErrorCode): void {
  const place = "the names of a frame's columns";
  const seen = new Set<string>();
  for (const { name } of schema) {
    if (name === "" || /\p{Surrogate}/u.test(name)) {
      const got = name === "" ? "an empty name" : `a lone surrogate in ${JSON.stringify(name)}`;
      throw expectation(code, { place, expected: "non-empty text", got });
    }
    if (seen.has(name)) {
      const got = `${JSON.stringify(name)} twice`;
      throw expectation(code, { place, expected: "different", got });
    }
    seen.add(name);
  }
}

function parseColumn(value: unknown, index: number): Column {
  const place = `column ${index + 1} of a schema`;
  if (!isRecord(value) || typeof value["name"] !== "string") {
    throw expectation("HEX_DATA_INVALID", {
      place,
      expected: "an object with name and type",
      got: JSON.stringify(value) ?? typeof value,
    });
  }
  const type = COLUMN_TYPES.find((known) => known === value["type"]);
  if (type !== undefined) return Object.freeze({ name: value["name"], type });
  throw expectation("HEX_DATA_INVALID", {
    place: `${place} (${JSON.stringify(value["name"])})`,
    expected: `of a type out of ${COLUMN_TYPES.join(", ")}`,
    got: JSON.stringify(value["type"]) ?? "no type",
    hint: "a newer version may have written it",
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
