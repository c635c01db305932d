import { parseDatetime, parseDay } from "./column/calendar.ts";
import { parseNumberText } from "./number-text.ts";
import type { ColumnType } from "./schema.ts";

/** What a typed text stands for: all numbers from the first to the last. */
export interface TypedRange {
  readonly first: number;
  readonly last: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MINUTE = /T\d{2}:\d{2}$/;
const ZONE = /(?:Z|([+-])(\d{2}):?(\d{2}))$/;
/** Numbers as tables show those that JSON lacks. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ["false", 0],
  ["true", 1],
]);

/** What a text has to be to name a value of a column, to follow "to be". */
export const TYPED_RULES: Readonly<Record<Exclude<ColumnType, "string">, string>> = {
  number: "a number",
  integer: "a number",
  bigint: "a whole number",
  boolean: "true or false",
  date: "a day YYYY-MM-DD",
  datetime: "a day YYYY-MM-DD or a time YYYY-MM-DDTHH:MM[:SS]",
  instant: "a day YYYY-MM-DD or a time YYYY-MM-DDTHH:MM[:SS]Z",
};

/**
 * The numbers, as a column of the type holds them, that a typed text names: a day stands for all its
 * moments. Undefined when it names none.
 */
export function parseTypedRange(type: ColumnType, typed: string): TypedRange | undefined {
  const text = typed.trim();
  switch (type) {
    case "number":
    case "integer":
      return alone(parseNumberText(text) ?? WORDS.get(text.toLowerCase()));
    case "boolean":
      return alone(BOOLEANS.get(text.toLowerCase()));
    case "date":
      return alone(parseDay(text));
    case "datetime":
      return parseMoments(text);
    case "instant":
      return parseInstants(text);
    case "string":
    case "bigint":
      return undefined;
  }
}

function alone(number: number | undefined): TypedRange | undefined {
  return number === undefined ? undefined : { first: number, last: number };
}

function parseMoments(text: string): TypedRange | undefined {
  const day = parseDay(text);
  if (day !== undefined) return { first: day * DAY_MS, last: (day + 1) * DAY_MS - 1 };
  const written = text.replace(" ", "T");
  if (!MINUTE.test(written)) return alone(parseDatetime(written));
  const minute = parseDatetime(`${written}:00`);
  return minute === undefined ? undefined : { first: minute, last: minute + MINUTE_MS - 1 };
}

/** Without a zone it is UTC, as tables show it. */
function parseInstants(text: string): TypedRange | undefined {
  const day = parseDay(text);
  const zone = day === undefined ? ZONE.exec(text) : null;
  const moments = parseMoments(zone === null ? text : text.slice(0, zone.index));
  if (moments === undefined || zone?.[1] === undefined) return moments;
  const minutes = Number(zone[2]) * 60 + Number(zone[3]);
  const shift = (zone[1] === "-" ? 1 : -1) * minutes * MINUTE_MS;
  return { first: moments.first + shift, last: moments.last + shift };
}
