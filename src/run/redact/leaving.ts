/**
 * How a part of what leaves is looked through for secrets.
 * - `text`: a sentence or a line. The beginning of a secret at its end is taken out as well.
 * - `value`: a text of the project's data.
 * - `name`: it may be a name. Those that the project has are left as they are, and secrets that are
 *   ordinary words as well.
 * - `choices`: values of inputs in plain data whose keys are names of ours. As `name`, but that what
 *   was typed with blanks in it is a text.
 * - `output`: what a cell shows.
 */
export type Rule =
  | "text"
  | "value"
  | "name"
  | "choices"
  | "output"
  | { readonly each: Rule }
  | { readonly fields: Fields };

export type Fields = Readonly<Record<string, Rule>>;

const each = (rule: Rule): Rule => ({ each: rule });
const fields = (rules: Fields): Rule => ({ fields: rules });

const ERROR = fields({ message: "text" });
const CSV = fields({
  name: "text",
  columns: each(fields({ why: "text" })),
  notes: each("text"),
});
const CELL = fields({
  title: "name",
  error: ERROR,
  output: "output",
  csv: each(CSV),
  message: "text",
});
const SOURCE = fields({ source: "text" });
/** A cell as Hex's API tells it. */
const TOLD_CELL = fields({
  contents: fields({ codeCell: SOURCE, sqlCell: SOURCE, markdownCell: SOURCE }),
});
const LINE = fields({ text: "text" });
const ATTEMPT = fields({ cause: "text" });
const RESULT = fields({ error: ERROR, cells: each(CELL) });
const INVALID = fields({ message: "text", paramValue: "text" });
const RECORD: Fields = {
  inputs: "choices",
  error: ERROR,
  attempts: each(ATTEMPT),
  cells: each(CELL),
};
/** How far a run is. */
const PROGRESS = fields({ cells: each(fields({ message: "text" })) });

/**
 * What leaves a run's process, a worker or a server, and which of its fields may hold a secret. All
 * others are of our own making (keys, names of cells and columns, ids, times, states, kinds, codes,
 * versions, numbers, addresses) and are never changed.
 */
export const LEAVING = {
  /** a line, a message, the text of a failure */
  text: "text",
  /** a text of a table */
  value: "value",
  event: fields({ line: "text", message: "text", cell: CELL, result: RESULT }),
  result: RESULT,
  cell: CELL,
  error: ERROR,
  output: "output",
  /** values of inputs by name */
  inputs: "choices",
  invalid: each(INVALID),
  record: fields(RECORD),
  progress: PROGRESS,
  log: each(LINE),
  lines: each("text"),
  /** why a part of a cell has failed */
  part: fields({ message: "text", lines: each("text") }),
  page: fields({
    title: "name",
    description: "name",
    inputs: "choices",
    cells: each(CELL),
    run: PROGRESS,
    failure: ERROR,
  }),
  /** the body of an answer in JSON, and the data of an event that a server tells */
  answer: fields({
    ...RECORD,
    title: "name",
    description: "name",
    values: each(TOLD_CELL),
    reason: "text",
    message: "text",
    text: "text",
    run: PROGRESS,
    failure: ERROR,
    lines: each(LINE),
    runs: each(fields(RECORD)),
    warnings: each("text"),
    invalid: each(INVALID),
    notFound: each("text"),
  }),
  /** an entry of a server's log */
  entry: fields({
    message: "text",
    stack: "text",
    line: "text",
    reason: "text",
    cause: "text",
  }),
} as const satisfies Fields;

export type Leaving = keyof typeof LEAVING;
