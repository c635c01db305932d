import type { JsonRow } from "../../frame/json.ts";
import type { CellOutput } from "../cell-output.ts";

/** How texts are redacted, by what they are. */
export interface TextRules {
  readonly value: (text: string) => string;
  readonly name: (text: string) => string;
  readonly choice: (text: string) => string;
}

/**
 * Output of a cell without secrets; names of columns stay, which a run checks before they are
 * shown.
 */
export function redactOutput(output: CellOutput, rules: TextRules): CellOutput {
  switch (output.kind) {
    case "frame":
      return { ...output, head: redactRows(output, rules) };
    case "chart": {
      const columns = new Set(output.columns.map(({ name }) => name));
      const name = (text: string) => (columns.has(text) ? text : rules.name(text));
      const spec = redactSpec(output.spec, { ...rules, name }) as typeof output.spec;
      return { ...output, spec, head: redactRows(output, rules) };
    }
    case "markdown":
      return { ...output, markdown: rules.value(output.markdown) };
    case "json":
      return { ...output, json: redactMade(output.json, rules) as typeof output.json };
    case "value":
      return { ...output, value: redactValue(output, rules) };
  }
}

/** Only columns of texts are looked through: numbers, days and instants are no text. */
function redactRows(
  { columns, head }: Pick<CellOutput & { kind: "frame" }, "columns" | "head">,
  { value }: TextRules,
): readonly JsonRow[] {
  const texts = columns.filter(({ type }) => type === "string").map(({ name }) => name);
  if (texts.length === 0) return head;
  return head.map((row) => redactRow(row, texts, value));
}

function redactRow(row: JsonRow, columns: readonly string[], redact: TextRules["value"]): JsonRow {
  let told = row;
  for (const name of columns) {
    // A column may be named like what every object has.
    const text = Object.hasOwn(row, name) ? row[name] : undefined;
    if (typeof text !== "string") continue;
    const value = redact(text);
    if (value === text) continue;
    if (told === row) told = Object.fromEntries(Object.entries(row));
    Object.defineProperty(told, name, { value, enumerable: true });
  }
  return told;
}

/** Keys of a specification under which prose stands; what else is written there may be a word of Vega's. */
const PROSE = ["title", "subtitle", "text", "description"];

function redactSpec(spec: unknown, rules: TextRules, key = ""): unknown {
  if (typeof spec === "string") return PROSE.includes(key) ? rules.value(spec) : rules.name(spec);
  if (Array.isArray(spec)) return spec.map((each) => redactSpec(each, rules, key));
  return mapEntries(spec, (name, each) => [rules.name(name), redactSpec(each, rules, name)]);
}

/** Plain data that a cell made up. */
function redactMade(data: unknown, rules: TextRules): unknown {
  if (typeof data === "string") return rules.value(data);
  if (Array.isArray(data)) return data.map((each) => redactMade(each, rules));
  return mapEntries(data, (key, each) => [rules.name(key), redactMade(each, rules)]);
}

/** Values of inputs; the keys are names of ours. */
export function redactChoices(data: unknown, choice: TextRules["choice"]): unknown {
  if (typeof data === "string") return choice(data);
  if (Array.isArray(data)) return data.map((each) => redactChoices(each, choice));
  return mapEntries(data, (key, each) => [key, redactChoices(each, choice)]);
}

/** The value of an input may be one that it allows; what lists and ranges are is told as JSON. */
function redactValue(
  { value, input }: Extract<CellOutput, { kind: "value" }>,
  rules: TextRules,
): string | number | boolean | null {
  if (typeof value !== "string") return value;
  if (input === undefined) return rules.value(value);
  if (input.widget !== "multiselect" && input.widget !== "date_range") return rules.choice(value);
  return JSON.stringify(redactChoices(JSON.parse(value), rules.choice));
}

type MapEntry = (key: string, value: unknown) => readonly [key: string, value: unknown];

/** An object with other entries; keys that would become one are told apart. */
function mapEntries(data: unknown, toEntry: MapEntry): unknown {
  if (typeof data !== "object" || data === null) return data;
  const entries = new Map<string, unknown>();
  for (const [key, value] of Object.entries(data)) {
    const [name, told] = toEntry(key, value);
    let own = name;
    for (let number = 2; entries.has(own); number++) own = `${name} (${number})`;
    entries.set(own, told);
  }
  return Object.fromEntries(entries);
}

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
 * All that leaves a run's process, a worker or a server, and which of its fields may hold a secret. All
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
