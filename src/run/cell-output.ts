import type { InputWidget } from "../cell/input-widget.ts";
import { type ChartSpec, isChart, isMarkdown } from "../cell/output.ts";
import { expectation, type HexError } from "../errors.ts";
import { dateText } from "../frame/column/moment.ts";
import type { Frame } from "../frame/frame.ts";
import { headRows, type JsonRow, toJsonNumber } from "../frame/json.ts";
import type { Schema } from "../frame/schema.ts";
import { toFrame } from "../frame/to-frame.ts";

/** The first rows of a frame and its shape. */
export interface FrameOutput {
  readonly kind: "frame";
  readonly rows: number;
  readonly columns: Schema;
  /** up to 20 rows */
  readonly head: readonly JsonRow[];
}

/** Output of a cell: plain JSON, the same for every front end. */
export type CellOutput =
  | FrameOutput
  | (Omit<FrameOutput, "kind"> & { readonly kind: "chart"; readonly spec: ChartSpec })
  | { readonly kind: "markdown"; readonly markdown: string }
  | { readonly kind: "json"; readonly json: JsonValue }
  | {
      readonly kind: "value";
      readonly value: string | number | boolean | null;
      /** the widget, when the cell is an input */
      readonly input?: InputWidget;
    };

/** A kind that is missing here does not compile. */
const OUTPUT_KINDS: Readonly<Record<CellOutput["kind"], true>> = {
  frame: true,
  chart: true,
  markdown: true,
  json: true,
  value: true,
};

/** Whether something read is an output of a known kind; its content is the cell's own. */
export function isCellOutput(read: unknown): read is CellOutput {
  if (typeof read !== "object" || read === null || !("kind" in read)) return false;
  return typeof read.kind === "string" && Object.hasOwn(OUTPUT_KINDS, read.kind);
}

/** Output of a cell, and the whole frame whose first rows it holds. */
export interface ShownOutput {
  readonly output: CellOutput;
  /** of a frame or a chart */
  readonly shown?: Frame;
}

const HEAD_ROWS = 20;

/**
 * Output of a cell's result: the form in which everybody outside the run sees it.
 * @throws {HexError} HEX_CELL_FAILED when the result is nothing that can be shown
 */
export function toShownOutput(name: string, result: unknown): ShownOutput {
  if (isMarkdown(result)) return { output: { kind: "markdown", markdown: result.text } };
  if (isChart(result)) {
    const shown = toFrame(result.data);
    if (shown === undefined) throw wrongChart(name, result.data);
    for (const field of fieldsOf(result.spec)) shown.watch?.(field);
    return { output: { ...toFrameOutput(shown), kind: "chart", spec: result.spec }, shown };
  }
  const shown = toFrame(result);
  if (shown !== undefined) return { output: toFrameOutput(shown), shown };
  const json = toJsonValue(result, `the result of cell ${name}`);
  return typeof json === "object" && json !== null
    ? { output: { kind: "json", json } }
    : { output: { kind: "value", value: json } };
}

/** Being shown in a table is no reading: a page does without a column that is gone. */
function toFrameOutput(frame: Frame): FrameOutput {
  const { numRows: rows, schema: columns } = frame;
  const head = headRows(
    frame.watched(() => undefined),
    HEAD_ROWS,
  );
  return { kind: "frame", rows, columns, head };
}

/** The columns that a Vega-Lite specification draws: the values of its keys `field`. */
function fieldsOf(spec: unknown): string[] {
  if (typeof spec !== "object" || spec === null) return [];
  return Object.entries(spec).flatMap(([key, value]) =>
    key === "field" && typeof value === "string" ? value : fieldsOf(value),
  );
}

function wrongChart(name: string, data: unknown): HexError {
  return expectation("HEX_CELL_FAILED", {
    place: `the data of the chart in cell ${name}`,
    expected: "a frame, rows or a danfo DataFrame",
    got: Array.isArray(data) ? "an empty list" : typeof data,
  });
}

/** The whole frame that a cell shows, as a table or in a chart. */
export interface ShownFrame {
  readonly frame: Frame;
  /** the name under which a cached cell publishes it, or has read it */
  readonly publishedAs: string | undefined;
}

/** Takes the frame that a cell of a run shows. */
export type ShowFrame = (cell: string, shown: ShownFrame) => void;

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * A value as plain JSON: dates as ISO text, bigints as decimal text, NaN and the infinities as in
 * our CSV, missing as null.
 * @throws {HexError} HEX_CELL_FAILED on functions, symbols, loops and objects that are no plain data
 * @internal
 */
export function toJsonValue(value: unknown, place: string): JsonValue {
  return convert(value, place, []);
}

function convert(value: unknown, place: string, above: readonly object[]): JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return toJsonNumber(value);
    case "bigint":
      return value.toString();
    case "undefined":
      return null;
    case "object":
      return value === null ? null : convertObject(value, place, above);
    default:
      throw notData(place, `a ${typeof value}`);
  }
}

function convertObject(value: object, place: string, above: readonly object[]): JsonValue {
  if (above.includes(value)) throw notData(place, "an object that contains itself");
  const inside = [...above, value];
  if (Array.isArray(value)) {
    return value.map((each, index) => convert(each, `${place}[${index}]`, inside));
  }
  if (value instanceof Date) return convertDate(value, place);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notData(place, `an object of class ${value.constructor.name}`);
  }
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, each]) => [key, convert(each, `${place}.${key}`, inside)]),
  );
}

function convertDate(value: Date, place: string): string {
  if (Number.isNaN(value.getTime())) throw notData(place, "an invalid date");
  return dateText(value);
}

function notData(place: string, got: string) {
  return expectation("HEX_CELL_FAILED", {
    place,
    expected: "a frame, rows, a chart, Markdown or plain data",
    got,
  });
}

/** Whether two frames are the same rows of the same columns in memory; no value is compared. */
export function isSameFrame(one: Frame, other: Frame): boolean {
  if (one === other) return true;
  if (one.numRows !== other.numRows) return false;
  const [left, right] = [one.unarranged(), other.unarranged()];
  if (left.columns.length !== right.columns.length) return false;
  const isOf = left.columns.every(({ name, type, data }, index) => {
    const column = right.columns[index];
    return column?.name === name && column.type === type && column.data === data;
  });
  return isOf && isSameRows(left.rows, right.rows);
}

function isSameRows(left: Uint32Array | undefined, right: Uint32Array | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every((row, index) => right[index] === row);
}

/** How much of what a cell shows a page gets at first. */
interface PageLimits {
  readonly tableRows: number;
  readonly chartRows: number;
  /** of the rows as JSON, in characters; the rows that come after it are left out */
  readonly rowsLength: number;
}

export const PAGE_LIMITS: PageLimits = {
  tableRows: 100,
  chartRows: 5_000,
  rowsLength: 2 * 2 ** 20,
};

/** Rows are turned into JSON so many at once, so that few are in vain when they are long. */
const STEP_ROWS = 50;

/**
 * Output of a cell as a page needs it: a table with its first rows, a chart with all rows that it
 * draws, up to the limits. `rows` tells how many there are.
 */
export function toPageOutput(
  output: CellOutput,
  frame: Frame | undefined,
  { tableRows, chartRows, rowsLength }: PageLimits = PAGE_LIMITS,
): CellOutput {
  if (frame === undefined || (output.kind !== "frame" && output.kind !== "chart")) return output;
  const count = output.kind === "chart" ? chartRows : tableRows;
  return { ...output, head: firstRows(frame, Math.min(count, frame.numRows), rowsLength) };
}

function firstRows(frame: Frame, count: number, length: number): JsonRow[] {
  // Being shown is no reading: a page does without a column that is gone.
  const shown = frame.watched(() => undefined).head(count);
  const rows: JsonRow[] = [];
  let left = length;
  for (let start = 0; start < count; start += STEP_ROWS) {
    const step = shown.slice(start, start + STEP_ROWS);
    for (const row of headRows(step, STEP_ROWS)) {
      left -= JSON.stringify(row).length + 1;
      if (left < 0) return rows;
      rows.push(row);
    }
  }
  return rows;
}
