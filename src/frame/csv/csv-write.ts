import {
  type ColumnData,
  dictionaryOf,
  type FrameColumn,
  readText,
} from "../column/column-data.ts";
import { instantTexts } from "../column/column-reader.ts";
import type { AnyFrame } from "../frame.ts";
import type { ColumnType } from "../schema.ts";
import { CSV_LIMITS, limitError } from "./csv-limits.ts";
import { csvHeader, LONE_MISSING, quoteField } from "./csv-text.ts";

export interface CsvBlocksOptions {
  /** about how long a block is, in characters; 1 MiB unless told */
  readonly blockLength?: number;
  /** what is written in place of a text; the text itself unless told */
  readonly toText?: (text: string) => string;
}

const BLOCK_LENGTH = 2 ** 20;

/**
 * The frame as CSV in blocks of whole rows, each made when it is asked for.
 * @throws {HexError} HEX_FRAME_INVALID for what is beyond the limits of reading
 */
export function* csvBlocks(
  frame: AnyFrame,
  options: CsvBlocksOptions = {},
): Generator<Uint8Array, void, undefined> {
  checkShape(frame);
  let sizeBytes = 0;
  for (const block of blocksOf(frame, options)) {
    sizeBytes += block.length;
    if (sizeBytes > CSV_LIMITS.maxFileBytes) {
      throw limitError("HEX_FRAME_INVALID", "the CSV of a frame", CSV_LIMITS, "maxFileBytes");
    }
    yield block;
  }
}

function* blocksOf(
  frame: AnyFrame,
  { blockLength = BLOCK_LENGTH, toText = (text) => text }: CsvBlocksOptions,
): Generator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  const columns = frame.columns();
  const missing = columns.length === 1 ? LONE_MISSING : "";
  const writers = columns.map((column) => fieldWriter(column, missing, toText));
  let lines = [csvHeader(frame.schema.map(({ name }) => ({ name: toText(name) })))];
  let length = 0;
  for (let row = 0; row < frame.numRows; row++) {
    const line = `${writers.map((write) => write(row)).join(",")}\n`;
    lines.push(line);
    length += line.length;
    if (length < blockLength) continue;
    yield encoder.encode(lines.join(""));
    lines = [];
    length = 0;
  }
  if (lines.length > 0) yield encoder.encode(lines.join(""));
}

function checkShape({ numRows, numColumns }: AnyFrame): void {
  const fault =
    (numColumns > CSV_LIMITS.maxColumns && "maxColumns") ||
    (numRows > CSV_LIMITS.maxRows && "maxRows");
  if (fault) throw limitError("HEX_FRAME_INVALID", "a frame to be kept", CSV_LIMITS, fault);
}

type FieldWriter = (row: number) => string;

type ToText = (text: string) => string;

function fieldWriter(column: FrameColumn, missing: string, toText: ToText): FieldWriter {
  const { data, type } = column;
  const isAnyMissing = data.nullCount > 0;
  const batch = data.data[0];
  const write = type === "string" ? textWriter(column, toText) : valueWriter(type, data);
  return (row) => (isAnyMissing && batch?.isValid(row) === false ? missing : write(row));
}

function textWriter({ name, data }: FrameColumn, toText: ToText): FieldWriter {
  const coded = dictionaryOf(data);
  if (coded === undefined) return (row) => checkedField(toText(readText(data, row)), name, row);
  const quoted: string[] = [];
  return (row) => {
    const code = Number(coded.values[row]);
    const known = quoted[code] ?? checkedField(toText(coded.cache[code] ?? ""), name, row);
    quoted[code] = known;
    return known;
  };
}

/** A quoted text that is short enough to be read again. */
function checkedField(text: string, name: string, row: number): string {
  const field = quoteField(text);
  const isShort = field.length * 3 <= CSV_LIMITS.maxFieldBytes;
  if (isShort || Buffer.byteLength(field) <= CSV_LIMITS.maxFieldBytes) return field;
  const place = `column ${JSON.stringify(name)}, row ${row + 1}`;
  throw limitError("HEX_FRAME_INVALID", place, CSV_LIMITS, "maxFieldBytes");
}

function valueWriter(type: Exclude<ColumnType, "string">, data: ColumnData): FieldWriter {
  if (type === "number") return (row) => numberText(Number(data.at(row)));
  if (type === "instant") return instantTexts(data);
  return (row) => String(data.at(row));
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "INF" : "-INF";
}
