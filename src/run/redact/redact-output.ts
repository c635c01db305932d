import type { JsonRow } from "../../frame/json.ts";
import type { CellOutput } from "../cell-output.ts";

/** How texts are redacted, by what they are. */
export interface TextRules {
  readonly value: (text: string) => string;
  readonly name: (text: string) => string;
  readonly choice: (text: string) => string;
}

/** What a cell shows, without secrets; names of columns stay, which a run looks at before they are shown. */
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
