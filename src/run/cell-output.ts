import type { InputWidget } from "../cell/input-widget.ts";
import { type ChartSpec, isChart, isMarkdown } from "../cell/output.ts";
import { expectation, type HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { headRows, type JsonRow } from "../frame/json.ts";
import type { Schema } from "../frame/schema.ts";
import { toFrame } from "../frame/to-frame.ts";
import { type JsonValue, toJsonValue } from "./json-value.ts";

/** The first rows of a frame and its shape. */
export interface FrameOutput {
  readonly kind: "frame";
  readonly rows: number;
  readonly columns: Schema;
  /** up to 20 rows */
  readonly head: readonly JsonRow[];
}

/** What a cell shows: plain JSON, the same for every door. */
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

/** What a cell shows, and the whole frame of which that tells the first rows. */
export interface ShownOutput {
  readonly output: CellOutput;
  /** of a frame or a chart */
  readonly shown?: Frame;
}

const HEAD_ROWS = 20;

/**
 * What a cell's result looks like to everybody outside the run.
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
