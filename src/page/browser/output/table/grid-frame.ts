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

/** A grid listens only after its first paint; what came before that is told when it does. */
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
