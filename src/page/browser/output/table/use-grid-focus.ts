import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Schema } from "../../../../frame/schema.ts";
import { type CellPlace, hasFocus, keepGridFocus } from "./grid-focus.ts";
import type { RowBlocks } from "./row-blocks.ts";

/** What a grid is told of the cell that its keys go from. */
interface GridFocus {
  readonly cellPosition: CellPlace;
  readonly onCellPositionChange: (place: CellPlace) => void;
}

const CORNER: CellPlace = { rowIndex: 1, colIndex: 1 };

/**
 * Keeps the focus of a grid where the viewer has it. When there are too few rows for the cell that
 * its keys go from, the grid asks for the last row and puts the focus there, which it must not take
 * from whoever is elsewhere: at an input that changes the rows, for one. Then the cell stays the
 * same, for rows to come.
 */
export function useGridFocus(
  element: RefObject<HTMLElement | null>,
  blocks: RowBlocks,
  columns: Schema,
): GridFocus {
  useEffect(() => (element.current === null ? undefined : keepGridFocus(element.current)), []);
  const [cellPosition, setPosition] = useState(CORNER);
  const onCellPositionChange = useCallback(
    (next: CellPlace) =>
      setPosition((before) => {
        const last = lastPlace(blocks, columns);
        const nearest = within(before, last);
        const isUnasked = !isSame(before, nearest) && isSame(next, nearest);
        return isUnasked && !hasFocus(element.current) ? before : within(next, last);
      }),
    [blocks, columns],
  );
  // at once where the viewer is in the grid: the next key goes from the cell that then has the focus
  useLayoutEffect(() => {
    if (hasFocus(element.current)) {
      setPosition((before) => {
        const nearest = within(before, lastPlace(blocks, columns));
        return isSame(before, nearest) ? before : nearest;
      });
    }
  }, [blocks.rows, columns]);
  return useMemo(
    () => ({ cellPosition, onCellPositionChange }),
    [cellPosition, onCellPositionChange],
  );
}

function lastPlace({ rows }: RowBlocks, columns: Schema): CellPlace {
  return { rowIndex: rows + 1, colIndex: columns.length + 1 };
}

function within({ rowIndex, colIndex }: CellPlace, last: CellPlace): CellPlace {
  return {
    rowIndex: Math.max(1, Math.min(rowIndex, last.rowIndex)),
    colIndex: Math.max(1, Math.min(colIndex, last.colIndex)),
  };
}

function isSame(left: CellPlace, right: CellPlace): boolean {
  return left.rowIndex === right.rowIndex && left.colIndex === right.colIndex;
}
