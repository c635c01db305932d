import { type CellContentProps, HighTable, type OrderBy, type Selection } from "hightable";
import type { JSX } from "preact";
import { useId, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { JsonRow } from "../../../../frame/json.ts";
import type { RowSort } from "../../../../frame/rows/table-rows.ts";
import type { Schema } from "../../../../frame/schema.ts";
import type { RowsOrder } from "../rows-source.ts";
import { cellContent, classOf, useFigureWidths } from "./grid-cells.tsx";
import { titleOfFrame, useGridFrame } from "./grid-frame.ts";
import {
  enterGrid,
  nameGrid,
  patchGridDraws,
  patchGridFocus,
  patchGridRoles,
  useGridFocus,
} from "./hightable-patches.ts";
import type { RowBlocks } from "./row-blocks.ts";

patchGridRoles();
patchGridDraws();
patchGridFocus();

interface GridProps {
  readonly name: string;
  readonly columns: Schema;
  /** the first rows, as wide as which the columns are */
  readonly head: readonly JsonRow[];
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

/** More rows above and below the visible ones would make scrolling slower. */
const PADDING_ROWS = 4;

/** The rows of a table, of which only the visible ones are in the document. */
export function Grid(props: GridProps): JSX.Element {
  const { columns, head, blocks, change, order, selection, onSelection, onFilter } = props;
  const { sort } = order;
  const element = useRef<HTMLDivElement>(null);
  const id = useId();
  const frame = useGridFrame(columns, blocks, change);
  // another order is read from its beginning
  useLayoutEffect(() => showBeginning(element.current), [order]);
  useLayoutEffect(() => {
    if (element.current !== null) nameGrid(element.current, `grid-${id}`, props.name);
  }, [frame, props.name]);

  const focus = useGridFocus(element, blocks, columns);
  const widths = useFigureWidths(columns, head);
  const configuration = useMemo(
    () => toConfiguration(columns, widths, onFilter),
    [columns, widths, onFilter],
  );
  const renderCell = useMemo(() => toCellRenderer(columns), [columns]);
  const orderBy = useMemo((): OrderBy => toOrderBy(sort), [sort]);
  const onSort = useRef(props.onSort);
  onSort.current = props.onSort;
  // rows that come are events, which draw the cells once and nothing else
  const table = useMemo(
    () => (
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
        onOrderByChange={(order) => onSort.current(toSort(order))}
        selection={selection}
        onSelectionChange={onSelection}
        {...focus}
      />
    ),
    [frame, configuration, renderCell, orderBy, selection, onSelection, focus],
  );
  return (
    <div
      class="grid-frame"
      ref={element}
      onCopyCapture={(event) => copy(event, props.copiedText())}
      onKeyDownCapture={enterGrid}
      {...titleOfFrame(columns, blocks)}
    >
      {table}
    </div>
  );
}

/**
 * Tells the grid at once that it was scrolled: by itself the event comes some frames later, and until
 * then the heads of the columns stand where the rows stood. The grid would scroll the page to them.
 */
function showBeginning(element: HTMLElement | null): void {
  const edge = element?.querySelector("[role=group]");
  if (!edge || edge.scrollTop === 0) return;
  edge.scrollTop = 0;
  edge.dispatchEvent(new Event("scroll"));
}

function copy(event: ClipboardEvent, text: string | undefined): void {
  if (text === undefined || event.clipboardData === null) return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
  // or the grid would copy the one cell in focus
  event.stopPropagation();
}

function toConfiguration(
  columns: Schema,
  widths: readonly (number | undefined)[],
  onFilter: (column: string) => void,
) {
  const menuGroups = [{ title: "Rows", items: [{ label: "Filter…", onClick: onFilter }] }];
  return Object.fromEntries(
    columns.map(({ name, type }, index) => {
      const width = widths[index];
      const least = width === undefined ? {} : { minWidth: width };
      return [name, { className: classOf(type), menuGroups, ...least }];
    }),
  );
}

function toCellRenderer(columns: Schema) {
  return ({ cell, col }: CellContentProps): JSX.Element | string | null =>
    cell === undefined ? null : cellContent(cell.value, columns[col]?.type ?? "string");
}

/** The text that the grid itself copies when one cell is in focus. */
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
