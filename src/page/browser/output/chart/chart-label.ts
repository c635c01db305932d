import type { ChartSpec } from "../../../../cell/output.ts";
import { isPart, partsOf } from "./spec-parts.ts";

const CHANNELS = ["x", "y", "color", "size", "theta", "row", "column", "facet"];

/** What a chart shows, for those who hear it: its title, its marks and the fields they stand for. */
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
