import {
  type CustomEventTarget,
  createEventTarget,
  type DataFrame,
  type DataFrameEvents,
} from "hightable";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Schema } from "../../../../frame/schema.ts";
import type { RowBlocks } from "./row-blocks.ts";

/**
 * Rows as the grid reads them. It is the same frame as long as the columns are the same, since the
 * grid begins from nothing with another one; `change` goes up whenever rows came.
 */
export function useGridFrame(columns: Schema, blocks: RowBlocks, change: number): DataFrame {
  const events = useMemo(openEvents, [blocks]);
  const frame = useMemo(() => toDataFrame(columns, blocks, events), [columns, blocks, events]);
  const known = useRef(blocks.rows);
  // before the next paint, so that old and new rows are never seen together
  useLayoutEffect(() => {
    if (known.current !== blocks.rows) events.dispatchEvent(new CustomEvent("numrowschange"));
    known.current = blocks.rows;
    events.dispatchEvent(new CustomEvent("update"));
  }, [change]);
  return frame;
}

/** A grid listens only after its first paint; what came before that is repeated when it does. */
function openEvents(): CustomEventTarget<DataFrameEvents> {
  const events = createEventTarget<DataFrameEvents>();
  const listen = events.addEventListener.bind(events);
  events.addEventListener = (type, ...listener) => {
    listen(type, ...listener);
    events.dispatchEvent(new CustomEvent(type));
  };
  return events;
}

function toDataFrame(
  columns: Schema,
  blocks: RowBlocks,
  eventTarget: CustomEventTarget<DataFrameEvents>,
): DataFrame {
  return {
    columnDescriptors: columns.map(({ name }) => ({ name, sortable: true })),
    exclusiveSort: true,
    eventTarget,
    get numRows() {
      return blocks.rows;
    },
    getRowNumber: ({ row }) => ({ value: row }),
    getCell({ row, column }) {
      const values = blocks.at(row);
      return values === undefined ? undefined : { value: values[column] ?? null };
    },
    async fetch({ rowStart, rowEnd }) {
      blocks.want(rowStart, rowEnd);
    },
  };
}

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
  function setTitle({ currentTarget, target }: PointerEvent): void {
    const frame = currentTarget as HTMLElement;
    const cell = (target as Element).closest<HTMLElement>(BODY_CELL);
    const title = cell === null ? "" : valueIn(cell, columns, blocks);
    if (frame.title !== title) frame.title = title;
  }
  return {
    // rows can move under a pointer that rests
    onPointerOver: setTitle,
    onPointerMove: setTitle,
    onPointerLeave: ({ currentTarget }) => (currentTarget as Element).removeAttribute("title"),
  };
}

function valueIn(cell: HTMLElement, columns: Schema, blocks: RowBlocks): string {
  const column = columns[Number(cell.getAttribute("aria-colindex")) - FIRST_COLUMN];
  const row = blocks.at(Number(cell.dataset["rownumber"]));
  return column === undefined ? "" : String(row?.[column.name] ?? "");
}
