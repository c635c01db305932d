import type { CsvOptions } from "../csv/read/csv-options.ts";

/** Builds the failure of an option: what was expected, what came, what to do. */
type ToError = (expected: string, got: string, hint: string) => Error;

type OptionType = "text" | "number" | "boolean" | "texts";

/** The names that DuckDB has for the options of `readCsv`. */
const OPTIONS: Readonly<Record<string, readonly [keyof CsvOptions, OptionType]>> = {
  delim: ["delimiter", "text"],
  delimiter: ["delimiter", "text"],
  sep: ["delimiter", "text"],
  decimal_separator: ["decimal", "text"],
  thousands: ["thousands", "text"],
  encoding: ["encoding", "text"],
  nullstr: ["missing", "texts"],
  comment: ["comment", "text"],
  skip: ["skipLines", "number"],
  quote: ["quote", "text"],
  escape: ["escape", "text"],
  header: ["header", "boolean"],
};

/** The options of a call of `read_csv`, as those of `readCsv`. */
export function readSqlCsvOptions(
  written: ReadonlyMap<string, unknown>,
  toError: ToError,
): CsvOptions {
  return Object.fromEntries([...written].map((option) => toCsvOption(option, toError)));
}

function toCsvOption([name, value]: [string, unknown], toError: ToError): [string, unknown] {
  const [key, type] = (Object.hasOwn(OPTIONS, name) && OPTIONS[name]) || [];
  if (key === undefined || type === undefined) {
    const hint =
      "read it in a TypeScript cell by readCsv, which has more, and name that cell as a table";
    throw toError(`read_csv with the options ${Object.keys(OPTIONS).join(", ")}`, name, hint);
  }
  if (!isOf(type, value)) {
    const expected = `read_csv with a ${TYPES[type]} for ${name}`;
    throw toError(expected, JSON.stringify(value) ?? "what is not written out", "write it out");
  }
  return [key, type === "texts" && typeof value === "string" ? [value] : value];
}

const TYPES: Readonly<Record<OptionType, string>> = {
  text: "text",
  texts: "text or a list of texts",
  number: "number",
  boolean: "true or false",
};

function isOf(type: OptionType, value: unknown): boolean {
  if (type === "number" || type === "boolean") return typeof value === type;
  if (typeof value === "string") return true;
  return (
    type === "texts" && Array.isArray(value) && value.every((each) => typeof each === "string")
  );
}
