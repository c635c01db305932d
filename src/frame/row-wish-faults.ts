import { expectation, type HexError } from "../errors.ts";
import type { FrameColumn } from "./column/column-data.ts";

const COLUMNS_SHOWN = 20;
const TEXT_SHOWN = 60;

/** Says that a table has no such column. */
export function unknownColumn(name: string, columns: readonly FrameColumn[]): HexError {
  const names = columns.slice(0, COLUMNS_SHOWN).map((column) => column.name);
  const more = columns.length - names.length;
  return expectation("HEX_INPUT_INVALID", {
    place: "the column to sort or filter by",
    expected: `one of ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    got: shorten(name),
  });
}

/** Says that a filter's value cannot be compared with those of its column. */
export function wrongFilterValue(column: string, expected: string, got: string): HexError {
  return expectation("HEX_INPUT_INVALID", {
    place: `the filter on column ${shorten(column)}`,
    expected,
    got: shorten(got),
  });
}

function shorten(text: string): string {
  return JSON.stringify(text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)}…` : text);
}
