import { expectation } from "../errors.ts";
import { buildColumn, valuesOf } from "./column/column-build.ts";
import type { FrameColumn } from "./column/column-data.ts";
import { isWhole, misfitError } from "./column/column-value.ts";
import { parseDatetime, parseDay, parseMicros, toDate } from "./column/moment.ts";
import { frameFromDanfo, isDanfo } from "./danfo.ts";
import { type AnyFrame, Frame, toFrameOf } from "./frame.ts";
import { frameFromRows, isPlainRow } from "./rows.ts";
import {
  type Column,
  type ColumnType,
  isSchema,
  type Schema,
  type SchemaSpec,
  toSchema,
  type Value,
} from "./schema.ts";

/**
 * The frame of anything that can be shown as one: a Frame, plain row objects, or a danfo DataFrame.
 * Undefined for anything else. With a schema the frame has exactly its columns, in its order;
 * values are converted where nothing is lost by it.
 * @throws {HexError} HEX_FRAME_INVALID when columns or values do not fit, naming column and row
 */
export function toFrame(value: unknown, spec?: Schema | SchemaSpec): Frame | undefined {
  const schema = spec === undefined || isSchema(spec) ? spec : toSchema(spec);
  const found = findFrame(value, schema);
  return found && schema ? fitSchema(found, schema) : found;
}

function findFrame(value: unknown, schema?: Schema): Frame | undefined {
  if (value instanceof Frame) return value;
  if (isDanfo(value)) return frameFromDanfo(value);
  if (!Array.isArray(value) || !value.every(isPlainRow)) return undefined;
  if (value.length > 0) return frameFromRows(value);
  return schema && frameFromRows([], schema);
}

/** The same frame with exactly the columns and types of a schema. */
function fitSchema(frame: AnyFrame, schema: Schema): Frame {
  const columns = new Map(frame.columns().map((column) => [column.name, column]));
  const extra = frame.schema.find(({ name }) => !schema.some((column) => column.name === name));
  if (extra || columns.size < schema.length) throw columnsError(frame.schema, schema);
  return toFrameOf(
    schema.map((wanted) => {
      const column = columns.get(wanted.name);
      if (column === undefined) throw columnsError(frame.schema, schema);
      return column.type === wanted.type ? column : convertColumn(column, wanted);
    }),
  );
}

function convertColumn({ name, type: from, data }: FrameColumn, { type }: Column): FrameColumn {
  const values = valuesOf(data).map((value, row) => {
    if (value === null) return null;
    const converted = convertValue(value, from, type);
    if (converted === undefined) throw misfitError(name, row, type, value);
    return converted;
  });
  return { name, type, data: buildColumn(name, type, values) };
}

/** The value as the wanted type has it, or undefined when something would be lost. */
function convertValue(value: Value, from: ColumnType, type: ColumnType): Value | undefined {
  if (typeof value === "number") return convertNumber(value, type);
  if (typeof value === "bigint") {
    return type === "integer" && isWhole(Number(value)) ? Number(value) : undefined;
  }
  if (typeof value !== "string") return undefined;
  if (type === "string") return value;
  if (from !== "string") return undefined;
  return convertText(value, type);
}

function convertNumber(value: number, type: ColumnType): Value | undefined {
  if (type === "number") return value;
  if (!isWhole(value)) return undefined;
  if (type === "integer") return value;
  return type === "bigint" ? BigInt(value) : undefined;
}

function convertText(text: string, type: ColumnType): Value | undefined {
  if (type === "date") return parseDay(text) === undefined ? undefined : text;
  if (type === "datetime") return parseDatetime(text) === undefined ? undefined : text;
  if (type !== "instant" || !/^[^Z]+(?:Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const local = text.replace(/(?:Z|[+-]\d{2}:\d{2})$/, "");
  if (parseDatetime(local) === undefined) return undefined;
  return toDate(new Date(text).getTime(), parseMicros(local));
}

function columnsError(found: Schema, schema: Schema) {
  return expectation("HEX_FRAME_INVALID", {
    place: "the frame",
    expected: `of the columns ${namesOf(schema)}`,
    got: namesOf(found),
  });
}

function namesOf(schema: Schema): string {
  return schema.map(({ name }) => name).join(", ");
}
