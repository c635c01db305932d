import * as v from "valibot";
import { FILTER_TESTS } from "../frame/rows/typed-range.ts";
import type { CsvRequest, EvaluateRequest, RowsRequest } from "../kernel/evaluation.ts";
import type { NotebookRunBody } from "../kernel/notebook-state.ts";
import { shorten } from "../text.ts";
import { HttpFailure } from "./http-failure.ts";
import { parseJsonText } from "./json-body.ts";

/** Of a body, in characters of JSON. */
const MAX_LENGTH = 2 ** 19;
const MAX_CELLS = 4_000;
const MAX_FILTERS = 100;
const MAX_VALUE_LENGTH = 10_000;
const MAX_ID_LENGTH = 200;
const MAX_OFFSET = 999_999_999;
const MAX_ROWS = 1_000;

const VERSION_RULE = "the number of a version, or null";
const CELL_RULE = "the name of a cell";
const PRESS_RULE = "a UUID of this press alone";

const cellName = v.pipe(v.string(CELL_RULE), v.regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, CELL_RULE));
const cellNames = v.pipe(
  v.array(cellName, "a list of cells"),
  v.maxLength(MAX_CELLS, `at most ${MAX_CELLS} cells`),
);
const toText = (rule: string, maxLength: number) =>
  v.pipe(v.string(rule), v.maxLength(maxLength, rule));
const toId = (rule: string) => v.pipe(toText(rule, MAX_ID_LENGTH), v.minLength(1, rule));
const toWhole = (from: number, to: number) => {
  const rule = `a whole number from ${from} to ${to}`;
  return v.pipe(v.number(rule), v.integer(rule), v.minValue(from, rule), v.maxValue(to, rule));
};
/** Names that objects have of their own, which a record would drop silently. */
const OWN_NAMES = ["__proto__", "prototype", "constructor"];
/** Values by name. A list would pass for an object without names. */
const toNamed = <Schema extends v.GenericSchema>(value: Schema) =>
  v.pipe(
    v.custom<object>(
      (given) =>
        typeof given === "object" &&
        given !== null &&
        !Array.isArray(given) &&
        !OWN_NAMES.some((name) => Object.hasOwn(given, name)),
      "an object of names and values",
    ),
    v.record(v.string(), value),
  );
const column = toText("the name of a column", MAX_VALUE_LENGTH);

const evaluateRequest = v.strictObject({
  version: v.nullable(
    v.pipe(v.number(VERSION_RULE), v.safeInteger(VERSION_RULE), v.minValue(1, VERSION_RULE)),
  ),
  commit: v.nullable(toId("the id of a commit, or null")),
  inputs: toNamed(v.unknown()),
  texts: v.optional(toNamed(v.string("a text"))),
  // An id in large letters is the same press.
  press: v.optional(toNamed(v.pipe(v.string(PRESS_RULE), v.uuid(PRESS_RULE), v.toLowerCase()))),
  cells: v.pipe(cellNames, v.minLength(1, "a list of at least one cell")),
  has: v.optional(toNamed(toId("the id of a result"))),
});

const filter = v.strictObject(
  {
    column,
    test: v.picklist(FILTER_TESTS, `one of ${FILTER_TESTS.join(", ")}`),
    value: v.optional(v.pipe(v.string("a text"), v.maxLength(MAX_VALUE_LENGTH, "a shorter text"))),
  },
  "a filter",
);
const table = {
  evaluation: toId("the id of an evaluation"),
  cell: cellName,
  sort: v.optional(
    v.strictObject({ column, descending: v.boolean("true or false") }, "an order of rows"),
  ),
  filters: v.optional(
    v.pipe(
      v.array(filter, "a list of filters"),
      v.maxLength(MAX_FILTERS, `at most ${MAX_FILTERS} filters`),
    ),
  ),
};
const csvRequest = v.strictObject(table);
const rowsRequest = v.strictObject({
  ...table,
  offset: toWhole(0, MAX_OFFSET),
  limit: toWhole(1, MAX_ROWS),
});

const notebookRun = v.strictObject({
  cells: v.optional(v.union([v.literal("all"), cellNames], 'a list of cells, or "all"'), "all"),
  fresh: v.optional(v.boolean("true or false"), false),
});
const notebookInputs = toNamed(v.unknown());

/** A request to evaluate cells. @throws {HttpFailure} 400, 413 */
export function parseEvaluateRequest(body: unknown): EvaluateRequest {
  return parseBody(evaluateRequest, body) as EvaluateRequest;
}

/** A request for rows of a table. @throws {HttpFailure} 400, 413 */
export function parseRowsRequest(body: unknown): RowsRequest {
  return parseBody(rowsRequest, body);
}

/** A request for a table as CSV. @throws {HttpFailure} 400, 413, 422 */
export function parseCsvRequest(text: string | undefined): CsvRequest {
  return parseBody(csvRequest, text === undefined ? undefined : parseJsonText(text));
}

/** A request to run cells of a notebook again. @throws {HttpFailure} 400, 413 */
export function parseNotebookRun(body: unknown): NotebookRunBody {
  const { cells, fresh } = parseBody(notebookRun, body ?? {});
  return { fresh: fresh ? cells : "none" };
}

/** Values of a notebook's inputs, by name. @throws {HttpFailure} 400, 413 */
export function parseNotebookInputs(body: unknown): Readonly<Record<string, unknown>> {
  return parseBody(notebookInputs, body);
}

function parseBody<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
): v.InferOutput<Schema> {
  if ((JSON.stringify(body) ?? "").length > MAX_LENGTH) {
    throw new HttpFailure(413, `Expected at most ${MAX_LENGTH} characters of JSON, got more`);
  }
  const parsed = v.safeParse(schema, body, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue) ?? "what is asked";
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  const expected = isUnknown
    ? "left out"
    : issue.message.replace(/^Invalid .*/s, "given and valid");
  throw new HttpFailure(400, `Expected ${shorten(path, 81)} to be ${expected}, got something else`);
}
