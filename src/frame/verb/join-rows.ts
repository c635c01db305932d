import { expectation } from "../../errors.ts";
import { codeMatches } from "../column/code-rows.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { toMembers } from "./group-rows.ts";
import { findColumn, rawColumns, takeColumns, toView, type View } from "./view.ts";

export interface JoinOptions {
  /** the columns, of the same name in both frames, whose values must be the same */
  readonly on: readonly string[];
  /** whether rows of the left frame without a match stay */
  readonly keepLeft: boolean;
}

/**
 * Joins two views: the columns of the left, then those of the right but the shared ones. Rows come
 * in the order of the left frame, its matches in the order of the right. A missing value matches
 * nothing.
 */
export function joinViews(left: View, right: View, { on, keepLeft }: JoinOptions): View {
  const leftColumns = watchedColumns(left);
  const added = watchedColumns(right).filter(({ name }) => !on.includes(name));
  const leftKeys = on.map((name) => findColumn(left, name));
  const rightKeys = on.map((name) => findColumn(right, name));
  for (const [index, key] of leftKeys.entries()) checkTypes(key, rightKeys[index]);
  checkCollisions(left, added);
  const known = codeMatches(
    { columns: rightKeys, rows: right.rows },
    { columns: leftKeys, rows: left.rows },
  );
  const pairs = matchRows({ left: known.second, right: known.first, size: known.size }, keepLeft);
  toRows(pairs.left, left);
  toRows(pairs.right, right);
  return toView([...takeColumns(leftColumns, pairs.left), ...takeColumns(added, pairs.right)]);
}

function watchedColumns(view: View): FrameColumn[] {
  const columns = rawColumns(view);
  if (view.watch) for (const { name } of columns) view.watch(name);
  return columns;
}

/** The numbers of the rows' keys; −1 where a part is missing or has no match. */
interface JoinKeys {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly size: number;
}

interface RowPairs {
  readonly left: Int32Array;
  /** −1 stands for no row */
  readonly right: Int32Array;
}

/** The places of rows that match, in the order of the left and then of the right. */
function matchRows(keys: JoinKeys, keepLeft: boolean): RowPairs {
  const { places, starts } = toMembers(keys.right, keys.size);
  const least = keepLeft ? 1 : 0;
  const count = countPairs(keys.left, starts, least);
  const pairs = { left: new Int32Array(count), right: new Int32Array(count).fill(-1) };
  let next = 0;
  for (let at = 0; at < keys.left.length; at++) {
    const key = keys.left[at] as number;
    const end = key < 0 ? 0 : (starts[key + 1] as number);
    const start = key < 0 ? 0 : (starts[key] as number);
    if (start === end && keepLeft) pairs.left[next++] = at;
    for (let match = start; match < end; match++) {
      pairs.left[next] = at;
      pairs.right[next++] = places[match] as number;
    }
  }
  return pairs;
}

function countPairs(left: Int32Array, starts: Uint32Array, least: number): number {
  let count = 0;
  for (let at = 0; at < left.length; at++) {
    const key = left[at] as number;
    const found = key < 0 ? 0 : (starts[key + 1] as number) - (starts[key] as number);
    count += Math.max(found, least);
  }
  return count;
}

/** Turns places in a view into the rows that stand there. */
function toRows(places: Int32Array, { rows }: View): void {
  if (rows === undefined) return;
  for (let at = 0; at < places.length; at++) {
    const place = places[at] as number;
    if (place >= 0) places[at] = rows[place] as number;
  }
}

function checkTypes(left: FrameColumn, right: FrameColumn | undefined): void {
  const kinds = [left.type, right?.type].map((type) => (type === "integer" ? "number" : type));
  if (kinds[0] === kinds[1]) return;
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(left.name)} of a join`,
    expected: "of the same type in both frames",
    got: `${left.type} and ${right?.type}`,
  });
}

function checkCollisions(left: View, added: readonly FrameColumn[]): void {
  const names = new Set(left.schema.map(({ name }) => name));
  const twice = added.find(({ name }) => names.has(name));
  if (twice === undefined) return;
  throw expectation("HEX_FRAME_INVALID", {
    place: "the columns of a join that are not joined on",
    expected: "of different names in both frames",
    got: `${JSON.stringify(twice.name)} in both`,
    hint: "rename or select before the join",
  });
}
