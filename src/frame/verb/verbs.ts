/** The verbs of a frame on views: each reads one view and gives a new one. */
import { expectation } from "../../errors.ts";
import { buildColumn, valuesOf } from "../column/column-build.ts";
import { dictionaryOf, type FrameColumn } from "../column/column-data.ts";
import { missingTest } from "../column/column-value.ts";
import { sortRows } from "../rows/sort-rows.ts";
import type { ColumnType, Value } from "../schema.ts";
import type { Aggregate } from "./aggregate.ts";
import { computeAggregate } from "./compute-aggregate.ts";
import { groupRows } from "./group-rows.ts";
import type { Descending } from "./row-types.ts";
import {
  arrangedColumns,
  columnIndex,
  countRows,
  findColumn,
  rawColumns,
  takeColumns,
  toView,
  type View,
} from "./view.ts";

export function selectView(view: View, names: readonly string[]): View {
  return toView(
    names.map((name) => findColumn(view, name)),
    view,
  );
}

export function renameView(view: View, names: Readonly<Record<string, string | undefined>>): View {
  const newNames = new Map(Object.entries(names));
  for (const name of newNames.keys()) findColumn(view, name);
  const columns = rawColumns(view);
  return toView(
    columns.map((column) => ({ ...column, name: newNames.get(column.name) ?? column.name })),
    view,
  );
}

/**
 * Orders rows by the first key, equal ones by the next; rows that are equal in all keep their order.
 * Missing values stand last in either direction.
 */
export function orderView(view: View, keys: readonly (string | Descending)[]): View {
  if (keys.length === 0) return view;
  const columns = keys.map((key) => {
    const isDescending = typeof key !== "string";
    return { column: findColumn(view, isDescending ? key.descending : key), isDescending };
  });
  let rows = view.rows ?? allRows(view.totalRows);
  for (const { column, isDescending } of columns.reverse()) {
    rows = sortRows(column, rows, { isDescending });
  }
  return { ...view, rows };
}

function allRows(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

/** One row a group: its keys, then the aggregates. Without keys, one row in all. */
export function rollupView(
  view: View,
  keys: readonly string[],
  aggregates: Readonly<Record<string, Aggregate>>,
): View {
  const keyColumns = keys.map((key) => findColumn(view, key));
  const groups = groupRows(view, keyColumns);
  const rolled = takeColumns(keyColumns, groups.first);
  const [first] = rawColumns(view);
  for (const [name, aggregate] of Object.entries(aggregates)) {
    const { column } = aggregate;
    const source = column === undefined && first ? first : findColumn(view, column ?? "");
    rolled.push(computeAggregate(name, aggregate, source, groups));
  }
  return toView(rolled);
}

/** Keeps the first of the rows that have the same values in the given columns. */
export function dedupeView(view: View, names: readonly string[]): View {
  const compared = names.length === 0 ? view.schema.map(({ name }) => name) : names;
  const { first } = groupRows(
    view,
    compared.map((name) => findColumn(view, name)),
  );
  return { ...view, rows: first };
}

/** The different values of a column in first-seen order, without missing. */
export function distinctValues(view: View, name: string): Value[] {
  const column = findColumn(view, name);
  const { data } = column;
  const rows = firstRows(view, column) ?? groupRows(view, [column]).first;
  return Array.from(rows, (row) => data.at(row)).filter((value) => value !== null);
}

/** The first row of each text of a dictionary, looking no further once all are found. */
function firstRows(view: View, { data }: FrameColumn): number[] | undefined {
  const batch = dictionaryOf(data);
  if (batch === undefined) return undefined;
  const { values, cache } = batch;
  const isMissing = missingTest(data);
  const isSeen = new Uint8Array(cache.length);
  const found: number[] = [];
  const count = countRows(view);
  for (let at = 0; at < count && found.length < isSeen.length; at++) {
    const row = view.rows?.[at] ?? at;
    const code = values[row] as number;
    if (isSeen[code] === 1 || isMissing(row)) continue;
    isSeen[code] = 1;
    found.push(row);
  }
  return found;
}

/** The rows of one view after those of another; columns are matched by name. */
export function concatViews(first: View, others: readonly View[]): View {
  const all = [first, ...others].map((view) => ({ view, columns: arrangedColumns(view) }));
  for (const { schema } of others) checkSameColumns(first, schema.length, schema);
  const columns = first.schema.map(({ name }) => {
    const parts = all.flatMap(({ view, columns }) => columns[columnIndex(view.schema, name)] ?? []);
    const type = commonType(name, parts);
    const values = parts.flatMap(({ data }) => valuesOf(data));
    return { name, type, data: buildColumn(name, type, values) };
  });
  return toView(columns);
}

/** The rows from `start` up to `end`; negative numbers count from the end, as for arrays. */
export function sliceView(view: View, start: number, end?: number): View {
  const rows = view.rows?.slice(start, end) ?? rowsBetween(view.totalRows, start, end);
  return toView(takeColumns(rawColumns(view), rows));
}

/** The rows that a slice of all of them has. */
function rowsBetween(totalRows: number, start: number, end = totalRows): Uint32Array {
  const place = (at: number) => {
    const whole = Math.trunc(at) || 0;
    return whole < 0 ? Math.max(whole + totalRows, 0) : Math.min(whole, totalRows);
  };
  const first = place(start);
  const rows = new Uint32Array(Math.max(place(end) - first, 0));
  for (let at = 0; at < rows.length; at++) rows[at] = first + at;
  return rows;
}

function checkSameColumns(first: View, count: number, schema: View["schema"]): void {
  const extra = schema.find(({ name }) => !first.schema.some((column) => column.name === name));
  if (extra === undefined && count === first.schema.length) return;
  throw expectation("HEX_FRAME_INVALID", {
    place: "the frames of a concat",
    expected: `of the columns ${first.schema.map(({ name }) => name).join(", ")}`,
    got: schema.map(({ name }) => name).join(", "),
  });
}

function commonType(name: string, parts: readonly FrameColumn[]): ColumnType {
  const present = parts.filter(({ data }) => data.nullCount < data.length);
  const types = new Set((present.length === 0 ? parts : present).map(({ type }) => type));
  const [type = "string"] = types;
  if (types.size === 1) return type;
  if ([...types].every((one) => one === "integer" || one === "number")) return "number";
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)} of a concat`,
    expected: "of one type",
    got: [...types].join(" and "),
  });
}
