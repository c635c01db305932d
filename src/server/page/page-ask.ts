import * as v from "valibot";
import type { FilterTest } from "../../frame/table-rows.ts";
import type { CsvAsk } from "../../project/light/light-order.ts";
import type { LightAsk, RowsAsk } from "../../run/light/light-ask.ts";
import { HttpFailure } from "../http-failure.ts";
import { parseJsonText } from "../json-text.ts";

const FILTER_TESTS = [
  "contains",
  "equals",
  "at-least",
  "at-most",
  "missing",
  "present",
] as const satisfies readonly FilterTest[];

/** The longest that a page sends, in characters of JSON. */
const LONGEST_ASK = 65_536;
const MOST_CELLS = 1_000;
const MOST_FILTERS = 100;
const LONGEST_VALUE = 10_000;
const FARTHEST_ROW = 999_999_999;
const MOST_ROWS = 1_000;

const VERSION_RULE = "the number of a version, or null";
const OFFSET_RULE = `a whole number from 0 to ${FARTHEST_ROW}`;
const LIMIT_RULE = `a whole number from 1 to ${MOST_ROWS}`;
const CELL_RULE = "the name of a cell";
const VALUES_RULE = "an object of input names and values";
const COLUMN_RULE = "the name of a column";

const cellName = v.pipe(v.string(CELL_RULE), v.regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, CELL_RULE));
const column = v.pipe(v.string(COLUMN_RULE), v.maxLength(LONGEST_VALUE, COLUMN_RULE));
/** A list would pass for an object without names. */
const named = v.custom<object>(
  (asked) => typeof asked === "object" && asked !== null && !Array.isArray(asked),
  VALUES_RULE,
);
const place = {
  version: v.nullable(
    v.pipe(v.number(VERSION_RULE), v.safeInteger(VERSION_RULE), v.minValue(1, VERSION_RULE)),
  ),
  inputs: v.pipe(named, v.record(v.string(), v.unknown(), VALUES_RULE)),
  texts: v.optional(v.pipe(named, v.record(v.string(), v.string("a text"), VALUES_RULE))),
};
const rows = {
  ...place,
  cell: cellName,
  sort: v.optional(
    v.strictObject({ column, descending: v.boolean("true or false") }, "an order of rows"),
  ),
  filters: v.optional(
    v.pipe(
      v.array(
        v.strictObject(
          {
            column,
            test: v.picklist(FILTER_TESTS, `one of ${FILTER_TESTS.join(", ")}`),
            value: v.optional(
              v.pipe(v.string("a text"), v.maxLength(LONGEST_VALUE, "a shorter text")),
            ),
          },
          "a filter",
        ),
        "a list of filters",
      ),
      v.maxLength(MOST_FILTERS, `at most ${MOST_FILTERS} filters`),
    ),
  ),
};

const lightAsk = v.strictObject({
  ...place,
  cells: v.pipe(
    v.array(cellName, "a list of cells"),
    v.minLength(1, "a list of at least one cell"),
    v.maxLength(MOST_CELLS, `at most ${MOST_CELLS} cells`),
  ),
});
const rowsAsk = v.strictObject({
  ...rows,
  offset: v.pipe(
    v.number(OFFSET_RULE),
    v.integer(OFFSET_RULE),
    v.minValue(0, OFFSET_RULE),
    v.maxValue(FARTHEST_ROW, OFFSET_RULE),
  ),
  limit: v.pipe(
    v.number(LIMIT_RULE),
    v.integer(LIMIT_RULE),
    v.minValue(1, LIMIT_RULE),
    v.maxValue(MOST_ROWS, LIMIT_RULE),
  ),
});
const csvAsk = v.strictObject(rows);

/** What a page asks of some cells. @throws {HttpFailure} 400, 413 */
export function parseLightAsk(body: unknown): LightAsk {
  return parseAsk(lightAsk, body) as LightAsk;
}

/** Which rows of a table a page asks for. @throws {HttpFailure} 400, 413 */
export function parseRowsAsk(body: unknown): RowsAsk {
  return parseAsk(rowsAsk, body) as RowsAsk;
}

/** Which table is to be downloaded. @throws {HttpFailure} 400, 413, 422 */
export function parseCsvAsk(text: string | undefined): CsvAsk {
  return parseAsk(csvAsk, text === undefined ? undefined : parseJsonText(text)) as CsvAsk;
}

function parseAsk<Schema extends v.GenericSchema>(schema: Schema, asked: unknown) {
  if ((JSON.stringify(asked) ?? "").length > LONGEST_ASK) {
    throw new HttpFailure(413, `Expected at most ${LONGEST_ASK} characters of JSON, got more`);
  }
  const parsed = v.safeParse(schema, asked, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue) ?? "what a page asks";
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  const expected = isUnknown
    ? "left out"
    : issue.message.replace(/^Invalid .*/s, "given and valid");
  throw new HttpFailure(400, `Expected ${show(path)} to be ${expected}, got something else`);
}

function show(path: string): string {
  return path.length <= 80 ? path : `${path.slice(0, 80)}…`;
}
