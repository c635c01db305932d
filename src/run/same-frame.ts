import type { Frame } from "../frame/frame.ts";

/** Whether two frames are the same rows of the same columns in memory; no value is compared. */
export function isSameFrame(one: Frame, other: Frame): boolean {
  if (one === other) return true;
  if (one.numRows !== other.numRows) return false;
  const [left, right] = [one.unarranged(), other.unarranged()];
  if (left.columns.length !== right.columns.length || left.isWhole !== right.isWhole) return false;
  const isOf = left.columns.every(({ name, type, data }, index) => {
    const column = right.columns[index];
    return column?.name === name && column.type === type && column.data === data;
  });
  return isOf && (left.isWhole || isSameRows(left.rows(), right.rows()));
}

function isSameRows(left: Uint32Array | undefined, right: Uint32Array | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every((row, index) => right[index] === row);
}
