import { HexError } from "../errors.ts";

const CHART = Symbol.for("hex-runtime.chart");
const MARKDOWN = Symbol.for("hex-runtime.markdown");

/**
 * A Vega-Lite specification without its data, which comes from the frame.
 * @example
 * const spec: ChartSpec = { mark: "bar", encoding: { x: { field: "city" }, y: { field: "total" } } };
 */
export type ChartSpec = Readonly<Record<string, unknown>>;

/**
 * A chart over a frame (or rows), as `chart` makes it.
 * @example
 * const bars: Chart = chart([{ city: "Ulm", total: 3 }], { mark: "bar" });
 */
export interface Chart {
  readonly [CHART]: true;
  /** the specification, without data */
  readonly spec: ChartSpec;
  /** the frame, rows or danfo DataFrame that is drawn */
  readonly data: unknown;
}

/**
 * Text to be shown as Markdown, as `markdown` makes it.
 * @example
 * const prose: Markdown = markdown("**Sales** rose.");
 */
export interface Markdown {
  readonly [MARKDOWN]: true;
  /** the Markdown source */
  readonly text: string;
}

/**
 * A chart: a Vega-Lite specification drawn over a frame, rows or a danfo DataFrame.
 * @throws {HexError} HEX_CELL_FAILED when the specification brings data of its own
 * @example
 * const sales = frame([{ city: "Ulm", total: 3 }]);
 * const bars = chart(sales, { mark: "bar", encoding: { x: { field: "city" }, y: { field: "total" } } });
 * bars.spec["mark"]; // → "bar"
 */
export function chart(data: object, spec: ChartSpec): Chart {
  if ("data" in spec || "datasets" in spec) {
    throw new HexError(
      "HEX_CELL_FAILED",
      "Expected a chart's specification to be without data, got a `data` key (hand the frame to chart() as its first argument)",
    );
  }
  return Object.freeze({ [CHART]: true as const, spec, data });
}

/**
 * Prose that a cell writes: shown as Markdown, sanitised.
 * @example
 * markdown("**Sales** rose.").text; // → "**Sales** rose."
 */
export function markdown(text: string): Markdown {
  return Object.freeze({ [MARKDOWN]: true as const, text });
}

export function isChart(value: unknown): value is Chart {
  return typeof value === "object" && value !== null && CHART in value;
}

export function isMarkdown(value: unknown): value is Markdown {
  return typeof value === "object" && value !== null && MARKDOWN in value;
}
