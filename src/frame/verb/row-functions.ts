/** Runs an author's functions over the rows of a view. */
import { expectation, toMessage } from "../../errors.ts";
import { buildColumn } from "../column/column-build.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { describeValue, inferColumnType } from "../column/column-value.ts";
import { openCursor, type RowCursor } from "../column/row-cursor.ts";
import type { Value } from "../schema.ts";
import { countRows, rawColumns, toView, type View } from "./view.ts";

/** Keeps the rows that pass, asked for in the order of the view; no value is copied. */
export function filterView<Row>(view: View, test: (row: Row) => boolean): View {
  const cursor = cursorOver<Row>(view);
  const { row } = cursor;
  const { rows } = view;
  const count = countRows(view);
  const kept = takeSpare(count);
  let found = 0;
  try {
    for (let at = 0; at < count; at++) {
      const index = rows === undefined ? at : (rows[at] as number);
      cursor.at = index;
      cursor.missed = -1;
      if (test(row)) kept[found++] = index;
    }
    return found === count ? view : { ...view, rows: kept.slice(0, found) };
  } catch (cause) {
    throw rowFailure("the function of filter", cursor, cause);
  } finally {
    if (kept.length <= MOST_SPARE) spare = kept;
  }
}

/** Memory of the last filter: new memory costs a third of what a quick test costs. */
let spare: Uint32Array | undefined;

/** More rows than this, 16 MB of them, are not kept for the next filter. */
const MOST_SPARE = 4_000_000;

/** Nobody else's until it is put back: a test may filter, too. */
function takeSpare(count: number): Uint32Array {
  const taken = spare;
  spare = undefined;
  return taken !== undefined && taken.length >= count ? taken : new Uint32Array(count);
}

/**
 * Adds columns, or replaces those of the same name, with what functions give for each row: in the order
 * of the view, so that running totals and numbers of rows come out right.
 */
export function deriveView<Row>(
  view: View,
  functions: Readonly<Record<string, (row: Row) => Value | undefined>>,
): View {
  const columns = rawColumns(view);
  for (const [name, compute] of Object.entries(functions)) {
    const derived = deriveColumn(view, name, compute);
    const index = columns.findIndex((column) => column.name === name);
    columns.splice(index < 0 ? columns.length : index, index < 0 ? 0 : 1, derived);
  }
  return toView(columns, view);
}

function deriveColumn<Row>(
  view: View,
  name: string,
  compute: (row: Row) => Value | undefined,
): FrameColumn {
  const cursor = cursorOver<Row>(view);
  const values: (Value | undefined)[] = new Array(view.totalRows).fill(null);
  const settle = settlerOf(view, name, cursor);
  try {
    const { rows } = view;
    const count = countRows(view);
    for (let at = 0; at < count; at++) {
      const index = rows?.[at] ?? at;
      cursor.at = index;
      cursor.missed = -1;
      const value = compute(cursor.row);
      values[index] = cursor.missed < 0 ? value : settle(value);
    }
  } catch (cause) {
    throw rowFailure(`the function of column ${JSON.stringify(name)}`, cursor, cause);
  }
  const type = inferColumnType(name, values);
  return { name, type, data: buildColumn(name, type, values) };
}

/** Texts that JavaScript writes for a missing value and for results computed from one. */
const WORDS_OF_MISSING = /undefined|NaN|Invalid Date/;

/**
 * Result of a function that has read a missing value: NaN and an invalid Date, which were made of it,
 * are missing again.
 * @throws {HexError} HEX_FRAME_INVALID for a text into which the missing value was written
 */
function settlerOf(view: View, name: string, cursor: RowCursor<unknown>) {
  return (value: Value | undefined): Value | undefined => {
    if (typeof value === "string") {
      if (WORDS_OF_MISSING.test(value)) checkText(view, name, cursor, value);
      return value;
    }
    const number = value instanceof Date ? value.getTime() : value;
    return Number.isNaN(number) ? null : value;
  };
}

function checkText(view: View, name: string, cursor: RowCursor<unknown>, text: string): void {
  // A word that a text of the row holds itself may well be in a text that is made of it.
  const own = rawColumns(view).flatMap(({ type, data }) => {
    const value = type === "string" ? data.at(cursor.at) : null;
    return typeof value === "string" && WORDS_OF_MISSING.test(value) ? [value] : [];
  });
  const rest = own.reduce((left, value) => left.replaceAll(value, ""), text);
  if (!WORDS_OF_MISSING.test(rest)) return;
  const missed = JSON.stringify(cursor.names[cursor.missed]);
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)}, row ${cursor.at + 1}`,
    expected: "a text that no missing value was written into",
    got: describeValue(text),
    hint: `column ${missed} is missing there: give undefined for a missing text, or a word of your own, as in row[${missed}] ?? "unknown"`,
  });
}

/** How JavaScript says that a missing value, or a Date made of one, is no value for what was asked. */
const FAULTS_OF_MISSING = /undefined|mix BigInt|Invalid time value/;

/** The error of a function; where it failed on a missing value, with its row and column. */
function rowFailure(place: string, cursor: RowCursor<unknown>, cause: unknown): unknown {
  const isOfMissing = cursor.missed >= 0 && FAULTS_OF_MISSING.test(toMessage(cause));
  if (!isOfMissing || !(cause instanceof TypeError || cause instanceof RangeError)) return cause;
  const missed = JSON.stringify(cursor.names[cursor.missed]);
  return expectation(
    "HEX_FRAME_INVALID",
    {
      place: `${place} at row ${cursor.at + 1}`,
      expected: `ready for a missing value in column ${missed}`,
      got: `${cause.name}: ${cause.message}`,
      hint: `a missing value is undefined: give undefined for it, as in row[${missed}] === undefined ? undefined : …`,
    },
    { cause },
  );
}

function cursorOver<Row>(view: View): RowCursor<Row> {
  return openCursor<Row>(rawColumns(view), view.watch);
}
