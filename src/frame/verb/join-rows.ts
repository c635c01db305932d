import { ColumnTable } from "arquero";
import { expectation } from "../../errors.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { RowCoder } from "../column/row-coder.ts";
import { arrangedColumns, columnIndex, takeColumns, toView, type View } from "./view.ts";

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
  const leftColumns = arrangedColumns(left);
  const rightColumns = arrangedColumns(right);
  const keys = joinKeys(left, right, on, { leftColumns, rightColumns });
  const pairs = matchRows(keys, keepLeft);
  const added = rightColumns.filter(({ name }) => !on.includes(name));
  checkCollisions(left, added);
  return toView([...takeColumns(leftColumns, pairs.left), ...takeColumns(added, pairs.right)]);
}

interface Sides {
  readonly leftColumns: readonly FrameColumn[];
  readonly rightColumns: readonly FrameColumn[];
}

interface JoinKeys {
  readonly left: Float64Array;
  readonly right: Float64Array;
}

function joinKeys(left: View, right: View, on: readonly string[], sides: Sides): JoinKeys {
  const coder = new RowCoder(on.length);
  const leftKeys = on.flatMap((name) => sides.leftColumns[columnIndex(left.schema, name)] ?? []);
  const rightKeys = on.flatMap((name) => sides.rightColumns[columnIndex(right.schema, name)] ?? []);
  for (const [index, key] of leftKeys.entries()) checkTypes(key, rightKeys[index]);
  return { left: codeKeys(coder, leftKeys), right: codeKeys(coder, rightKeys) };
}

/** The numbers of the rows' keys, NaN (which Arquero never matches) where a part is missing. */
function codeKeys(coder: RowCoder, keys: readonly FrameColumn[]): Float64Array {
  const codes = Float64Array.from(coder.code(keys.map(({ data }) => data)));
  for (const { data } of keys) {
    if (data.nullCount === 0) continue;
    for (let row = 0; row < codes.length; row++) if (data.at(row) === null) codes[row] = Number.NaN;
  }
  return codes;
}

interface RowPairs {
  readonly left: Int32Array;
  /** −1 stands for no row */
  readonly right: Int32Array;
}

/** The row numbers that match, in the order of the left and then of the right. */
function matchRows({ left, right }: JoinKeys, keepLeft: boolean): RowPairs {
  const options = { left: keepLeft };
  const values: [string[], string[]] = [["row"], ["row"]];
  const joined = numbered(left).join(numbered(right), ["key", "key"], values, options);
  const lefts = Int32Array.from(joined.array("row_1"), Number);
  const rights = Int32Array.from(joined.array("row_2"), (row?: unknown) => Number(row ?? -1));
  return sortPairs({ left: lefts, right: rights });
}

function numbered(key: Float64Array): ColumnTable {
  return new ColumnTable({ key, row: Int32Array.from(key, (_, row) => row) });
}

/** Arquero emits pairs in the order of the larger frame, and rows without a match last. */
function sortPairs({ left, right }: RowPairs): RowPairs {
  const order = (one: number, other: number) =>
    (left[one] ?? 0) - (left[other] ?? 0) || (right[one] ?? 0) - (right[other] ?? 0);
  if (left.every((_, at) => at === 0 || order(at - 1, at) <= 0)) return { left, right };
  const sorted = Int32Array.from(left, (_, at) => at).sort(order);
  return { left: sorted.map((at) => left[at] ?? 0), right: sorted.map((at) => right[at] ?? -1) };
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
