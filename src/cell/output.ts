import { HexError } from "../errors.ts";

const CHART = Symbol.for("hex-runtime.chart");
const MARKDOWN = Symbol.for("hex-runtime.markdown");

/** A Vega-Lite specification without its data, which comes from the frame. */
export type ChartSpec = Readonly<Record<string, unknown>>;

/** A chart over a frame (or rows): what `chart` makes. */
export interface Chart {
  readonly [CHART]: true;
  readonly spec: ChartSpec;
  readonly data: unknown;
}

/** Text to be shown as Markdown: what `markdown` makes. */
export interface Markdown {
  readonly [MARKDOWN]: true;
  readonly text: string;
}

/** A chart: a Vega-Lite specification drawn over a frame, rows or a danfo DataFrame. */
export function chart(data: object, spec: ChartSpec): Chart {
  if ("data" in spec || "datasets" in spec) {
    throw new HexError(
      "HEX_CELL_FAILED",
      "Expected a chart's specification to be without data, got a `data` key (hand the frame to chart() as its first argument)",
    );
  }
  return Object.freeze({ [CHART]: true as const, spec, data });
}

/** Prose that a cell writes: shown as Markdown, sanitised. */
export function markdown(text: string): Markdown {
  return Object.freeze({ [MARKDOWN]: true as const, text });
}

export function isChart(value: unknown): value is Chart {
  return typeof value === "object" && value !== null && CHART in value;
}

export function isMarkdown(value: unknown): value is Markdown {
  return typeof value === "object" && value !== null && MARKDOWN in value;
}
