import type { Value } from "../schema.ts";
import type { FrameColumn } from "./column-data.ts";
import type { ReadRow } from "./column-numbers.ts";

/** One row object that stands on one row after another; it cannot be written to. */
export interface RowCursor<Row> {
  readonly row: Row;
  /** the row that it stands on */
  at: number;
}

/** Where a row object stands, and how the values there are read. */
interface RowState {
  readonly readers: readonly ReadRow<Value>[];
  at: number;
}

const STATE = Symbol("state");

interface CursorRow {
  readonly [STATE]: RowState;
}

/** By the place of a column; shared, so that the rows of all frames of the same columns have one shape. */
const getters: ((this: CursorRow) => Value)[] = [];

/**
 * Makes a cursor over columns. Its row object is reused, so a copy is what to keep (`{...row}`).
 *
 * @param readers may be replaced by others while it goes
 */
export function openCursor<Row>(
  names: readonly string[],
  readers: readonly ReadRow<Value>[],
): RowCursor<Row> {
  const row: object = {};
  // The columns carry the names and types of Row: frames are only built that way.
  const state = { row: row as Row, readers, at: 0 };
  Object.defineProperty(row, STATE, { value: state });
  for (const [index, name] of names.entries()) {
    Object.defineProperty(row, name, { enumerable: true, get: getterOf(index) });
  }
  Object.preventExtensions(row);
  return state;
}

function getterOf(index: number): (this: CursorRow) => Value {
  const known = getters[index];
  if (known !== undefined) return known;
  const getter = function (this: CursorRow): Value {
    const { readers, at } = this[STATE];
    return readers[index]?.(at) ?? null;
  };
  getters[index] = getter;
  return getter;
}

/** A row of columns as an object of its own. */
export function copyRow<Row>(columns: readonly FrameColumn[], index: number): Row {
  const row: Record<string, unknown> = {};
  for (const { name, data } of columns) {
    const value = data.at(index);
    if (name === "__proto__") Object.defineProperty(row, name, { ...OWN, value });
    else row[name] = value;
  }
  // The columns carry the names and types of Row: frames are only built that way.
  return row as Row;
}

/** How a property is that an object literal would have. */
const OWN = { enumerable: true, writable: true, configurable: true };
