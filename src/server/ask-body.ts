import * as v from "valibot";
import type { FilterTest } from "../frame/rows/row-filter.ts";
import type { CsvRequest, EvaluateRequest, RowsRequest } from "../kernel/evaluation.ts";
import type { NotebookRunBody } from "../kernel/notebook-state.ts";
import { HttpFailure } from "./http-failure.ts";
import { parseJsonText } from "./json-body.ts";

const FILTER_TESTS = [
  "contains",
  "equals",
  "at-least",
  "at-most",
  "missing",
  "present",
] as const satisfies readonly FilterTest[];

/** The longest that a page or a notebook sends, in characters of JSON. */
const LONGEST_ASK = 2 ** 19;
const MOST_CELLS = 4_000;
const MOST_FILTERS = 100;
const LONGEST_VALUE = 10_000;
const LONGEST_ID = 200;
const FARTHEST_ROW = 999_999_999;
const MOST_ROWS = 1_000;

const VERSION_RULE = "the number of a version, or null";
const COMMIT_RULE = "the id of a commit, or null";
const EVALUATION_RULE = "the id of an evaluation";
const RESULT_RULE = "the id of a result";
const PRESS_RULE = "a UUID of this press alone";
const OFFSET_RULE = `a whole number from 0 to ${FARTHEST_ROW}`;
const LIMIT_RULE = `a whole number from 1 to ${MOST_ROWS}`;
const CELL_RULE = "the name of a cell";
const VALUES_RULE = "an object of names and values";
const COLUMN_RULE = "the name of a column";

const cellName = v.pipe(v.string(CELL_RULE), v.regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, CELL_RULE));
const column = v.pipe(v.string(COLUMN_RULE), v.maxLength(LONGEST_VALUE, COLUMN_RULE));
const toId = (rule: string) =>
  v.pipe(v.string(rule), v.minLength(1, rule), v.maxLength(LONGEST_ID, rule));
/** Names that objects have of their own, which a record would leave out without a word. */
const OWN_NAMES = ["__proto__", "prototype", "constructor"];
/** A list would pass for an object without names. */
const named = v.custom<object>(
  (asked) =>
    typeof asked === "object" &&
    asked !== null &&
    !Array.isArray(asked) &&
    !OWN_NAMES.some((name) => Object.hasOwn(asked, name)),
  VALUES_RULE,
);
const toNamed = <Schema extends v.GenericSchema>(value: Schema) =>
  v.pipe(named, v.record(v.string(), value, VALUES_RULE));
const cellNames = v.pipe(
  v.array(cellName, "a list of cells"),
  v.maxLength(MOST_CELLS, `at most ${MOST_CELLS} cells`),
);

const evaluateAsk = v.strictObject({
  version: v.nullable(
    v.pipe(v.number(VERSION_RULE), v.safeInteger(VERSION_RULE), v.minValue(1, VERSION_RULE)),
  ),
  commit: v.nullable(toId(COMMIT_RULE)),
  inputs: toNamed(v.unknown()),
  texts: v.optional(toNamed(v.string("a text"))),
  // Whoever writes an id in large letters means the same press.
  press: v.optional(toNamed(v.pipe(v.string(PRESS_RULE), v.uuid(PRESS_RULE), v.toLowerCase()))),
  cells: v.pipe(cellNames, v.minLength(1, "a list of at least one cell")),
  has: v.optional(toNamed(toId(RESULT_RULE))),
});

const order = {
  evaluation: toId(EVALUATION_RULE),
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
const rowsAsk = v.strictObject({
  ...order,
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
const csvAsk = v.strictObject(order);

const notebookRun = v.strictObject({
  cells: v.optional(v.union([v.literal("all"), cellNames], 'a list of cells, or "all"'), "all"),
  fresh: v.optional(v.boolean("true or false"), false),
});
const notebookInputs = toNamed(v.unknown());

/** What a page asks of some cells. @throws {HttpFailure} 400, 413 */
export function parseEvaluateAsk(body: unknown): EvaluateRequest {
  return parseAsk(evaluateAsk, body) as EvaluateRequest;
}

/** Which rows of a table are asked for. @throws {HttpFailure} 400, 413 */
export function parseRowsAsk(body: unknown): RowsRequest {
  return parseAsk(rowsAsk, body);
}

/** Which table is to be downloaded. @throws {HttpFailure} 400, 413, 422 */
export function parseCsvAsk(text: string | undefined): CsvRequest {
  return parseAsk(csvAsk, text === undefined ? undefined : parseJsonText(text));
}

/** Which cells of a notebook are to run again. @throws {HttpFailure} 400, 413 */
export function parseNotebookRun(body: unknown): NotebookRunBody {
  const { cells, fresh } = parseAsk(notebookRun, body ?? {});
  return { fresh: fresh ? cells : "none" };
}

/** Values of a notebook's inputs, by name. @throws {HttpFailure} 400, 413 */
export function parseNotebookInputs(body: unknown): Readonly<Record<string, unknown>> {
  return parseAsk(notebookInputs, body);
}

function parseAsk<Schema extends v.GenericSchema>(
  schema: Schema,
  asked: unknown,
): v.InferOutput<Schema> {
  if ((JSON.stringify(asked) ?? "").length > LONGEST_ASK) {
    throw new HttpFailure(413, `Expected at most ${LONGEST_ASK} characters of JSON, got more`);
  }
  const parsed = v.safeParse(schema, asked, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue) ?? "what is asked";
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  const expected = isUnknown
    ? "left out"
    : issue.message.replace(/^Invalid .*/s, "given and valid");
  throw new HttpFailure(400, `Expected ${show(path)} to be ${expected}, got something else`);
}

function show(path: string): string {
  return path.length <= 80 ? path : `${path.slice(0, 80)}…`;
}
