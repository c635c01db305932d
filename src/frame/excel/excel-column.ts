/** A column of a sheet: its type is what all of its cells allow. */
import { expectation, type HexError } from "../../errors.ts";
import { shorten } from "../../text.ts";
import { buildColumn } from "../column/column-build.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { datetimeText, dayText, FIRST_DAY, LAST_DAY } from "../column/moment.ts";
import { fromCsvValue, toAskedValue } from "../csv/read/csv-asked-values.ts";
import { isRounded, toCsvValue, type ValueForms } from "../csv/read/csv-values.ts";
import type { ColumnType, Value } from "../schema.ts";
import { type Cell, placeName } from "./excel-sheet.ts";

/** What a cell holds. */
type Held =
  | { readonly kind: "whole" | "number"; readonly number: number }
  | { readonly kind: "boolean"; readonly flag: boolean }
  | { readonly kind: "text" | "time"; readonly text: string }
  | { readonly kind: "date" | "datetime"; readonly ms: number };

type HeldKind = Held["kind"];

const NOUNS: Readonly<Record<HeldKind, string>> = {
  whole: "a number",
  number: "a number",
  boolean: "true or false",
  text: "a text",
  time: "a time of day",
  date: "a day",
  datetime: "a day with a time",
};

/** How the cells of a sheet are read. */
export interface CellRules {
  /** the sheet and its file, as messages name them after a cell */
  readonly place: string;
  readonly is1904: boolean;
  readonly areErrorsMissing: boolean;
  /** is told of cells that are not read as they stand */
  readonly note: (kind: "empty" | "errors" | "rounded", cell: Cell) => void;
}

const FORMS: ValueForms = { decimal: ".", thousands: "", dates: undefined };

/**
 * Makes a column of cells, by the rows of the frame; those without one are missing.
 * @throws {HexError} HEX_DATA_INVALID naming the cell that cannot be read
 */
export function toColumn(
  { name, asked }: { readonly name: string; readonly asked: ColumnType | undefined },
  cells: readonly (Cell | undefined)[],
  rules: CellRules,
): FrameColumn {
  const held = cells.map((cell) => (cell === undefined ? undefined : readCell(cell, rules)));
  const type = asked ?? findType(held, cells, rules);
  const values = held.map((each, row): Value => {
    const cell = cells[row];
    if (each === undefined || cell === undefined) return null;
    const value = asked === undefined ? plainValue(each, type) : askedValue(each, type);
    if (value !== undefined) return value;
    throw cellError(
      cell,
      rules,
      `of type ${type}, as the schema says`,
      heldText(each),
      "the type string takes it as it stands",
    );
  });
  return { name, type, data: buildColumn(name, type, values) };
}

function findType(
  held: readonly (Held | undefined)[],
  cells: readonly (Cell | undefined)[],
  rules: CellRules,
): ColumnType {
  let kind: HeldKind | undefined;
  for (const [row, each] of held.entries()) {
    const cell = cells[row];
    if (each === undefined || cell === undefined || each.kind === kind) continue;
    const joined = kind === undefined ? each.kind : joinKinds(kind, each.kind);
    if (joined === undefined) {
      const expected = `${NOUNS[kind ?? "text"]} like those above it`;
      const got = `${NOUNS[each.kind]}, ${shorten(heldText(each), 40)}`;
      throw cellError(
        cell,
        rules,
        expected,
        got,
        "a column holds one type; a schema with the type string takes all as texts",
      );
    }
    kind = joined;
  }
  return TYPES[kind ?? "text"];
}

function joinKinds(one: HeldKind, other: HeldKind): HeldKind | undefined {
  const kinds = [one, other];
  const others = (...known: HeldKind[]) => kinds.every((kind) => known.includes(kind));
  if (others("whole", "number")) return "number";
  return others("date", "datetime") ? "datetime" : undefined;
}

const TYPES: Readonly<Record<HeldKind, ColumnType>> = {
  whole: "integer",
  number: "number",
  boolean: "boolean",
  text: "string",
  time: "string",
  date: "date",
  datetime: "datetime",
};

/** What a cell holds; undefined when it is missing. */
function readCell(cell: Cell, rules: CellRules): Held | undefined {
  switch (cell.type) {
    case "text":
      // As pandas writes what is missing; a spreadsheet shows it like an empty cell.
      if (cell.text === "") rules.note("empty", cell);
      return cell.text === "" ? undefined : { kind: "text", text: cell.text };
    case "boolean":
      return { kind: "boolean", flag: cell.text === "1" || cell.text === "true" };
    case "number":
      return readNumber(cell, rules);
    case "day":
      return readIsoDay(cell, rules);
    case "formula":
      throw cellError(
        cell,
        rules,
        "a value",
        "a formula that was never computed",
        "open and save the workbook in a spreadsheet program",
      );
    case "error":
      if (!rules.areErrorsMissing) {
        throw cellError(
          cell,
          rules,
          "a value",
          `the error ${cell.text}`,
          'errors: "missing" reads errors as missing',
        );
      }
      rules.note("errors", cell);
      return undefined;
  }
}

function readIsoDay(cell: Cell, rules: CellRules): Held {
  const { kind, value } = toCsvValue(cell.text, FORMS);
  if (kind === "date") return { kind: "date", ms: Number(value) * DAY_MS };
  if (kind === "datetime") return { kind: "datetime", ms: Number(value) };
  throw cellError(cell, rules, "a day or a local time", shorten(cell.text, 40), "write it as one");
}

const DAY_MS = 86_400_000;
/** 1899-12-30 and 1904-01-01 by their days since 1970. */
const ZERO_1900 = -25_569;
const ZERO_1904 = -24_107;
/** Excel takes 1900 for a leap year: the days before its 29 February are counted one less. */
const FALSE_LEAP_DAY = 60;

function readNumber(cell: Cell, rules: CellRules): Held {
  const number = Number(cell.text);
  if (!Number.isFinite(number))
    throw cellError(cell, rules, "a number", shorten(cell.text, 40), "save the workbook again");
  if (cell.kind === undefined) {
    if (isRounded(cell.text, number, FORMS)) rules.note("rounded", cell);
    const isWhole = Number.isSafeInteger(number) && !Object.is(number, -0);
    return { kind: isWhole ? "whole" : "number", number };
  }
  if (cell.kind === "time" || cell.kind === "span") {
    return { kind: "time", text: clockText(number, cell, rules) };
  }
  const ms = toMs(number, cell, rules);
  const isDay = cell.kind === "date" && ms % DAY_MS === 0;
  return { kind: isDay ? "date" : "datetime", ms };
}

/** The milliseconds since 1970 of a day that is counted; Excel itself keeps no finer times. */
function toMs(serial: number, cell: Cell, rules: CellRules): number {
  const day = Math.floor(serial);
  const isFalseDay = !rules.is1904 && day === FALSE_LEAP_DAY;
  const zero = rules.is1904 ? ZERO_1904 : day < FALSE_LEAP_DAY ? ZERO_1900 + 1 : ZERO_1900;
  const ms = (zero + day) * DAY_MS + Math.round((serial - day) * DAY_MS);
  const isBefore = day < (rules.is1904 ? 0 : 1);
  if (!isFalseDay && !isBefore && ms >= FIRST_DAY * DAY_MS && ms < (LAST_DAY + 1) * DAY_MS)
    return ms;
  const got = isFalseDay ? "day 60, 29 February 1900, which there was not" : `day ${serial}`;
  throw cellError(
    cell,
    rules,
    "a day of the calendar",
    got,
    "its format is that of a day: correct the cell, or its format",
  );
}

/**
 * Hours, minutes and seconds. A span may be of more than a day; of a time of day the spreadsheet
 * shows none, and the number may be a moment as well as a span.
 */
function clockText(serial: number, cell: Cell, rules: CellRules): string {
  if (cell.kind === "time" && serial >= 1)
    throw cellError(
      cell,
      rules,
      "a time of day, as its format says",
      `${serial}, which is a day or more`,
      "give it a format of day and time, such as yyyy-mm-dd hh:mm, or of a span, such as [h]:mm",
    );
  const ms = Math.round(serial * DAY_MS);
  if (ms < 0)
    throw cellError(
      cell,
      rules,
      "a time of day",
      `the negative time ${serial}`,
      "correct the cell, or its format",
    );
  const two = (count: number) => String(count).padStart(2, "0");
  const seconds = Math.floor(ms / 1000);
  const text = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map(two)
    .join(":");
  return ms % 1000 === 0 ? text : `${text}.${String(ms % 1000).padStart(3, "0")}`;
}

function plainValue(held: Held, type: ColumnType): Value {
  switch (held.kind) {
    case "whole":
    case "number":
      return held.number;
    case "boolean":
      return held.flag;
    case "text":
    case "time":
      return held.text;
    case "date":
    case "datetime":
      return type === "date" ? dayText(held.ms / DAY_MS) : datetimeText(held.ms);
  }
}

/** The value of a type that was asked for; undefined when the cell has none. */
function askedValue(held: Held, type: ColumnType): Value | undefined {
  if (type === "string") return heldText(held);
  if (held.kind === "date" || held.kind === "datetime") {
    if (type === "datetime") return datetimeText(held.ms);
    return type === "date" && held.ms % DAY_MS === 0 ? dayText(held.ms / DAY_MS) : undefined;
  }
  const found = toAskedValue(heldText(held), type, FORMS);
  return found && fromCsvValue(type, found);
}

/** What a cell holds as a text. */
function heldText(held: Held): string {
  switch (held.kind) {
    case "whole":
    case "number":
      return String(held.number);
    case "boolean":
      return String(held.flag);
    case "text":
    case "time":
      return held.text;
    case "date":
      return dayText(held.ms / DAY_MS);
    case "datetime":
      return datetimeText(held.ms);
  }
}

/** The text of a cell of the header. */
export function headerText(cell: Cell | undefined, rules: CellRules): string {
  const held = cell === undefined ? undefined : readCell(cell, rules);
  return held === undefined ? "" : heldText(held);
}

function cellError(
  cell: Cell,
  { place }: CellRules,
  expected: string,
  got: string,
  hint: string,
): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `cell ${placeName(cell)} of ${place}`,
    expected,
    got,
    hint,
  });
}
