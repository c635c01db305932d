/** A column of a JSON file while its rows come in; its type is what all rows allow. */
import { formatCount, shorten } from "../../text.ts";
import { buildColumn } from "../column/column-build.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { fromCsvValue, toAskedValue } from "../csv/read/csv-asked-values.ts";
import { isRounded, toCsvValue, type ValueForms } from "../csv/read/csv-values.ts";
import type { ColumnType, Value } from "../schema.ts";
import { ESCAPED_TEXT, FALSE, NESTED, NULL, TEXT, TRUE, WORD } from "./json-scan.ts";

/** What the values of a column are so far. */
type JsonKind = "whole" | "bigint" | "number" | "boolean" | "string" | "nested";

const KIND_NOUNS: Readonly<Record<JsonKind, string>> = {
  whole: "a whole number",
  bigint: "a whole number beyond ±(2^53 − 1)",
  number: "a number",
  boolean: "true or false",
  string: "a text",
  nested: "a list or an object",
};

/** A value as it stands in the bytes. */
export interface WrittenValue {
  readonly bytes: Buffer;
  readonly kind: number;
  readonly start: number;
  readonly end: number;
}

const FORMS: ValueForms = { decimal: ".", thousands: "", dates: undefined };

/** A value that does not belong where it stands, told without its place. */
export class JsonMisfit extends Error {
  readonly expected: string;
  readonly got: string;
  readonly hint: string;

  constructor(expected: string, got: string, hint: string) {
    super(expected);
    this.expected = expected;
    this.got = got;
    this.hint = hint;
  }
}

/** One column, whose values are set row after row. */
export class JsonColumn {
  readonly name: string;
  readonly #asked: ColumnType | undefined;
  readonly #isNested: boolean;
  #kind: JsonKind | undefined;
  readonly #values: Value[] = [];
  #words = 0;
  #rounded = 0;

  /** @param isNested whether lists and objects are taken as their JSON */
  constructor(name: string, asked: ColumnType | undefined, isNested: boolean) {
    this.name = name;
    this.#asked = asked;
    this.#isNested = isNested;
  }

  /** Whether a row has its value already. */
  has(row: number): boolean {
    return this.#values.length > row;
  }

  /** Whether all of its values are lists or objects. */
  get isNested(): boolean {
    return this.#kind === "nested";
  }

  /** Sets the value of a row; those before it that have none are missing. @throws {JsonMisfit} */
  put(row: number, written: WrittenValue): void {
    while (this.#values.length < row) this.#values.push(null);
    this.#values.push(
      this.#asked === undefined ? this.#find(written) : this.#toAsked(written, this.#asked),
    );
  }

  #find(written: WrittenValue): Value {
    switch (written.kind) {
      case NULL:
        return null;
      case TRUE:
      case FALSE:
        return this.#join("boolean", written, written.kind === TRUE);
      case TEXT:
      case ESCAPED_TEXT:
        return this.#join("string", written, textOf(written));
      case WORD:
        this.#words++;
        return this.#join("number", written, Number(sourceOf(written)));
      case NESTED:
        return this.#join("nested", written, this.#nestedText(written));
      default:
        return this.#findNumber(written);
    }
  }

  #findNumber(written: WrittenValue): Value {
    const text = sourceOf(written);
    const isWhole = /^-?\d+$/.test(text) && text !== "-0";
    if (!isWhole) {
      const value = Number(text);
      if (text.length > 15 && isRounded(text, value, FORMS)) throw this.#unkept(text);
      return this.#join("number", written, value);
    }
    const value = Number(text);
    if (Number.isSafeInteger(value)) return this.#join("whole", written, value);
    const exact = toCsvValue(text, FORMS);
    if (exact.kind !== "bigint") throw this.#unkept(text);
    return this.#join("bigint", written, BigInt(text));
  }

  #unkept(text: string): JsonMisfit {
    const { name } = this;
    const hint = `schema: { ${JSON.stringify(name)}: "number" } reads the nearest 64-bit float, "string" the digits`;
    return new JsonMisfit(
      "a number that a 64-bit float or a whole number of 64 bits keeps",
      shorten(text, 60),
      hint,
    );
  }

  #join(kind: JsonKind, written: WrittenValue, value: Value): Value {
    if (kind === this.#kind) return value;
    const joined = this.#kind === undefined ? kind : JOINED[this.#kind]?.[kind];
    if (joined === undefined) {
      const before = this.#kind === undefined ? "" : KIND_NOUNS[this.#kind];
      const got = `${KIND_NOUNS[kind]}, ${shorten(sourceOf(written), 40)}`;
      const hint = `a column holds one type; schema: { ${JSON.stringify(this.name)}: "string" } takes all as they are written`;
      throw new JsonMisfit(`${before} like those before it`, got, hint);
    }
    this.#kind = joined;
    return value;
  }

  #toAsked(written: WrittenValue, type: ColumnType): Value {
    if (written.kind === NULL) return null;
    const text = written.kind === NESTED ? this.#nestedText(written) : textOf(written);
    if (type === "string") return text;
    if (type === "number" && written.kind === WORD) return Number(text);
    const value = written.kind === NESTED ? undefined : toAskedValue(text, type, FORMS);
    if (value === undefined) {
      const got = shorten(sourceOf(written), 60);
      throw new JsonMisfit(
        `of type ${type}, as the schema says`,
        got,
        "the type string takes it as it stands",
      );
    }
    if (type === "number" && isRounded(text, Number(value.value), FORMS)) this.#rounded++;
    return fromCsvValue(type, value);
  }

  /** The JSON of a list or an object, as it is written. */
  #nestedText(written: WrittenValue): string {
    const text = sourceOf(written);
    if (!this.#isNested) {
      throw new JsonMisfit(
        "a text, a number, true, false or null",
        shorten(text, 60),
        'nested: "json" reads it as JSON text',
      );
    }
    try {
      JSON.parse(text);
    } catch {
      throw new JsonMisfit(
        "a list or an object as JSON has them",
        shorten(text, 60),
        "NaN and infinities have no JSON within a list",
      );
    }
    return text;
  }

  /** The column of so many rows. */
  finish(rows: number): FrameColumn {
    const values = this.#values;
    while (values.length < rows) values.push(null);
    const type = this.#asked ?? TYPES[this.#kind ?? "string"];
    const isMixed = this.#asked === undefined && this.#kind === "bigint";
    const all = isMixed
      ? values.map((value) => (typeof value === "number" ? BigInt(value) : value))
      : values;
    return { name: this.name, type, data: buildColumn(this.name, type, all) };
  }

  /** What is told of the values. */
  notes(): string[] {
    const told = (count: number, one: string, many: string) => {
      return count === 0
        ? []
        : [`column ${JSON.stringify(this.name)}: ${formatCount(count, one, many)}`];
    };
    return [
      ...told(
        this.#words,
        "NaN or infinity, which JSON has not",
        "NaN or infinities, which JSON has not",
      ),
      ...told(
        this.#rounded,
        "number rounded to the nearest 64-bit float",
        "numbers rounded to the nearest 64-bit floats",
      ),
    ];
  }
}

const TYPES: Readonly<Record<JsonKind, ColumnType>> = {
  whole: "integer",
  bigint: "bigint",
  number: "number",
  boolean: "boolean",
  string: "string",
  nested: "string",
};

/** What values of two kinds are together; nothing where a column cannot hold both. */
const JOINED: Readonly<Partial<Record<JsonKind, Partial<Record<JsonKind, JsonKind>>>>> = {
  whole: { bigint: "bigint", number: "number" },
  bigint: { whole: "bigint" },
  number: { whole: "number" },
};

/** A value as its bytes have it. */
function sourceOf({ bytes, kind, start, end }: WrittenValue): string {
  const quotes = kind === TEXT || kind === ESCAPED_TEXT ? 1 : 0;
  return bytes.toString("utf8", start - quotes, end + quotes);
}

/** The text of a value: of a text what it says, of others their bytes. @throws {JsonMisfit} */
export function textOf(written: WrittenValue): string {
  const { bytes, kind, start, end } = written;
  if (kind !== ESCAPED_TEXT) return bytes.toString("utf8", start, end);
  const source = sourceOf(written);
  let text: unknown;
  try {
    text = JSON.parse(source);
  } catch {
    throw new JsonMisfit(
      "a text with the escapes of JSON",
      shorten(source, 60),
      "a backslash is written twice",
    );
  }
  if (typeof text === "string" && !/\p{Surrogate}/u.test(text)) return text;
  throw new JsonMisfit(
    "a text without lone surrogates",
    shorten(source, 60),
    "no file in UTF-8 keeps one",
  );
}
