import type { DataFrame } from "danfojs-node";
import { buildColumn } from "./column/column-build.ts";
import type { FrameColumn } from "./column/column-data.ts";
import { inferColumnType } from "./column/column-value.ts";
import { toDataFrame } from "./danfo-write.ts";
import { type AnyFrame, type Frame, toFrameOf } from "./frame.ts";
import type { Schema } from "./schema.ts";

/** The part of a danfo DataFrame that is read here. */
export interface DanfoFrame {
  readonly columns: readonly string[];
  readonly dtypes: readonly string[];
  readonly shape: readonly number[];
  readonly values: readonly (readonly unknown[])[];
}

/** True for a danfo DataFrame, told by its shape: danfo itself is not loaded for it. */
export function isDanfo(value: unknown): value is DanfoFrame {
  if (typeof value !== "object" || value === null) return false;
  const { columns, dtypes, shape }: Partial<Record<keyof DanfoFrame, unknown>> = value;
  if (!("$dataIncolumnFormat" in value) || !("groupby" in value)) return false;
  return Array.isArray(columns) && Array.isArray(dtypes) && Array.isArray(shape);
}

/**
 * The columns of a danfo DataFrame. NaN, null and undefined are missing (danfo has no other way
 * to say so), a column of whole numbers becomes integer. The values are read as they are, since
 * danfo's dtypes are guesses from the first rows: a column that mixes types is refused. That is
 * what danfo's own CSV reader makes of a number column where missing is spelled NaN: the bare empty
 * fields become null, but each NaN becomes that text.
 * @throws {HexError} HEX_FRAME_INVALID naming column and row
 */
export function frameFromDanfo(danfo: DanfoFrame, schema?: Schema): Frame {
  const { values: rows } = danfo;
  const columns = danfo.columns.map((label, index): FrameColumn => {
    const name = String(label);
    const values = rows.map((row) => toValue(row[index]));
    const type = schema?.find((column) => column.name === name)?.type;
    const found = type ?? inferColumnType(name, values);
    return { name, type: found, data: buildColumn(name, found, values) };
  });
  return toFrameOf(columns);
}

/**
 * A copy of a danfo DataFrame whose cells can be changed on their own: danfo's `copy()` shares the
 * rows with the original.
 */
export function copyDanfo(danfo: DanfoFrame): object {
  const copied = (danfo as unknown as DataFrame).copy();
  const rows = copied.values as unknown[][];
  for (const [index, row] of rows.entries()) rows[index] = [...row];
  return copied;
}

/** A danfo DataFrame of the same columns; what becomes of each type is told at `toDataFrame`. @internal */
export function frameToDanfo(frame: AnyFrame): Promise<DataFrame> {
  return toDataFrame(frame.columns());
}

function toValue(value: unknown): unknown {
  return Number.isNaN(value) ? null : value;
}
