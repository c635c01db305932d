/** Tables as other tools write them to CSV; `npm run test:readers` holds each against its tool. */
import type { ReadForeignOptions } from "../../src/frame/csv/read/foreign-csv.ts";

export type Cell = string | number | bigint | boolean | Moment | null;

/** Microseconds since 1970; a local time unless it is an instant. */
export interface Moment {
  readonly micros: bigint;
}

export const TOOL_TYPES = [
  ...(["text", "number", "integer", "bigint", "boolean"] as const),
  ...(["date", "datetime", "instant"] as const),
];
export type ToolType = (typeof TOOL_TYPES)[number];

export interface ToolColumn {
  readonly name: string;
  readonly type: ToolType;
  readonly cells: readonly Cell[];
}

/** A field as a tool writes it. */
export interface ToolField {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly isMissing: boolean;
}

export interface ToolCsv {
  readonly csv: string;
  /** the fields of each column that the table has */
  readonly columns: readonly (readonly ToolField[])[];
}

export interface Dialect {
  /** how the tool is told to write, for a person */
  readonly call: string;
  /** what has to be said to read it */
  readonly options: ReadForeignOptions;
  readonly write: (table: readonly ToolColumn[]) => ToolCsv;
}

interface Rules {
  readonly delimiter?: string;
  /** what stands for a missing value; empty unless told */
  readonly missing?: string;
  readonly needsQuotes: (text: string, columns: number) => boolean;
  readonly valueText: (column: ToolColumn, cell: Exclude<Cell, string | null>) => string;
  /** the name and fields of a column of row names before the others */
  readonly rowNames?: (row: number) => string;
  /** whether a missing value that is the only one of its row is quoted */
  readonly isLoneQuoted?: boolean;
}

function writeBy(rules: Rules, table: readonly ToolColumn[]): ToolCsv {
  const { delimiter = ",", needsQuotes, rowNames } = rules;
  const width = table.length + (rowNames === undefined ? 0 : 1);
  const written = ({ text, isQuoted }: ToolField) =>
    isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
  const textField = (text: string) => {
    return { text, isQuoted: needsQuotes(text, width), isMissing: false };
  };
  const columns = table.map((column) =>
    column.cells.map((cell): ToolField => {
      if (typeof cell === "string") return textField(cell);
      if (cell !== null) return { ...bare, text: rules.valueText(column, cell) };
      const isQuoted = rules.isLoneQuoted === true && width === 1;
      return { text: rules.missing ?? "", isQuoted, isMissing: true };
    }),
  );
  const header = table.map(({ name }) => written(textField(name)));
  const rows = Array.from({ length: table[0]?.cells.length ?? 0 }, (_, row) => [
    ...(rowNames === undefined ? [] : [rowNames(row)]),
    ...columns.map((fields) => written(fields[row] ?? bare)),
  ]);
  const first = rowNames === undefined ? [] : [written(textField(""))];
  const lines = [[...first, ...header], ...rows].map((fields) => `${fields.join(delimiter)}\n`);
  return { csv: lines.join(""), columns };
}

const bare: ToolField = { text: "", isQuoted: false, isMissing: false };

const quotesFor = (signs: RegExp) => (text: string) => signs.test(text);

/** Python's `repr` of a float, which DuckDB writes as well. */
function pythonFloat(value: number, { nan, inf }: { nan: string; inf: string }): string {
  if (Number.isNaN(value)) return nan;
  if (!Number.isFinite(value)) return value < 0 ? `-${inf}` : inf;
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(value) ? `${BigInt(value)}.0` : String(value);
}

/** polars writes the decimals below 0.0001 out, and one digit of a power. */
function polarsFloat(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-4 || size === 0 || Number.isNaN(value)) {
    return pythonFloat(value, { nan: "NaN", inf: "inf" });
  }
  if (size < 1e-5) return value.toExponential();
  const digits = size.toExponential().replace(/e.*|\./g, "");
  return `${value < 0 ? "-" : ""}0.0000${digits}`;
}

/** A number of 15 digits at most, as R and LibreOffice write it. */
function shortNumber(value: number) {
  const short = Number(value.toPrecision(15));
  const [digits = "", power = "0"] = short.toExponential().split("e");
  const decimals = Math.max(0, digits.replace(/\D/g, "").length - 1 - Number(power));
  const isLong = Math.abs(value) >= 1e21 || decimals > 30;
  return { digits, power: Number(power), decimals, fixed: isLong ? "" : short.toFixed(decimals) };
}

function powerText(power: number, places: number): string {
  return `${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(places, "0")}`;
}

function rNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Inf" : "Inf";
  if (value === 0) return "0";
  const { digits, power, fixed } = shortNumber(value);
  const scientific = `${digits}e${powerText(power, 2)}`;
  return fixed !== "" && fixed.length <= scientific.length ? fixed : scientific;
}

function calcNumber(value: number, decimal: string): string {
  if (value === 0 || !Number.isFinite(value)) return "0";
  const { digits, power, decimals, fixed } = shortNumber(value);
  const isPlain = power < 16 && power >= -9 && decimals <= 18;
  const scientific = `${digits}E${powerText(power, power < 0 ? 2 : 3)}`;
  return (isPlain ? fixed : scientific).replace(".", decimal);
}

interface MomentForm {
  readonly between: "T" | " ";
  readonly zone: string;
  /** the digits of a fraction: of the column, or of each value without zeros at the end */
  readonly fraction: "column" | "value" | "six" | "none";
}

function momentText({ cells, type }: ToolColumn, { micros }: Moment, form: MomentForm): string {
  const ms = Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n);
  const iso = new Date(ms).toISOString();
  if (type === "date") return iso.slice(0, 10);
  const all = fractionOf(micros);
  const most = Math.max(...cells.map((cell) => (isMoment(cell) ? digitsOf(cell.micros) : 0)));
  const digits = { column: most === 0 ? 0 : most <= 3 ? 3 : 6, six: 6, none: 0, value: 6 };
  const shown = all.slice(0, digits[form.fraction]);
  const fraction = form.fraction === "value" ? shown.replace(/0+$/, "") : shown;
  const zone = type === "instant" ? form.zone : "";
  const clock = iso.slice(11, 19);
  return `${iso.slice(0, 10)}${form.between}${clock}${fraction && "."}${fraction}${zone}`;
}

function isMoment(cell: Cell): cell is Moment {
  return typeof cell === "object" && cell !== null;
}

function fractionOf(micros: bigint): string {
  return (((micros % 1_000_000n) + 1_000_000n) % 1_000_000n).toString().padStart(6, "0");
}

function digitsOf(micros: bigint): number {
  return fractionOf(micros).replace(/0+$/, "").length;
}

type Plain = Exclude<Cell, string | null>;

function valueBy(forms: {
  readonly number: (value: number) => string;
  readonly boolean: readonly [yes: string, no: string];
  readonly moment: (column: ToolColumn, moment: Moment) => string;
}) {
  return (column: ToolColumn, cell: Plain): string => {
    if (isMoment(cell)) return forms.moment(column, cell);
    if (typeof cell === "boolean") return forms.boolean[cell ? 0 : 1];
    if (typeof cell === "bigint" || column.type === "integer") return String(cell);
    return forms.number(cell);
  };
}

const pandasValue = valueBy({
  number: (value) => pythonFloat(value, { nan: "", inf: "inf" }),
  boolean: ["True", "False"],
  moment: (column, moment) =>
    momentText(column, moment, {
      ...({ between: " ", zone: "+00:00", fraction: "column" } as const),
      ...(isAllMidnight(column) && { fraction: "none" }),
    }).replace(isAllMidnight(column) && column.type === "datetime" ? / .*/ : /$^/, ""),
});

/** pandas writes a column of midnights as dates. */
function isAllMidnight({ cells }: ToolColumn): boolean {
  return cells.every((cell) => !isMoment(cell) || cell.micros % 86_400_000_000n === 0n);
}

const pandasRules: Rules = {
  needsQuotes: (text, columns) => /[",\n]/.test(text) || (text === "" && columns === 1),
  valueText: pandasValue,
  isLoneQuoted: true,
};

const calcRules = (
  decimal: string,
  delimiter: string,
  boolean: readonly [yes: string, no: string],
): Rules => ({
  delimiter,
  needsQuotes: (text) => text.includes(delimiter) || /["\n]/.test(text),
  valueText: valueBy({
    number: (value) => calcNumber(value, decimal),
    boolean,
    moment: (column, moment) =>
      momentText(column, moment, { between: " ", zone: "", fraction: "none" }),
  }),
});

const by = (rules: Rules) => (table: readonly ToolColumn[]) => writeBy(rules, table);

export const DIALECTS = {
  "pandas with its index": {
    call: "frame.to_csv(f)",
    options: {},
    write: by({ ...pandasRules, rowNames: String }),
  },
  pandas: { call: "frame.to_csv(f, index=False)", options: {}, write: by(pandasRules) },
  polars: {
    call: "frame.write_csv(f)",
    options: {},
    write: by({
      needsQuotes: (text) => text === "" || /[",\n\r]/.test(text),
      valueText: valueBy({
        number: polarsFloat,
        boolean: ["true", "false"],
        moment: (column, moment) =>
          momentText(column, moment, { between: "T", zone: "+0000", fraction: "six" }),
      }),
    }),
  },
  DuckDB: {
    call: "COPY t TO f (HEADER)",
    options: {},
    write: by({
      needsQuotes: (text) => text === "" || /[",\n\r]|^#/.test(text),
      valueText: valueBy({
        number: (value) => pythonFloat(value, { nan: "nan", inf: "inf" }),
        boolean: ["true", "false"],
        moment: (column, moment) =>
          momentText(column, moment, { between: " ", zone: "+00", fraction: "value" }),
      }),
    }),
  },
  R: {
    call: "write.csv(frame, f)",
    options: {},
    write: by({
      missing: "NA",
      needsQuotes: quotesFor(/^/),
      rowNames: (row) => `"${row + 1}"`,
      valueText: valueBy({
        number: rNumber,
        boolean: ["TRUE", "FALSE"],
        moment: (column, moment) =>
          momentText(column, moment, { between: " ", zone: "", fraction: "none" }),
      }),
    }),
  },
  LibreOffice: {
    call: "CSV with commas, cells as shown, by an English locale",
    options: {},
    write: by(calcRules(".", ",", ["TRUE", "FALSE"])),
  },
  "LibreOffice in German": {
    call: "CSV with semicolons, cells as shown, by a German locale",
    options: { decimal: "," },
    write: by(calcRules(",", ";", ["WAHR", "FALSCH"])),
  },
} as const satisfies Record<string, Dialect>;
