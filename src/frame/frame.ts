import { valuesOf } from "./column/column-build.ts";
import type { FrameColumn } from "./column/column-data.ts";
import { copyRow } from "./column/row-cursor.ts";
import type { RowShape, Schema, Value } from "./schema.ts";
import type { Aggregate } from "./verb/aggregate.ts";
import { count } from "./verb/aggregate.ts";
import { joinViews } from "./verb/join-rows.ts";
import { deriveView, filterView } from "./verb/row-functions.ts";
import type {
  ColumnName,
  Derived,
  Descending,
  Joined,
  LeftJoined,
  Renamed,
  RolledUp,
  RollupSpec,
  SeenRow,
  UntypedRow,
} from "./verb/row-types.ts";
import {
  concatViews,
  dedupeView,
  distinctValues,
  orderView,
  renameView,
  rollupView,
  selectView,
  sliceView,
} from "./verb/verbs.ts";
import {
  arrangedColumns,
  type ColumnWatch,
  countRows,
  findColumn,
  rawColumns,
  toView,
  type View,
} from "./verb/view.ts";

export type { UntypedRow } from "./verb/row-types.ts";

/**
 * Orders by a column from its greatest value to its least, for `orderby`.
 * @example
 * frame([{ total: 3 }, { total: 4 }]).orderby(desc("total")).column("total"); // → [4, 3]
 */
export function desc<Name extends string>(column: Name): Descending<Name> {
  return { descending: column };
}

/** The part of a frame that does not depend on its columns, for functions that read any frame. */
export interface AnyFrame {
  readonly schema: Schema;
  readonly numRows: number;
  readonly numColumns: number;
  readonly columnNames: readonly string[];
  head(n?: number): AnyFrame;
  /** @internal */
  columns(): readonly FrameColumn[];
}

/**
 * An immutable table of named, typed columns. Every verb gives a new frame and shares what it
 * can with the old one; the verbs are named as in Arquero.
 * @throws {HexError} HEX_FRAME_INVALID from every verb that is given the name of no column
 * @example
 * const sales = frame([{ city: "Ulm", total: 3 }, { city: "Ulm", total: 4 }, { city: "Bonn", total: 1 }]);
 * const totals = sales.groupby("city").rollup({ total: sum("total") }).orderby(desc("total"));
 * totals.rows(); // → [{ city: "Ulm", total: 7 }, { city: "Bonn", total: 1 }]
 */
export class Frame<Row extends RowShape = UntypedRow> implements AnyFrame {
  readonly #view: View;

  /** @internal Frames are made by `frame`, readers and verbs. */
  constructor(view: View) {
    this.#view = view;
  }

  /** The columns with their types, in order. */
  get schema(): Schema {
    return this.#view.schema;
  }

  /** The number of rows. */
  get numRows(): number {
    return countRows(this.#view);
  }

  /** The number of columns. */
  get numColumns(): number {
    return this.#view.schema.length;
  }

  /** The names of the columns, in order. */
  get columnNames(): string[] {
    return this.#view.schema.map(({ name }) => name);
  }

  /**
   * Keeps the rows that pass. A missing value is undefined in the row, so that no comparison of order
   * passes. Rows come in the frame's order. The row object is reused and read-only: copy it to keep it.
   */
  filter(test: (row: SeenRow<Row>) => boolean): Frame<Row> {
    return this.#made(filterView(this.#view, test));
  }

  /**
   * Adds or replaces columns. Their types come from the values; null and undefined are missing. A
   * missing value is undefined in the row, and a NaN that comes of it is missing again. Rows come in
   * the frame's order, one column after the other, so that a function may add up what came before.
   * @throws {HexError} HEX_FRAME_INVALID for a text into which a missing value was written
   */
  derive<Values extends Record<string, Value | undefined>>(
    functions: { readonly [Name in keyof Values]: (row: SeenRow<Row>) => Values[Name] },
  ): Frame<Derived<Row, Values>> {
    return this.#made(deriveView(this.#view, functions));
  }

  /**
   * Keeps the named columns, in the order named.
   * @throws {HexError} HEX_FRAME_INVALID for a name that no column has
   */
  select<Name extends ColumnName<Row>>(...names: Name[]): Frame<Pick<Row, Name>> {
    return this.#made(selectView(this.#view, names));
  }

  /** Renames columns: old name to new name. */
  rename<const Names extends { readonly [Name in ColumnName<Row>]?: string }>(
    names: Names,
  ): Frame<Renamed<Row, Names>> {
    return this.#made(renameView(this.#view, names));
  }

  /**
   * Orders rows by columns, the first named first. Equal rows keep their order; missing values stand
   * last in either direction, NaN above all other numbers.
   * @throws {HexError} HEX_FRAME_INVALID for a name that no column has
   */
  orderby(...keys: (ColumnName<Row> | Descending<ColumnName<Row>>)[]): Frame<Row> {
    return this.#made(orderView(this.#view, keys));
  }

  /**
   * Groups the rows by the values of columns; missing is a value of its own here.
   * @throws {HexError} HEX_FRAME_INVALID for a name that no column has
   */
  groupby<Name extends ColumnName<Row>>(...names: Name[]): GroupedFrame<Row, Name> {
    return new GroupedFrame(this.#view, names);
  }

  /** One row of aggregates over all rows. */
  rollup<Spec extends RollupSpec<Row>>(aggregates: Spec): Frame<RolledUp<Row, never, Spec>> {
    return new Frame(rollupView(this.#view, [], aggregates));
  }

  /** One row with the number of rows in the column `count`. */
  count(): Frame<{ readonly count: number }> {
    return new Frame(rollupView(this.#view, [], { count: count() }));
  }

  /** The different values of a column in first-seen order, without missing. */
  distinct<Name extends ColumnName<Row>>(name: Name): NonNullable<Row[Name]>[] {
    return distinctValues(this.#view, name) as NonNullable<Row[Name]>[];
  }

  /** Keeps the first of the rows with the same values in the named columns (default: in all). */
  dedupe(...names: ColumnName<Row>[]): Frame<Row> {
    return this.#made(dedupeView(this.#view, names));
  }

  /**
   * The rows of both frames that have the same values in the columns `on`, in this frame's order.
   * A missing value matches nothing.
   * @throws {HexError} HEX_FRAME_INVALID when another column has the same name in both
   */
  join<Other extends RowShape, On extends ColumnName<Row> & ColumnName<Other>>(
    other: Frame<Other>,
    ...on: On[]
  ): Frame<Joined<Row, Other, On>> {
    return new Frame(joinViews(this.#view, other.#view, { on, keepLeft: false }));
  }

  /** As `join`, and keeps the rows of this frame that match nothing. */
  joinLeft<Other extends RowShape, On extends ColumnName<Row> & ColumnName<Other>>(
    other: Frame<Other>,
    ...on: On[]
  ): Frame<LeftJoined<Row, Other, On>> {
    return new Frame(joinViews(this.#view, other.#view, { on, keepLeft: true }));
  }

  /**
   * The rows of this frame, then those of the others.
   * @throws {HexError} HEX_FRAME_INVALID when the others do not have the same columns
   */
  concat(...others: Frame<Row>[]): Frame<Row> {
    return new Frame(
      concatViews(
        this.#view,
        others.map((other) => other.#view),
      ),
    );
  }

  /** The rows from `start` up to `end`; negative numbers count from the end, as for arrays. */
  slice(start = 0, end?: number): Frame<Row> {
    return this.#made(sliceView(this.#view, start, end));
  }

  /** The first rows. */
  head(n = 5): Frame<Row> {
    return this.slice(0, n);
  }

  /** The values of a column, null where missing. */
  column<Name extends ColumnName<Row>>(name: Name): Row[Name][] {
    const { data } = findColumn(this.#view, name);
    const { rows } = this.#view;
    const values = rows === undefined ? valuesOf(data) : Array.from(rows, (row) => data.at(row));
    return values as Row[Name][];
  }

  /** One value; undefined when there is no such row. */
  at<Name extends ColumnName<Row>>(name: Name, row: number): Row[Name] | undefined {
    const { data } = findColumn(this.#view, name);
    const { rows } = this.#view;
    if (!Number.isInteger(row) || row < 0 || row >= this.numRows) return undefined;
    return data.at(rows?.[row] ?? row) as Row[Name];
  }

  /** The rows as plain objects. */
  rows(): Row[] {
    return [...this];
  }

  /** The rows as plain objects, one after the other. */
  *[Symbol.iterator](): Generator<Row, void, undefined> {
    const columns = this.columns();
    const { numRows } = this;
    for (let row = 0; row < numRows; row++) yield copyRow<Row>(columns, row);
  }

  /**
   * A danfo DataFrame of the same columns. Missing numbers become NaN, other missing values null; a
   * bigint becomes a number when that is exact and else its digits; an instant becomes its ISO text.
   * @throws {HexError} HEX_PACKAGE_MISSING when the optional package danfojs-node is not installed
   */
  async toDanfo(): Promise<import("danfojs-node").DataFrame> {
    const { toDataFrame } = await import("./danfo-write.ts");
    return toDataFrame(this.columns());
  }

  /** @internal Who is told of the columns that are read; see `watched`. */
  get watch(): ColumnWatch | undefined {
    return this.#view.watch;
  }

  /** @internal The same frame, telling which of its columns are read, also through what verbs make of it. */
  watched(watch: ColumnWatch): Frame<Row> {
    return new Frame({ ...this.#view, watch });
  }

  #made<Made extends RowShape>(view: View): Frame<Made> {
    return new Frame({ ...view, watch: this.#view.watch });
  }

  /** @internal The columns as they lie in memory, and which of their rows the frame has; undefined: all. */
  unarranged(): UnarrangedColumns {
    const { totalRows, rows } = this.#view;
    return { columns: rawColumns(this.#view), totalRows, rows };
  }

  /** @internal The columns in memory, filtered and in order. */
  columns(): readonly FrameColumn[] {
    return arrangedColumns(this.#view);
  }
}

/** Columns from which a view takes some rows. */
export interface UnarrangedColumns {
  readonly columns: readonly FrameColumn[];
  readonly totalRows: number;
  /** undefined: all of them */
  readonly rows: Uint32Array | undefined;
}

/** A frame over columns that hold what `Row` says. */
export function toFrameOf<Row extends RowShape = UntypedRow>(
  columns: readonly FrameColumn[],
): Frame<Row> {
  return new Frame<Row>(toView(columns));
}

/** The rows of a frame in groups of the same keys, in the order they are first seen. */
export class GroupedFrame<Row extends RowShape, Keys extends ColumnName<Row>> {
  readonly #view: View;
  readonly #keys: readonly Keys[];

  /** @internal Made by `groupby`. */
  constructor(view: View, keys: readonly Keys[]) {
    this.#view = view;
    this.#keys = keys;
    for (const key of keys) findColumn(view, key);
  }

  /** One row a group: the keys, then the aggregates. */
  rollup<Spec extends RollupSpec<Row>>(aggregates: Spec): Frame<RolledUp<Row, Keys, Spec>> {
    return new Frame(rollupView(this.#view, this.#keys, aggregates));
  }

  /** One row a group: the keys, then the number of rows in the column `count`. */
  count(): Frame<RolledUp<Row, Keys, { count: Aggregate<never, "count"> }>> {
    return new Frame(rollupView(this.#view, this.#keys, { count: count() }));
  }
}
