import type { CellContentProps, CustomEventTarget, OrderBy, Selection } from "hightable";
import { createEventTarget, type DataFrame, type DataFrameEvents, HighTable } from "hightable";
import type { JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { JsonValue } from "../../../../frame/json.ts";
import type { ColumnType, Schema } from "../../../../frame/schema.ts";
import type { RowSort } from "../../../../frame/table-rows.ts";
import type { RowsOrder } from "../rows-source.ts";
import { cellText, isNumeric } from "./cell-text.ts";
import { mendGridRoles, nameGrid } from "./grid-aria.ts";
import type { RowBlocks } from "./row-blocks.ts";

mendGridRoles();

interface GridProps {
  readonly name: string;
  readonly columns: Schema;
  readonly blocks: RowBlocks;
  /** goes up whenever rows came */
  readonly change: number;
  readonly order: RowsOrder;
  readonly selection: Selection;
  readonly onSort: (sort: RowSort | undefined) => void;
  readonly onSelection: (selection: Selection) => void;
  readonly onFilter: (column: string) => void;
  /** the chosen rows as text; undefined when none is */
  readonly copiedText: () => string | undefined;
}

/** More of what stands just out of sight would make scrolling slower. */
const PADDING_ROWS = 4;
const LONG_TEXT = 24;

/** The rows of a table, of which only those in sight are in the document. */
export function Grid(props: GridProps): JSX.Element {
  const { columns, blocks, change, order, onSort, onFilter } = props;
  const { sort } = order;
  const element = useRef<HTMLDivElement>(null);
  const id = useId();
  const events = useMemo(() => createEventTarget<DataFrameEvents>(), [blocks]);
  const frame = useMemo(() => toDataFrame(columns, blocks, events), [columns, blocks, events]);
  const known = useRef(blocks.rows);

  // before the next paint, so that old and new rows are never seen together
  useLayoutEffect(() => {
    if (known.current !== blocks.rows) events.dispatchEvent(new CustomEvent("numrowschange"));
    known.current = blocks.rows;
    events.dispatchEvent(new CustomEvent("update"));
  }, [change]);
  useEffect(() => {
    // another order is read from its beginning
    element.current?.querySelector("[role=group]")?.scrollTo({ top: 0 });
  }, [order]);
  useLayoutEffect(() => {
    if (element.current !== null) nameGrid(element.current, `grid-${id}`, props.name);
  }, [frame, props.name]);

  const configuration = useMemo(() => toConfiguration(columns, onFilter), [columns, onFilter]);
  const renderCell = useMemo(() => toCellRenderer(columns), [columns]);
  const orderBy = useMemo((): OrderBy => toOrderBy(sort), [sort]);
  function copy(event: ClipboardEvent): void {
    const text = props.copiedText();
    if (text === undefined || event.clipboardData === null) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    // or the grid would copy the one cell in focus
    event.stopPropagation();
  }
  return (
    <div class="grid-frame" ref={element} onCopyCapture={copy}>
      <HighTable
        className="grid"
        data={frame}
        focus={false}
        padding={PADDING_ROWS}
        overscan={0}
        columnConfiguration={configuration}
        renderCellContent={renderCell}
        stringify={stringify}
        orderBy={orderBy}
        onOrderByChange={(order) => onSort(toSort(order))}
        selection={props.selection}
        onSelectionChange={props.onSelection}
      />
    </div>
  );
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

function toConfiguration(columns: Schema, onFilter: (column: string) => void) {
  const menuGroups = [{ title: "Rows", items: [{ label: "Filter…", onClick: onFilter }] }];
  return Object.fromEntries(
    columns.map(({ name, type }) => [name, { className: classOf(type), menuGroups }]),
  );
}

function classOf(type: ColumnType): string {
  if (type === "bigint") return "cell-number cell-digits";
  return isNumeric(type) ? "cell-number" : `cell-${type}`;
}

function toCellRenderer(columns: Schema) {
  return ({ cell, col }: CellContentProps): JSX.Element | null => {
    if (cell === undefined) return null;
    const value: JsonValue = cell.value;
    if (value === null) {
      return (
        <span class="cell-missing" title="missing">
          –
        </span>
      );
    }
    const text = cellText(value, columns[col]?.type ?? "string");
    const isLong = text.length > LONG_TEXT;
    return (
      <span class={isLong ? "cell-text cell-long" : "cell-text"} title={String(value)}>
        {text}
      </span>
    );
  };
}

/** What the grid itself copies, when one cell is in focus. */
function stringify(value: unknown): string | undefined {
  return value === null || value === undefined ? "" : String(value);
}

function toOrderBy(sort: RowSort | undefined): OrderBy {
  if (sort === undefined) return [];
  return [{ column: sort.column, direction: sort.descending ? "descending" : "ascending" }];
}

function toSort([first]: OrderBy): RowSort | undefined {
  return first && { column: first.column, descending: first.direction === "descending" };
}
