import { expectation } from "../errors.ts";
import { buildColumn } from "./column/column-build.ts";
import { describeValue, inferColumnType } from "./column/column-value.ts";
import { type AnyFrame, type Frame, toFrameOf } from "./frame.ts";
import { type Column, type RowOf, type RowShape, type SchemaSpec, toSchema } from "./schema.ts";

/**
 * A frame of row objects: of the columns and types of the schema, or else of those that the rows
 * have. A column that a row leaves out is missing there.
 * @throws {HexError} HEX_FRAME_INVALID when a value does not fit, naming column and row
 * @example
 * const sales = frame([{ city: "Ulm", total: 3 }, { city: "Bonn" }], { city: "string", total: "integer" });
 * sales.column("total"); // → [3, null]
 */
export function frame<const Spec extends SchemaSpec>(
  rows: readonly RowShape[],
  schema: Spec,
): Frame<RowOf<Spec>>;
export function frame<Row extends RowShape>(rows: readonly Row[]): Frame<RowFrom<Row>>;
export function frame(rows: readonly RowShape[], schema?: SchemaSpec): AnyFrame {
  if (schema) checkNotWrapped(schema);
  return frameFromRows(rows, schema && toSchema(schema));
}

/** A schema within options, as `readCsv` takes it, is a slip that types alone tell. */
function checkNotWrapped(spec: SchemaSpec): void {
  const inner: unknown = Object.hasOwn(spec, "schema") ? spec["schema"] : undefined;
  if (typeof inner !== "object" || inner === null) return;
  throw expectation("HEX_DATA_INVALID", {
    place: "the schema of frame(rows, schema)",
    expected: "types by the names of columns",
    got: "an object with a schema in it",
    hint: 'hand the schema over directly, as in frame(rows, { city: "string" })',
  });
}

/** As `frame`, for a schema read from elsewhere. */
export function frameFromRows(rows: readonly RowShape[], schema?: readonly Column[]): Frame {
  const names = schema?.map(({ name }) => name) ?? namesOf(rows);
  if (schema) checkNoOthers(rows, new Set(names));
  const columns = names.map((name, index) => {
    const values = rows.map((row) => (Object.hasOwn(row, name) ? Reflect.get(row, name) : null));
    const type = schema?.[index]?.type ?? inferColumnType(name, values);
    return { name, type, data: buildColumn(name, type, values) };
  });
  return toFrameOf(columns);
}

/** The row of a frame made from such objects: what may be absent there is missing here. @internal */
export type RowFrom<Row extends RowShape> = {
  readonly [Name in keyof Row]-?: undefined extends Row[Name]
    ? Exclude<Row[Name], undefined> | null
    : Row[Name];
};

function namesOf(rows: readonly RowShape[]): string[] {
  const names = new Set<string>();
  for (const [index, row] of rows.entries()) {
    checkRow(row, index);
    for (const name of Object.keys(row)) names.add(name);
  }
  if (names.size > 0) return [...names];
  throw expectation("HEX_FRAME_INVALID", {
    place: "the rows of a frame without a schema",
    expected: "at least one row with at least one column",
    got: `${rows.length} rows`,
    hint: "give a schema for a frame that may be empty",
  });
}

function checkNoOthers(rows: readonly RowShape[], names: ReadonlySet<string>): void {
  for (const [index, row] of rows.entries()) {
    checkRow(row, index);
    const other = Object.keys(row).find((name) => !names.has(name));
    if (other === undefined) continue;
    throw expectation("HEX_FRAME_INVALID", {
      place: `row ${index + 1}`,
      expected: `of the columns ${[...names].join(", ")}`,
      got: `a column ${JSON.stringify(other)}`,
    });
  }
}

function checkRow(row: unknown, index: number): void {
  if (isPlainRow(row)) return;
  throw expectation("HEX_FRAME_INVALID", {
    place: `row ${index + 1}`,
    expected: "a plain object",
    got: describeValue(row),
  });
}

/** True for an object literal or what JSON gives: not an array, not an instance of a class. */
export function isPlainRow(value: unknown): value is RowShape {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
