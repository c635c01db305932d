/** The options of a `.sql` file, in the comment lines at its top: `-- cached: flights/hours`. */
import type { CellOptionsSpec } from "../cell/cell-options.ts";
import { expectation, type HexError } from "../errors.ts";

/** What the comments at the top of a query say, unchecked. */
export interface SqlHeader {
  /** name of the frame that it publishes; undefined for a light cell */
  readonly frame?: string;
  readonly options: CellOptionsSpec;
  /** type of each column by name */
  readonly schema?: Readonly<Record<string, string>>;
}

/** The keys, and what they are called in TypeScript. */
const KEYS = {
  cached: "cached",
  title: "title",
  key: "key",
  "max-age": "maxAge",
  "compute-in": "computeIn",
  watch: "watch",
  schema: "schema",
} as const;

type Key = keyof typeof KEYS;

interface HeaderLine {
  readonly key: string;
  readonly value: string;
  /** counts from 1 */
  readonly line: number;
}

/**
 * Reads the options of a query. Other comments are left alone: of those that look like `word: text`
 * only a word that nearly is a key is refused, and that only where the cell is cached, or nearly is.
 *
 * @throws {HexError} HEX_CELL_INVALID with file and line
 */
export function readSqlHeader(sql: string, file: string): SqlHeader {
  const { lines, end } = readLines(sql);
  const isCached = lines.some(({ key }) => key === "cached");
  const found = new Map<Key, string>();
  for (const each of lines) {
    if (!isKey(each.key)) refuseNear(each, file, isCached);
    else if (isCached || each.key === "title") found.set(each.key, toValue(each, found, file));
    else refuseAlone(each, file);
  }
  refuseBelow(sql, end, file);
  const frame = found.get("cached");
  const schema = found.get("schema");
  return {
    ...(frame === undefined ? {} : { frame }),
    ...(schema === undefined ? {} : { schema: toSchema(schema, file) }),
    options: toOptions(found),
  };
}

const LINE = /^[ \t]*--[ \t]*([A-Za-z][\w-]*(?: in| age)?)[ \t]*:(?!\/\/)[ \t]*(.*?)[ \t]*$/i;

/** The lines `-- word: text` above the query, and the line at which the query begins. */
function readLines(sql: string): { readonly lines: readonly HeaderLine[]; readonly end: number } {
  const lines: HeaderLine[] = [];
  const all = sql.replace(/^\uFEFF/, "").split(/\r?\n/);
  const found = all.findIndex((line) => !/^\s*(?:--.*)?$/.test(line));
  const end = found < 0 ? all.length : found;
  for (const [index, text] of all.slice(0, end).entries()) {
    const [, key = "", value = ""] = LINE.exec(text) ?? [];
    if (key !== "") lines.push({ key, value, line: index + 1 });
  }
  return { lines, end };
}

function isKey(key: string): key is Key {
  return Object.hasOwn(KEYS, key);
}

function toValue(
  { key, value, line }: HeaderLine,
  found: ReadonlyMap<string, string>,
  file: string,
): string {
  const told = { place: `\`-- ${key}:\` in ${file}:${line}` };
  if (found.has(key)) {
    throw invalid({
      ...told,
      expected: "there once",
      got: "a second one",
      hint: "keep one of them",
    });
  }
  if (value !== "") return value;
  throw invalid({
    ...told,
    expected: EXAMPLES[key as Key],
    got: "nothing",
    hint: "write it after the colon",
  });
}

const EXAMPLES: Readonly<Record<Key, string>> = {
  cached: "the name of the frame, such as flights/hours",
  title: "a text",
  key: "names of inputs that the query names, such as day, region",
  "max-age": "a whole number with a unit, such as 24h",
  "compute-in": "contexts, such as logic, scheduled",
  watch: "globs below the project's folder, such as data/*.csv",
  schema: "columns and their types, such as day date, total number",
};

/** Words that nobody writes in prose are refused where they would do nothing; others are prose. */
function refuseAlone({ key, line }: HeaderLine, file: string): void {
  if (key !== "max-age" && key !== "compute-in") return;
  throw invalid({
    place: `\`-- ${key}:\` in ${file}:${line}`,
    expected: "in a query that is cached",
    got: "one that is not",
    hint: "add the line `-- cached: name/of/frame`, or remove this one",
  });
}

/** Refuses a word that nearly is a key. */
function refuseNear({ key, line }: HeaderLine, file: string, isCached: boolean): void {
  const keys = isCached ? (Object.keys(KEYS) as Key[]) : (["cached"] as const);
  const near = keys.find((each) => isNear(key, each));
  if (near === undefined) return;
  throw invalid({
    place: `\`-- ${key}:\` in ${file}:${line}`,
    expected: `one of the options ${Object.keys(KEYS).join(", ")}`,
    got: key,
    hint: `write \`-- ${near}: …\`, or reword the comment`,
  });
}

/** Whether a word is a key but for case, its hyphen, or one typing error after its first letter. */
function isNear(word: string, key: Key): boolean {
  const [left = "", right = ""] = [word, key].map((each) =>
    each.toLowerCase().replace(/[-_ ]/g, ""),
  );
  if (left[0] !== right[0]) return false;
  const others = new Set(withoutOne(right));
  return withoutOne(left).some((each) => others.has(each));
}

/** A word, and what is left of it without each of its letters: one too many, too few, wrong, or swapped. */
function withoutOne(word: string): readonly string[] {
  return [word, ...[...word].map((_, index) => word.slice(0, index) + word.slice(index + 1))];
}

/** A comment line or a block, and a comment after a piece of the query that names nothing but a frame. */
const BELOW = /^\s*(?:--|\/\*+|\*)\s*cached\s*:\s*\S|--\s*cached\s*:\s*[\w./-]+\s*$/;
/** At the top, a name with its folder and nothing else. */
const WITHOUT_COLON = /^\s*--\s*cached\s*=?\s*[\w.-]+(?:\/[\w.-]+)+\s*$/;

/** Below the top, in another form of comment, or without its colon, the option would do nothing. */
function refuseBelow(sql: string, end: number, file: string): void {
  const lines = sql.split(/\r?\n/);
  const line = lines.findIndex((text, index) => (index < end ? WITHOUT_COLON : BELOW).test(text));
  if (line < 0) return;
  throw invalid({
    place: `\`cached:\` in ${file}:${line + 1}`,
    expected: "in a `--` comment at the top of the file",
    got: line < end ? "one without a colon" : "a comment elsewhere or of another form",
    hint: `${line < end ? "write it" : "move it above the query:"} \`-- cached: name/of/frame\``,
  });
}

function toOptions(found: ReadonlyMap<Key, string>): CellOptionsSpec {
  const lists = new Set<Key>(["key", "compute-in", "watch"]);
  const entries = [...found].flatMap(([key, value]): [string, unknown][] => {
    if (key === "cached" || key === "schema") return [];
    return [[KEYS[key], lists.has(key) ? toList(value) : value]];
  });
  return Object.fromEntries(entries);
}

/** The items between commas, but for those within braces, as globs have them. */
function toList(value: string): readonly string[] {
  return value.split(/,(?![^{]*\})/).map((item) => item.trim());
}

function toSchema(value: string, file: string): Readonly<Record<string, string>> {
  const columns = value.split(",").map((item) => /^\s*(?:"(.+)"|(\S+))\s+(\w+)\s*$/.exec(item));
  return Object.fromEntries(
    columns.map((found) => {
      const [, quoted, plain, type] = found ?? [];
      if (type !== undefined) return [quoted ?? plain ?? "", type];
      throw invalid({
        place: `\`-- schema:\` in ${file}`,
        expected: EXAMPLES.schema,
        got: JSON.stringify(value),
        hint: 'a name with spaces stands in quotes: "mean delay" number',
      });
    }),
  );
}

function invalid(told: Parameters<typeof expectation>[1]): HexError {
  return expectation("HEX_CELL_INVALID", told);
}
