import type { TypedArray } from "@uwdata/flechette";
import { expectation } from "../../errors.ts";
import type { Value } from "../schema.ts";
import { batchOf, dictionaryOf, type FrameColumn, hasDirectValues } from "./column-data.ts";
import { type ReadRow, toReader } from "./column-value.ts";
import { type Reading, unreadOf } from "./unread-column.ts";

/** One row object that stands on one row after another; it cannot be written to. */
export interface RowCursor<Row> {
  readonly row: Row;
  readonly names: readonly string[];
  /** the row that it stands on */
  at: number;
  /** a column that was read where it is missing, since this was last set to −1 */
  missed: number;
}

/** Where a row object stands, and what is read there, by the place of a column. */
interface RowState {
  readonly names: readonly string[];
  readonly columns: readonly FrameColumn[];
  readonly readers: ReadRow<Value>[];
  readonly items: TypedArray[];
  readonly texts: (readonly string[])[];
  /** 1 for columns that were not read yet: nobody was told, and there is nothing to read them by */
  readonly untold: Uint8Array;
  readonly tell: (name: string) => void;
  at: number;
  missed: number;
}

const STATE = Symbol("state");

interface CursorRow {
  readonly [STATE]: RowState;
}

type SeenValue = Exclude<Value, null> | undefined;

type Getter = (this: CursorRow) => SeenValue;

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
 * @param watch told of each column that is read, once
 */
export function openCursor<Row>(
  columns: readonly FrameColumn[],
  watch?: (name: string) => void,
): RowCursor<Row> {
  const row: object = Object.create(BEHIND);
  const state = {
    // The columns carry the names and types of Row: frames are only built that way.
    row: row as Row,
    names: columns.map(({ name }) => name),
    columns,
    readers: columns.map((): ReadRow<Value> => readNothing),
    items: columns.map((): TypedArray => NO_ITEMS),
    texts: columns.map((): readonly string[] => NO_TEXTS),
    untold: new Uint8Array(columns.length).fill(1),
    tell: watch ?? (() => undefined),
    at: 0,
    missed: -1,
  };
  Object.defineProperty(row, STATE, { value: state });
  for (const [index, column] of columns.entries()) {
    Object.defineProperty(row, column.name, { enumerable: true, get: getterOf(column, index) });
  }
  Object.preventExtensions(row);
  return state;
}

const NO_ITEMS = new Int32Array(0);
const NO_TEXTS: readonly string[] = [];
const readNothing = () => null;

/** By the place of a column; shared, so that the rows of all frames of the same columns have one shape. */
const getters: Readonly<Record<Reading, Getter[]>> = { number: [], text: [], any: [] };

function getterOf({ data }: FrameColumn, index: number): Getter {
  const reading = readingOf(data);
  const known = getters[reading][index];
  if (known !== undefined) return known;
  const getter = MAKERS[reading](index);
  getters[reading][index] = getter;
  return getter;
}

function readingOf(data: FrameColumn["data"]): Reading {
  const unread = unreadOf(data);
  if (unread !== undefined) return unread.reading;
  if (data.nullCount > 0) return "any";
  if (dictionaryOf(data) !== undefined) return "text";
  const batch = batchOf(data);
  const isNumber = !(batch.values instanceof BigInt64Array) && hasDirectValues(batch);
  return isNumber ? "number" : "any";
}

/** Each kind of reading has functions of its own, which the compiler then makes fast for it. */
const MAKERS: Readonly<Record<Reading, (index: number) => Getter>> = {
  number: (index) =>
    function () {
      const state = this[STATE];
      if (state.untold[index] === 1) tell(state, index);
      return state.items[index]?.[state.at];
    },
  text: (index) =>
    function () {
      const state = this[STATE];
      if (state.untold[index] === 1) tell(state, index);
      return state.texts[index]?.[state.items[index]?.[state.at] as number];
    },
  any: (index) =>
    function () {
      const state = this[STATE];
      if (state.untold[index] === 1) tell(state, index);
      const value = state.readers[index]?.(state.at);
      if (value !== null && value !== undefined) return value;
      state.missed = index;
      return undefined;
    },
};

/** What a column is read by is made when it is: of many columns a function reads few. */
function tell(state: RowState, index: number): void {
  const data = state.columns[index]?.data;
  if (data === undefined) throw new Error("A row has as many columns as its frame");
  state.readers[index] = toReader(data);
  state.items[index] = batchOf(data).values;
  state.texts[index] = dictionaryOf(data)?.cache ?? NO_TEXTS;
  state.untold[index] = 0;
  state.tell(state.names[index] ?? "");
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
