import { HttpFailure } from "../http-failure.ts";
import { type Query, readWord } from "../query.ts";

export const OUTPUT_FORMATS = ["json", "csv", "arrow"] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What answers of each format are called. */
export const CONTENT_TYPES: Readonly<Record<OutputFormat, string>> = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  arrow: "application/vnd.apache.arrow.file",
};

/**
 * The format that a request asks for: by its query, or else by its Accept header.
 * @throws {HttpFailure} 400, 406
 */
export function readFormat(query: Query, accept: string | undefined): OutputFormat {
  const format = readWord(query, "format", OUTPUT_FORMATS) ?? toAccepted(accept ?? "*/*");
  if (format !== undefined) return format;
  const known = OUTPUT_FORMATS.map((each) => CONTENT_TYPES[each].replace(/;.*/, ""));
  throw new HttpFailure(406, `Expected the Accept header to allow one of ${known.join(", ")}`);
}

interface Wish {
  readonly type: string;
  readonly weight: number;
}

/** The format that is wished for most; among equals, the first of ours. */
function toAccepted(accept: string): OutputFormat | undefined {
  const wishes = accept.split(",").map(toWish);
  const weighed = OUTPUT_FORMATS.map((format) => ({ format, weight: weigh(format, wishes) }));
  const [best] = weighed.toSorted((left, right) => right.weight - left.weight);
  return best !== undefined && best.weight > 0 ? best.format : undefined;
}

function toWish(text: string): Wish {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((each) => each.startsWith("q="))?.slice(2);
  return { type, weight: weight === undefined ? 1 : Number(weight) || 0 };
}

/** The most exact wish that a format meets counts. */
function weigh(format: OutputFormat, wishes: readonly Wish[]): number {
  const type = CONTENT_TYPES[format].replace(/;.*/, "");
  const ranges = [type, type.replace(/\/.*/, "/*"), "*/*"];
  for (const range of ranges) {
    const wish = wishes.find((each) => each.type === range);
    if (wish !== undefined) return wish.weight;
  }
  return 0;
}
