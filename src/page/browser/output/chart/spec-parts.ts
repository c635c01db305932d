import type { ChartSpec } from "../../../../cell/output.ts";

type Part = Readonly<Record<string, unknown>>;

const COMPOSED = ["hconcat", "vconcat", "concat", "repeat", "facet"];
const FACETS = ["row", "column", "facet"];

/** Fields that a specification takes for time, so that their values are to be times. */
export function temporalFields(spec: unknown): ReadonlySet<string> {
  const fields = new Set<string>();
  for (const part of partsOf(spec)) {
    const isTime = part["type"] === "temporal" || "timeUnit" in part;
    if (isTime && typeof part["field"] === "string") fields.add(part["field"]);
  }
  return fields;
}

/** Names of the selections that one chart may share with others; zooming is each chart's own. */
export function selectionNames(spec: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  for (const part of partsOf(spec)) {
    if (!("select" in part) || part["bind"] === "scales") continue;
    if (typeof part["name"] === "string") names.add(part["name"]);
  }
  return names;
}

/** Why a page does not draw a specification, as a sentence; undefined when it does. */
export function refusalOf(spec: unknown): string | undefined {
  for (const part of partsOf(spec)) {
    const { url } = part;
    if (isPart(url) && typeof url["value"] === "string" && !url["value"].startsWith("data:")) {
      return `Charts show no pictures from elsewhere (“${url["value"]}”).`;
    }
    if (typeof url === "string") {
      return `Charts draw the frame they are given: data from elsewhere (“${url}”) is not read.`;
    }
  }
  return undefined;
}

/** Whether a chart is one picture (or layers of one), which can be made as wide as its place. */
export function isOneView(spec: ChartSpec): boolean {
  if (COMPOSED.some((key) => key in spec)) return false;
  const encoding = spec["encoding"];
  return !isPart(encoding) || !FACETS.some((channel) => channel in encoding);
}

/** Whether zooming can be offered: the author has no selection, and an axis has a scale to zoom. */
export function isZoomable(spec: ChartSpec): boolean {
  if (!isOneView(spec) || partsOf(spec).some((part) => "params" in part)) return false;
  return partsOf(spec).some((part) => {
    return ["x", "y"].some((channel) => isPart(part[channel]) && isContinuous(part[channel]));
  });
}

function isContinuous(channel: Part): boolean {
  if ("bin" in channel && channel["bin"] !== false && channel["bin"] !== null) return false;
  return channel["type"] === "quantitative" || channel["type"] === "temporal";
}

/** A specification and every object in it. */
export function partsOf(spec: unknown): Part[] {
  if (Array.isArray(spec)) return spec.flatMap(partsOf);
  return isPart(spec) ? [spec, ...Object.values(spec).flatMap(partsOf)] : [];
}

export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const CHANNELS = ["x", "y", "color", "size", "theta", "row", "column", "facet"];

/** The label of a chart for screen readers: its title, its marks and the fields they stand for. */
export function chartLabel(title: string, spec: ChartSpec): string {
  if (typeof spec["description"] === "string") return spec["description"];
  const marks = new Set(partsOf(spec).flatMap((part) => markOf(part["mark"]) ?? []));
  const fields = new Set(
    partsOf(spec).flatMap((part) => {
      const encoding = part["encoding"];
      return isPart(encoding) ? CHANNELS.flatMap((name) => channelText(name, encoding[name])) : [];
    }),
  );
  const kind = marks.size > 0 ? `${[...marks].join(" and ")} chart` : "chart";
  const drawn = fields.size > 0 ? ` of ${[...fields].join(", ")}` : "";
  return `${title}: ${kind}${drawn}`;
}

function markOf(mark: unknown): string | undefined {
  if (typeof mark === "string") return mark;
  return isPart(mark) && typeof mark["type"] === "string" ? mark["type"] : undefined;
}

function channelText(channel: string, definition: unknown): string[] {
  if (!isPart(definition)) return [];
  const { field, aggregate, title } = definition;
  const isNamed = typeof field === "string";
  if (!isNamed && typeof aggregate !== "string") return [];
  if (typeof title === "string") return [`${title} (${channel})`];
  const what = [aggregate, field].filter((part) => typeof part === "string").join(" of ");
  return [`${what} (${channel})`];
}
