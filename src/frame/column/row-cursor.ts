import { expectation } from "../../errors.ts";
import type { Value } from "../schema.ts";
import type { FrameColumn } from "./column-data.ts";
import type { ReadRow } from "./column-value.ts";

/** One row object that stands on one row after another; it cannot be written to. */
export interface RowCursor<Row> {
  readonly row: Row;
  readonly names: readonly string[];
  /** the row that it stands on */
  at: number;
  /** a column that was read where it is missing, since this was last set to −1 */
  missed: number;
}

/** Where a row object stands, and how the values there are read. */
interface RowState {
  readonly names: readonly string[];
  readonly readers: readonly ReadRow<Value>[];
  at: number;
  missed: number;
}

const STATE = Symbol("state");

interface CursorRow {
  readonly [STATE]: RowState;
}

type SeenValue = Exclude<Value, null> | undefined;

/** By the place of a column; shared, so that the rows of all frames of the same columns have one shape. */
const getters: ((this: CursorRow) => SeenValue)[] = [];

/** Names that JavaScript itself reads of objects that lack them. */
const ASKED_OF_ANY = new Set(["toJSON", "then"]);

/**
 * Prototype of every row. A missing value is undefined there, so a name that is no
 * column may not be undefined as well: it is refused.
 */
const BEHIND: object = new Proxy(Object.create(Object.prototype), {
  get(target: object, name, row: CursorRow): unknown {
    if (typeof name === "symbol" || name in target) return Reflect.get(target, name, row);
    if (ASKED_OF_ANY.has(name)) return undefined;
    throw expectation("HEX_FRAME_INVALID", {
      place: `column ${JSON.stringify(name)} of a row`,
      expected: `one of the frame's columns ${row[STATE].names.join(", ")}`,
      got: "a name that is not there",
      hint: `ask for a column that may be absent by ${JSON.stringify(name)} in row`,
    });
  },
});

/**
 * Makes a cursor over columns. Its row object is reused, so a copy is what to keep (`{...row}`).
 * A missing value is undefined in it, so that no comparison passes and no sum comes of it.
 *
 * @param readers may be replaced by others while it goes
 */
export function openCursor<Row>(
  names: readonly string[],
  readers: readonly ReadRow<Value>[],
): RowCursor<Row> {
  const row: object = Object.create(BEHIND);
  // The columns carry the names and types of Row: frames are only built that way.
  const state = { row: row as Row, names, readers, at: 0, missed: -1 };
  Object.defineProperty(row, STATE, { value: state });
  for (const [index, name] of names.entries()) {
    Object.defineProperty(row, name, { enumerable: true, get: getterOf(index) });
  }
  Object.preventExtensions(row);
  return state;
}

function getterOf(index: number): (this: CursorRow) => SeenValue {
  const known = getters[index];
  if (known !== undefined) return known;
  const getter = function (this: CursorRow): SeenValue {
    const state = this[STATE];
    const value = state.readers[index]?.(state.at);
    if (value !== null && value !== undefined) return value;
    state.missed = index;
    return undefined;
  };
  getters[index] = getter;
  return getter;
}

/** A row of columns as an object of its own; what is missing is null. */
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
