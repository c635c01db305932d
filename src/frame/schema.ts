import { expectation } from "../errors.ts";

/** What a column holds. Every column may also hold missing values (`null`). */
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
  /** a local date and time without a zone, in JavaScript the text YYYY-MM-DDTHH:MM:SS[.sss] */
  "datetime",
  /** a point in time, to the millisecond, in JavaScript a Date */
  "instant",
] as const;

export type ColumnType = (typeof COLUMN_TYPES)[number];

/** The JavaScript type of a value of each column type. */
export interface ColumnValues {
  string: string;
  number: number;
  integer: number;
  bigint: bigint;
  boolean: boolean;
  date: string;
  datetime: string;
  instant: Date;
}

/** Any value a column can hold. */
export type Value = ColumnValues[ColumnType] | null;

/** The columns of a row by name, as a frame's verbs see them. */
export type RowShape = object;

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** The columns of a frame, in order. */
export type Schema = readonly Column[];

/** A schema as an author writes it: column name to type, in order. */
export type SchemaSpec = Readonly<Record<string, ColumnType>>;

/** The row type that a written schema describes. */
export type RowOf<Spec extends SchemaSpec> = {
  readonly [Name in keyof Spec]: ColumnValues[Spec[Name]] | null;
};
