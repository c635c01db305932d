import type { TopLevelSpec } from "vega-lite";
import type { ChartSpec } from "../../../../cell/output.ts";
import { withFlatLabels, withYears } from "./axis-labels.ts";
import type { ChartTheme } from "./chart-theme.ts";
import { isOneView, isPart } from "./spec-parts.ts";

/** The name under which a chart's rows are drawn. */
export const ROWS = "rows";

interface PageSpecOptions {
  readonly label: string;
  readonly theme: ChartTheme;
  readonly isZooming: boolean;
  /** that it is made for, as `specWidth` gives it */
  readonly width: number;
  /** names of columns that hold years */
  readonly years: ReadonlySet<string>;
  /** names of columns whose values stand beside each other below an axis */
  readonly flat: ReadonlySet<string>;
}

/** An author's specification as a page draws it: over its rows, in its colours, as wide as it can. */
export function toPageSpec(author: ChartSpec, options: PageSpecOptions): TopLevelSpec {
  const { label, theme, isZooming, width, years, flat } = options;
  const spec = withFlatLabels(withYears(author, years), flat);
  const fits = fitsPlace(spec);
  const zoom = { name: "hex_zoom", select: "interval", bind: "scales" };
  const page: unknown = {
    ...(fits ? { width: "container", autosize: { type: "fit-x", contains: "padding" } } : {}),
    ...spec,
    ...stackedViews(spec, width),
    ...(isZooming ? withZoom(spec, zoom) : {}),
    description: label,
    data: { name: ROWS },
    config: mergeConfig(themeConfig(theme, width), spec["config"]),
  };
  return page as TopLevelSpec;
}

/** For the axis and its labels, left of a picture. */
const AXIS_WIDTH = 96;

/** Of views below each other, all that do not say how wide they are become as wide as their place. */
function stackedViews(spec: ChartSpec, width: number): Partial<ChartSpec> {
  const { vconcat } = spec;
  if (!Array.isArray(vconcat) || width <= AXIS_WIDTH * 2) return {};
  const views: readonly unknown[] = vconcat;
  const isFree = (view: unknown) => isPart(view) && isOneView(view) && !("width" in view);
  const own = { width: width - AXIS_WIDTH };
  return { vconcat: views.map((view) => (isFree(view) ? { ...own, ...(view as object) } : view)) };
}

/** Where a legend beside the picture would leave it no room. */
const NARROW = 480;

/** How far apart two widths are that a specification is made for. */
const STEP = 24;

/**
 * The width that a specification is made for in a place, so that it is compiled again only where it
 * looks different; where it is hidden nothing is known.
 */
export function specWidth(spec: ChartSpec, placeWidth: number): number {
  const isWide = placeWidth >= NARROW && !Array.isArray(spec["vconcat"]);
  if (isWide || placeWidth === 0) return NARROW;
  return Math.floor(placeWidth / STEP) * STEP;
}

/** Two columns of names, each cut where the other begins. */
function legendBelow(width: number) {
  return { orient: "bottom", columns: 2, labelLimit: Math.max(40, width / 2 - 56) };
}

/** Whether a chart is made as wide as its place; others are as wide as they say, and scroll. */
export function fitsPlace(spec: ChartSpec): boolean {
  return isOneView(spec) && !("width" in spec);
}

/** In layers, one of them has the selection. */
function withZoom(spec: ChartSpec, zoom: object): Partial<ChartSpec> {
  const layers = spec["layer"];
  if (!Array.isArray(layers)) return { params: [zoom] };
  return {
    layer: layers.map((layer, index) => (index === 0 ? { ...layer, params: [zoom] } : layer)),
  };
}

/** The author's own configuration wins. */
function mergeConfig(ours: Readonly<Record<string, unknown>>, theirs: unknown): object {
  if (!isPart(theirs)) return ours;
  const merged: Record<string, unknown> = { ...ours };
  for (const [key, value] of Object.entries(theirs)) {
    const our = ours[key];
    merged[key] = isPart(value) && isPart(our) ? { ...our, ...value } : value;
  }
  return merged;
}

function themeConfig(theme: ChartTheme, width: number) {
  const { ink, inkSoft, line, edge, surface, font, series } = theme;
  const labels = { labelColor: inkSoft, titleColor: inkSoft };
  const sizes = { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 600 };
  return {
    background: surface,
    font,
    padding: 4,
    axis: {
      ...labels,
      ...sizes,
      ...(width < NARROW ? { labelLimit: Math.max(80, width / 3) } : {}),
      labelOverlap: "parity",
      gridColor: line,
      domainColor: edge,
      tickColor: edge,
    },
    legend: {
      ...labels,
      ...sizes,
      symbolBaseFillColor: inkSoft,
      symbolBaseStrokeColor: inkSoft,
      ...(width < NARROW ? legendBelow(width) : { labelLimit: 220 }),
    },
    header: { ...labels, ...sizes },
    title: { color: ink, subtitleColor: inkSoft, anchor: "start", fontSize: 14, fontWeight: 600 },
    view: { stroke: null },
    mark: { color: series[0], tooltip: true },
    text: { color: ink },
    rule: { color: inkSoft },
    range: { category: series },
  };
}
