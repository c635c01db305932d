/** Programs by which other tools write a table to CSV, to hold our idea of their dialects against. */
import type { Cell, ToolColumn } from "../frame/csv-dialects.ts";

const micros = (iso: string) => {
  const [whole = "", fraction = ""] = iso.split(".");
  return { micros: BigInt(Date.parse(`${whole}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0")) };
};

const COMMON: readonly ToolColumn[] = [
  { name: "f", type: "number", cells: [1.5, null, 0.1 + 0.2, 1e21, 1e-5, 100_000, 1e-7] },
  { name: "i", type: "integer", cells: [0, 1, -7, 2 ** 31, 5, 6, 7] },
  { name: "b", type: "boolean", cells: [true, false, true, true, true, true, true] },
  { name: "s t", type: "text", cells: ["a,b", 'q"q', "l\nm", "é😀", null, "#x", " 007 "] },
  {
    name: "d",
    type: "date",
    cells: [micros("2020-02-29T00:00:00"), null, ...repeated(micros("1969-12-31T00:00:00"), 5)],
  },
  {
    name: "t",
    type: "datetime",
    cells: [micros("2020-02-29T12:30:00"), null, ...repeated(micros("1969-12-31T18:00:00"), 5)],
  },
];

const FINE = [micros("2020-02-29T12:30:00.123456"), null, micros("1969-12-31T23:59:59.5")];

/** What tools with exact numbers and times are asked to write. */
export const WHOLE_TABLE: readonly ToolColumn[] = [
  ...COMMON,
  { name: "x", type: "number", cells: [Infinity, -Infinity, -0, 1e16, 0.0001, 5e-324, 123456.75] },
  { name: "u", type: "datetime", cells: [...FINE, ...repeated(micros("2020-01-01T00:00:00"), 4)] },
  { name: "z", type: "instant", cells: [...FINE, ...repeated(micros("2020-01-01T00:00:00"), 4)] },
  { name: "e", type: "text", cells: ["", "NA", null, "true", "a;b", "'t", "1e5"] },
];

/** What R and LibreOffice are asked to write. */
export const COMMON_TABLE = COMMON;

function repeated<Item>(item: Item, count: number): Item[] {
  return Array.from({ length: count }, () => item);
}

function iso(cell: Cell): string {
  if (typeof cell !== "object" || cell === null) return "";
  const fraction = String(((cell.micros % 1_000_000n) + 1_000_000n) % 1_000_000n);
  const seconds = (cell.micros - BigInt(fraction)) / 1_000_000n;
  const day = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${day}.${fraction.padStart(6, "0")}`;
}

/** A program in Python: `frame` in polars, from which the other tools take it. */
export function pythonProgram(tool: "pandas" | "polars" | "DuckDB", path: string): string {
  const columns = WHOLE_TABLE.map(({ name, type, cells }) => {
    const values = cells.map((cell) => pythonValue(type, cell)).join(", ");
    return `    ${JSON.stringify(name)}: [${values}],`;
  });
  const writes = {
    pandas: [
      "import pandas",
      "frame = pandas.DataFrame({name: pandas.Series(cells) for name, cells in data.items()})",
      `frame.to_csv(${JSON.stringify(path)}, index=False)`,
    ],
    polars: [`polars.DataFrame(data).write_csv(${JSON.stringify(path)})`],
    DuckDB: [
      "import duckdb",
      "frame = polars.DataFrame(data)",
      `duckdb.sql("SET TimeZone = 'UTC'")`,
      `duckdb.sql("COPY (FROM frame) TO '${path}' (HEADER)")`,
    ],
  };
  return [
    "from datetime import date, datetime, timezone",
    "import polars",
    "inf = float('inf')",
    "data = {",
    ...columns,
    "}",
    ...writes[tool],
  ].join("\n");
}

function pythonValue(type: ToolColumn["type"], cell: Cell): string {
  if (cell === null) return "None";
  if (typeof cell === "string") return JSON.stringify(cell).replace("😀", "\\U0001F600");
  if (typeof cell === "boolean") return cell ? "True" : "False";
  if (typeof cell === "object") {
    if (type === "date") return `date.fromisoformat("${iso(cell).slice(0, 10)}")`;
    const zone = type === "instant" ? ".replace(tzinfo=timezone.utc)" : "";
    return `datetime.fromisoformat("${iso(cell)}")${zone}`;
  }
  if (type === "integer") return String(cell);
  return Object.is(cell, -0) ? "-0.0" : `float(${String(cell).replace("Infinity", "inf")})`;
}

export function rProgram(path: string): string {
  const columns = COMMON_TABLE.map(({ name, type, cells }) => {
    const values = `c(${cells.map((cell) => rValue(type, cell)).join(", ")})`;
    const of = { date: `as.Date(${values})`, datetime: `as.POSIXct(${values}, tz = "UTC")` };
    return `${JSON.stringify(name)} = ${type === "date" || type === "datetime" ? of[type] : values}`;
  });
  return `write.csv(data.frame(${columns.join(", ")}, check.names = FALSE), ${JSON.stringify(path)})`;
}

function rValue(type: ToolColumn["type"], cell: Cell): string {
  if (cell === null) return "NA";
  if (typeof cell === "string") return JSON.stringify(cell);
  if (typeof cell === "boolean") return cell ? "TRUE" : "FALSE";
  if (typeof cell !== "object") return String(cell);
  return JSON.stringify(
    iso(cell)
      .slice(0, type === "date" ? 10 : 19)
      .replace("T", " "),
  );
}

/** The settings of a LibreOffice whose locale is German. */
export const GERMAN_SETTINGS = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>de-DE</value></prop></item>
</oor:items>`;

/** A spreadsheet that LibreOffice converts: OpenDocument in one file. */
export function spreadsheet(): string {
  const names = COMMON_TABLE.map(({ name }) => textCell(name)).join("");
  const rows = (COMMON_TABLE[0]?.cells ?? []).map((_, row) =>
    COMMON_TABLE.map(({ type, cells }) => calcCell(type, cells[row] ?? null)).join(""),
  );
  const body = [names, ...rows].map((cells) => `<table:table-row>${cells}</table:table-row>`);
  const space = (name: string, of: string) =>
    `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${of}:1.0"`;
  const spaces = [
    ...[space("office", "office"), space("table", "table"), space("text", "text")],
    ...[space("style", "style"), space("number", "datastyle")],
  ];
  const part = (name: string) => `<number:${name} number:style="long"/>`;
  const day = [part("year"), part("month"), part("day")].join("<number:text>-</number:text>");
  const time = ["hours", "minutes", "seconds"].map(part).join("<number:text>:</number:text>");
  const style = (name: string) =>
    `<style:style style:name="${name}" style:family="table-cell" style:data-style-name="of-${name}"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<office:document ${spaces.join(" ")} office:version="1.3"
  office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>
<number:date-style style:name="of-date">${day}</number:date-style>
<number:date-style style:name="of-datetime">${day}<number:text> </number:text>${time}</number:date-style>
<number:boolean-style style:name="of-boolean"><number:boolean/></number:boolean-style>
${style("date")}${style("datetime")}${style("boolean")}
</office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="t">${body.join("\n")}</table:table>
</office:spreadsheet></office:body></office:document>`;
}

function textCell(text: string): string {
  const lines = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").split("\n");
  const shown = lines.map((line) => `<text:p>${line.replaceAll(" ", "<text:s/>")}</text:p>`);
  return `<table:table-cell office:value-type="string">${shown.join("")}</table:table-cell>`;
}

function calcCell(type: ToolColumn["type"], cell: Cell): string {
  if (cell === null) return "<table:table-cell/>";
  if (typeof cell === "string") return textCell(cell);
  const of = (kind: string, attribute: string, value: string) =>
    `<table:table-cell table:style-name="${type}" office:value-type="${kind}" office:${attribute}="${value}"/>`;
  if (typeof cell === "boolean") return of("boolean", "boolean-value", String(cell));
  if (typeof cell !== "object") return of("float", "value", String(cell));
  return of("date", "date-value", iso(cell).slice(0, type === "date" ? 10 : 19));
}
