import type { Schema } from "../../../../frame/schema.ts";
import type { RowBlocks } from "./row-blocks.ts";

const BODY_CELL = "tbody td[data-rownumber]";
/** The first one is the head of the row, and counting begins at 1. */
const FIRST_COLUMN = 2;

interface TitleListeners {
  readonly onPointerOver: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerLeave: (event: PointerEvent) => void;
}

/**
 * Tells the whole value of the cell under the pointer as the title of the grid's frame: a cell may
 * cut it. One title stands for all: with one each, a browser would compute the styles of all cells
 * again whenever other rows come.
 */
export function titleOfFrame(columns: Schema, blocks: RowBlocks): TitleListeners {
  function tell({ currentTarget, target }: PointerEvent): void {
    const frame = currentTarget as HTMLElement;
    const cell = (target as Element).closest<HTMLElement>(BODY_CELL);
    const title = cell === null ? "" : valueIn(cell, columns, blocks);
    if (frame.title !== title) frame.title = title;
  }
  return {
    // rows can move under a pointer that rests
    onPointerOver: tell,
    onPointerMove: tell,
    onPointerLeave: ({ currentTarget }) => (currentTarget as Element).removeAttribute("title"),
  };
}

function valueIn(cell: HTMLElement, columns: Schema, blocks: RowBlocks): string {
  const column = columns[Number(cell.getAttribute("aria-colindex")) - FIRST_COLUMN];
  const row = blocks.at(Number(cell.dataset["rownumber"]));
  return column === undefined ? "" : String(row?.[column.name] ?? "");
}
