import type { ChartSpec } from "../../../../cell/output.ts";
import type { Schema } from "../../../../frame/schema.ts";
import type { ChartRow } from "./chart-rows.ts";
import { isPart, partsOf } from "./spec-parts.ts";

type Part = Readonly<Record<string, unknown>>;

/** What says how the values of a channel are written. */
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
