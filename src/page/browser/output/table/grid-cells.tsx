import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { JsonRow, JsonScalar } from "../../../../frame/json.ts";
import type { ColumnType, Schema } from "../../../../frame/schema.ts";
import { cellText, isNumeric } from "./rows-text.ts";

/** The class of all cells of a column. */
export function classOf(type: ColumnType): string {
  if (type === "bigint") return "cell-number cell-digits";
  return isNumeric(type) ? "cell-number" : `cell-${type}`;
}

const LONG_TEXT = 24;

/**
 * What a cell of a table shows. Mostly a text and no element: the fewer there are, the sooner other
 * rows are seen.
 */
export function cellContent(value: JsonScalar, type: ColumnType): JSX.Element | string {
  if (value === null) {
    return (
      <span class="cell-missing" title="missing">
        –
      </span>
    );
  }
  const text = cellText(value, type);
  return text.length > LONG_TEXT ? <span class="cell-long">{text}</span> : text;
}

/** A digit is at most as wide, and so is the room beside a figure. */
const DIGIT_PX = 8;

const BESIDE_PX = 21;

/**
 * How wide columns of figures are at least, in pixels. The grid measures its columns once; when
 * other rows have longer figures, these widths grow, so that none of them is cut.
 */
export function useFigureWidths(
  columns: Schema,
  head: readonly JsonRow[],
): readonly (number | undefined)[] {
  const known = useRef<{ columns: Schema; widths: readonly (number | undefined)[] } | null>(null);
  return useMemo(() => {
    const before = known.current?.columns === columns ? known.current.widths : [];
    const widths = columns.map(({ name, type }, index) => {
      if (!isNumeric(type)) return undefined;
      const texts = head.map((row) => cellText(row[name] ?? null, type).length);
      return Math.max(before[index] ?? 0, Math.max(0, ...texts) * DIGIT_PX + BESIDE_PX);
    });
    const isSame = before.length > 0 && widths.every((width, index) => width === before[index]);
    if (!isSame) known.current = { columns, widths };
    return isSame ? before : widths;
  }, [columns, head]);
}
