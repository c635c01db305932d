import type { ChartSpec } from "../../../../cell/output.ts";
import type { Schema } from "../../../../frame/schema.ts";
import type { ChartRow } from "./chart-rows.ts";
import { isOneView, isPart, partsOf } from "./spec-parts.ts";

type Part = Readonly<Record<string, unknown>>;

/** A letter of an axis, and what is free between two labels. */
const LETTER_PX = 7;
const BETWEEN_PX = 12;
/** Of a narrow chart, between its other axis and its edge. */
const ROOM_PX = 250;

/**
 * Names of the columns whose values, as the labels of a horizontal axis, fit beside each other, so
 * that nobody has to bend their head; of wide charts as well as of narrow ones.
 */
export function flatColumns(spec: ChartSpec, rows: readonly ChartRow[]): ReadonlySet<string> {
  const fields = isOneView(spec) ? viewsOf(spec).flatMap(namedFields) : [];
  return new Set(fields.filter((field) => fitBeside(rows.map((row) => row[field] ?? null))));
}

/** A specification whose labels of such columns are not turned. */
export function withFlatLabels(spec: ChartSpec, columns: ReadonlySet<string>): ChartSpec {
  if (columns.size === 0) return spec;
  const { layer } = spec;
  return {
    ...flatView(spec, columns),
    ...(Array.isArray(layer) ? { layer: layer.map((each) => flatView(each, columns)) } : {}),
  };
}

function viewsOf(spec: ChartSpec): readonly unknown[] {
  const { layer } = spec;
  return Array.isArray(layer) ? [spec, ...layer] : [spec];
}

/** The column that stands on a view's horizontal axis by its names. */
function namedFields(view: unknown): readonly string[] {
  const x = channelOf(view);
  return x === undefined || typeof x["field"] !== "string" ? [] : [x["field"]];
}

function flatView<View>(view: View, columns: ReadonlySet<string>): View {
  const x = channelOf(view);
  if (x === undefined || !columns.has(String(x["field"]))) return view;
  const { encoding } = view as { readonly encoding: Part };
  const axis = { labelAngle: 0, ...(x["axis"] as Part | undefined) };
  return { ...view, encoding: { ...encoding, x: { ...x, axis } } };
}

/** The horizontal channel of names, when nothing but the names is shown and how is left to the page. */
function channelOf(view: unknown): Part | undefined {
  const encoding = isPart(view) ? view["encoding"] : undefined;
  const x = isPart(encoding) ? encoding["x"] : undefined;
  if (!isPart(x) || (x["axis"] !== undefined && !isPart(x["axis"]))) return undefined;
  if (x["type"] !== "nominal" && x["type"] !== "ordinal") return undefined;
  return ["timeUnit", "bin", "aggregate"].some((key) => x[key]) ? undefined : x;
}

function fitBeside(values: readonly ChartRow[string][]): boolean {
  const labels = [...new Set(values)].map(String);
  const longest = Math.max(0, ...labels.map(({ length }) => length));
  return labels.length * (longest * LETTER_PX + BETWEEN_PX) <= ROOM_PX;
}

/** The property of a channel that says how its values are written. */
const GUIDES: Readonly<Record<string, string>> = {
  x: "axis",
  y: "axis",
  color: "legend",
  size: "legend",
};

/** Names of the columns that hold years: integers, each of which a calendar would have today. */
export function yearColumns(
  schema: Schema,
  rows: readonly ChartRow[],
  spec: ChartSpec,
): ReadonlySet<string> {
  const made = new Set(partsOf(spec).flatMap(({ as }) => as));
  const names = schema.flatMap(({ name, type }) => (type === "integer" ? [name] : []));
  return new Set(
    names.filter((name) => !made.has(name) && rows.every((row) => isYear(row[name] ?? null))),
  );
}

function isYear(value: ChartRow[string]): boolean {
  return value === null || (Number(value) >= 1000 && Number(value) <= 2999);
}

/** A specification that writes years as years: 2014, where numbers are written 2,014. */
export function withYears(spec: ChartSpec, years: ReadonlySet<string>): ChartSpec {
  return years.size === 0 ? spec : (partWithYears(spec, years) as ChartSpec);
}

function partWithYears(part: unknown, years: ReadonlySet<string>): unknown {
  if (Array.isArray(part)) return part.map((each) => partWithYears(each, years));
  if (!isPart(part)) return part;
  const entries = Object.entries(part).map(([key, value]) => {
    const isEncoding = key === "encoding" && isPart(value);
    return [key, isEncoding ? encodingWithYears(value, years) : partWithYears(value, years)];
  });
  return Object.fromEntries(entries);
}

function encodingWithYears(encoding: Part, years: ReadonlySet<string>): Part {
  const entries = Object.entries(encoding).map(([channel, definition]) => {
    const guide = GUIDES[channel];
    if (guide === undefined || !isPart(definition) || !countsYears(definition, years)) {
      return [channel, definition];
    }
    return [channel, guideWithYears(definition, guide)];
  });
  return Object.fromEntries(entries);
}

/** Whether a channel shows the years themselves, and the way of writing them is left to the page. */
function countsYears(definition: Part, years: ReadonlySet<string>): boolean {
  const { field, type, scale } = definition;
  if (typeof field !== "string" || !years.has(field) || type !== "quantitative") return false;
  if (isPart(scale) && "type" in scale) return false;
  return ["aggregate", "bin", "timeUnit"].every((key) => !definition[key]);
}

/** Between two years there is no third; the author's own settings win. */
function guideWithYears(definition: Part, guide: string): Part {
  const own = definition[guide] ?? {};
  if (!isPart(own) || definition[guide] === null) return definition;
  return { ...definition, [guide]: { format: "d", tickMinStep: 1, ...own } };
}
