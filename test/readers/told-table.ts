import { CSV_KINDS, type CsvKind, typesOf } from "./csv-kinds.ts";

/** What one reader sees in one file: each column's name, type and values, or why it refuses. */
type Seen =
  | { readonly error: string }
  | {
      readonly names: readonly string[];
      readonly types: readonly string[];
      readonly values: readonly (readonly (string | null)[])[];
    };

/** What each reader sees of each kind, by default and by the line that reads it right. */
export type SeenByReaders = Readonly<
  Record<string, Readonly<Record<"default" | "right", Readonly<Record<string, Seen>>>>>
>;

/** What the table says of a kind of column at a reader: `=` where all is as published. */
function verdict(kind: CsvKind, seen: Seen | undefined): string {
  if (seen === undefined) return "";
  if ("error" in seen) return "refused";
  const names = Object.keys(typesOf(kind));
  const other = names.findIndex((name, index) => seen.names[index] !== name);
  if (other !== -1) return `✗ named ${code(String(seen.names[other]))}`;
  const values = seen.values.at(-1) ?? [];
  if (values.length !== kind.fields.length) {
    return `✗ ${values.length} of ${kind.fields.length} rows`;
  }
  const found = kind.fields.map(([value, field], row) =>
    valueVerdict(kind, { value, field }, values[row] ?? null),
  );
  const told = [...new Set(found.filter((text) => text !== "="))];
  const wrong = told.filter((text) => text.startsWith("✗"));
  return (wrong.length > 0 ? wrong.slice(0, 1) : told).join(", ") || exactVerdict(kind, seen.types);
}

/** Whole numbers that are held as doubles are told, though these values lose nothing by it. */
function exactVerdict({ type }: CsvKind, types: readonly string[]): string {
  const isWhole = type === "integer" || type === "bigint";
  return isWhole && /^(float|double|numeric)/i.test(types.at(-1) ?? "") ? "= as float" : "=";
}

interface Truth {
  readonly value: unknown;
  readonly field: string;
}

function valueVerdict({ type }: CsvKind, { value, field }: Truth, seen: string | null): string {
  const shown = type === "string" ? `"${value}"` : field;
  if (value === null) return missingVerdict(seen);
  if (seen === null) return Number.isNaN(value) ? "NaN is missing" : `✗ ${code(shown)} is missing`;
  const text = textOf(seen);
  if (!seen.startsWith("text ") && type !== "string") return typedVerdict(type, field, seen, text);
  if (text !== (type === "string" ? value : field) || !seen.startsWith("text ")) {
    return changed(shown, seen, text);
  }
  return type === "string" ? "=" : "text";
}

function missingVerdict(seen: string | null): string {
  if (seen === null) return "=";
  const text = textOf(seen);
  return `missing is ${code(seen.startsWith("text ") ? `"${text}"` : text)}`;
}

/** A value without its kind. */
function textOf(seen: string): string {
  return seen.slice(seen.indexOf(" ") + 1);
}

function typedVerdict(type: CsvKind["type"], field: string, seen: string, text: string): string {
  const kind = seen.slice(0, seen.indexOf(" "));
  if (kind === "number") return isSameNumber(type, field, text) ? "=" : changed(field, seen, text);
  if (kind === "boolean") return text === field ? "=" : changed(field, seen, text);
  const isSame = plainTime(text) === plainTime(field);
  if (!isSame) return changed(field, seen, text);
  return kind === type ? "=" : `= as ${kind === "instant" ? "UTC" : `${kind}`}`;
}

function isSameNumber(type: CsvKind["type"], field: string, text: string): boolean {
  if (type === "number") return Object.is(toNumber(text), toNumber(field));
  const number = Number(text);
  const digits = /^-?\d+(\.0)?$/.test(text) ? text.replace(".0", "") : BigInt(Math.trunc(number));
  return BigInt(digits) === BigInt(field);
}

function toNumber(text: string): number {
  return Number(text.replace(/^(-?)inf(inity)?$/i, "$1Infinity"));
}

/** A time without what different tools write differently: `T`, zeros of a fraction, midnight. */
function plainTime(text: string): string {
  return text
    .replace(" ", "T")
    .replace(/Z$/, "")
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")
    .replace(/T00:00:00$/, "");
}

function changed(shown: string, seen: string, text: string): string {
  if (shown === `"${text}"` && !seen.startsWith("text ")) {
    return `✗ ${code(shown)} is a ${seen.slice(0, seen.indexOf(" "))}`;
  }
  return `✗ ${code(shown)} is ${code(seen.startsWith("text ") ? `"${text}"` : text)}`;
}

function code(text: string): string {
  return `\`${text.replaceAll("\0", "\\0").replaceAll("\n", "\\n")}\``;
}

/** The table of the docs: a line for each kind, a column for each reader. */
export function toldTable(seen: SeenByReaders): string {
  const readers = Object.keys(seen);
  const lines = Object.entries(CSV_KINDS).map(([id, kind]) =>
    [kind.label, ...readers.map((reader) => verdict(kind, seen[reader]?.default[id]))].join(" | "),
  );
  const header = ["column", ...readers].join(" | ");
  return [header, ["", ...readers].map(() => "---").join("|"), ...lines]
    .map((line) => `| ${line} |`)
    .join("\n");
}

/** What a reader still sees otherwise when it is told how to read, but for types that it has not. */
export function leftOver(seen: SeenByReaders, reader: string): string {
  const labels = new Map<string, string[]>();
  for (const [id, kind] of Object.entries(CSV_KINDS)) {
    const told = verdict(kind, seen[reader]?.right[id]).replace(/^text(, )?/, "");
    if (told === "" || told.startsWith("=")) continue;
    labels.set(told, [...(labels.get(told) ?? []), kind.label]);
  }
  const left = [...labels].map(([told, kinds]) => {
    return `${kinds.length > 2 ? `${kinds.length} kinds` : kinds.join(" and ")}: ${told}`;
  });
  return left.join("; ") || "nothing";
}
