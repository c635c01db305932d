import { expectation } from "../../errors.ts";
import { buildColumn } from "../../frame/column/column-build.ts";
import type { FrameColumn } from "../../frame/column/column-data.ts";
import { describeValue } from "../../frame/column/column-value.ts";
import type { ColumnType } from "../../frame/schema.ts";

/** What SQLite keeps a value as: each value of a column may be another. */
type StorageClass = "integer" | "real" | "text" | "blob";

interface ColumnSpec {
  readonly name: string;
  readonly wanted: ColumnType | undefined;
  readonly isBlobHex: boolean;
}

/** The values of a column while rows come, all of one kind. */
export class SqliteColumn {
  readonly #spec: ColumnSpec;
  readonly #values: unknown[] = [];
  #kind: "number" | "text" | undefined;
  #hasReal = false;
  /** the first whole number beyond ±(2^53 − 1) */
  #large: { readonly row: number; readonly value: bigint } | undefined;

  constructor(spec: ColumnSpec) {
    this.#spec = spec;
  }

  /** @throws {HexError} HEX_DATA_INVALID for a value of another kind than those before */
  add(value: unknown, hasNul: boolean): void {
    if (value === null) {
      this.#values.push(null);
      return;
    }
    const found = classOf(value);
    if (hasNul) throw this.#refuse("a text without a NUL", "one with a NUL", NUL_HINT);
    if (found === "blob" && !this.#spec.isBlobHex) {
      throw this.#refuse("a number or a text", "a blob", 'binary: "hex" takes it; in SQL, hex(x)');
    }
    const isText = found === "text" || found === "blob" || this.#spec.wanted === "string";
    const kind = isText ? "text" : "number";
    if (this.#kind !== undefined && this.#kind !== kind) {
      const before = this.#kind === "text" ? "a text" : "a number";
      throw this.#refuse(`${before}, as those before it`, describe(value), MIXED_HINT);
    }
    this.#kind = kind;
    this.#values.push(isText ? toText(value) : this.#toNumber(value));
  }

  #toNumber(value: unknown): unknown {
    if (typeof value !== "bigint") {
      this.#hasReal = true;
      return value;
    }
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    this.#large ??= { row: this.#values.length, value };
    return value;
  }

  /** @throws {HexError} HEX_DATA_INVALID where whole numbers and others have no common type */
  toColumn(): FrameColumn {
    const { name } = this.#spec;
    const type = this.#type();
    const values = type === "bigint" ? this.#values.map(toBigint) : this.#values;
    return { name, type, data: buildColumn(name, type, values) };
  }

  #type(): ColumnType {
    if (this.#kind !== "number") return "string";
    if (!this.#hasReal) return this.#large === undefined ? "integer" : "bigint";
    if (this.#large === undefined) return "number";
    const { row, value } = this.#large;
    const expected = "a number that a 64-bit float holds, as others of the column are";
    throw this.#refuse(expected, String(value), "CAST(x AS REAL) takes the nearest", row);
  }

  #refuse(expected: string, got: string, hint: string, row = this.#values.length) {
    const place = `column ${JSON.stringify(this.#spec.name)}, row ${row + 1},`;
    return expectation("HEX_DATA_INVALID", { place, expected, got, hint });
  }
}

const NUL_HINT = "replace(x, char(0), '') takes it out, hex(x) keeps it";
const MIXED_HINT =
  'schema: { … "string" } takes all as texts; in SQL, CAST(x AS …) or WHERE typeof(x) = …';

function classOf(value: unknown): StorageClass {
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return "real";
  return typeof value === "string" ? "text" : "blob";
}

function describe(value: unknown): string {
  return classOf(value) === "blob" ? "a blob" : describeValue(value).replace(/n$/, "");
}

function toText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}

function toBigint(value: unknown): unknown {
  return typeof value === "number" ? BigInt(value) : value;
}
