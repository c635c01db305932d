import type { Selection } from "hightable";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { Schema } from "../../../../frame/schema.ts";
import type { FrameOutput } from "../../../../run/cell-output.ts";
import { formatCount } from "../../../../text.ts";
import { CopyButton } from "../copy-button.tsx";
import { figureText } from "../number-text.ts";
import type { RowsSource } from "../rows-source.ts";
import { Grid } from "./grid.tsx";
import { chosenText, copiedRows, DownloadCsv } from "./table-export.tsx";
import { filterText, TableFilters } from "./table-filters.tsx";
import type { GridRows } from "./use-table-rows.ts";
import { useTableRows } from "./use-table-rows.ts";

interface TableViewProps {
  readonly cell: { readonly name: string; readonly title: string | null };
  readonly output: Omit<FrameOutput, "kind">;
  readonly rows: RowsSource;
}

const NO_ROWS: Selection = { ranges: [] };

/** A table: its rows, which are read as they become visible, and what can be done with them. */
export function TableView({ cell, output, rows }: TableViewProps): JSX.Element {
  const name = cell.title ?? cell.name;
  const high = Math.min(13, output.rows);
  const table = useTableRows(output, rows);
  const [selection, setSelection] = useState(NO_ROWS);
  const [filterColumn, setFilterColumn] = useState<string | null>(null);

  // other data have other rows in these places
  useEffect(() => setSelection(NO_ROWS), [rows.key]);

  function filter(filters: readonly RowFilter[]): void {
    setSelection(NO_ROWS);
    table.arrange({ ...table.order, filters });
  }

  return (
    <div
      class={`table-view ${table.isReading ? "table-reading" : ""}`}
      data-rows={high}
      style={{ "--grid-rows": high }}
    >
      <TableToolbar
        name={name}
        columns={output.columns}
        allRows={output.rows}
        table={table}
        selection={selection}
        filterColumn={filterColumn}
        onFilterColumn={setFilterColumn}
        onFilters={filter}
      />
      {table.failure !== null && (
        <p class="output-wrong" role="alert">
          {table.failure}{" "}
          <button type="button" class="tool" onClick={() => table.blocks.retry()}>
            Try again
          </button>
        </p>
      )}
      <Grid
        name={`${name}, ${formatCount(table.blocks.rows, "row")}`}
        columns={table.columns}
        head={output.head}
        blocks={table.blocks}
        change={table.change}
        order={table.order}
        copiedText={() => chosenText(table, output.columns, selection)}
        selection={selection}
        onSort={(sort) => {
          setSelection(NO_ROWS);
          table.arrange({ ...table.order, sort });
        }}
        onSelection={setSelection}
        onFilter={setFilterColumn}
      />
    </div>
  );
}

interface TableToolbarProps {
  readonly name: string;
  readonly columns: Schema;
  /** how many there are when none is filtered away */
  readonly allRows: number;
  readonly table: GridRows;
  readonly selection: Selection;
  /** the column for which a filter is being made; null when none is */
  readonly filterColumn: string | null;
  readonly onFilterColumn: (column: string | null) => void;
  readonly onFilters: (filters: readonly RowFilter[]) => void;
}

/** How many rows a table has, and its tools. */
function TableToolbar(props: TableToolbarProps): JSX.Element {
  const { name, columns, allRows, table, selection, filterColumn, onFilterColumn } = props;
  const filters = table.order.filters ?? [];
  return (
    <>
      <div class="toolbar">
        <span class="table-count" role="status">
          {countOf(filters.length > 0 ? table.blocks.rows : null, allRows)}
          {table.isRenewing && " · being computed anew"}
        </span>
        <span class="toolbar-space" />
        <button
          type="button"
          class="tool"
          aria-expanded={filterColumn !== null}
          onClick={() => onFilterColumn(filterColumn === null ? (columns[0]?.name ?? "") : null)}
        >
          Filter
        </button>
        <CopyButton
          label={`Copy the rows of ${name}`}
          read={() => copiedRows(table, columns, selection)}
        />
        <DownloadCsv name={name} columns={columns} table={table} />
      </div>
      {filterColumn !== null && (
        <TableFilters
          key={filterColumn}
          columns={columns}
          column={filterColumn}
          onAdd={(filter) => props.onFilters([...filters, filter])}
        />
      )}
      {filters.length > 0 && (
        <FilterList columns={columns} filters={filters} onFilters={props.onFilters} />
      )}
    </>
  );
}

function countOf(passing: number | null, all: number): string {
  const total = formatCount(all, "row");
  return passing === null ? total : `${figureText(passing)} of ${total}`;
}

type FilterListProps = Pick<TableToolbarProps, "columns" | "onFilters"> & {
  readonly filters: readonly RowFilter[];
};

function FilterList({ columns, filters, onFilters }: FilterListProps): JSX.Element {
  return (
    <ul class="table-chips" aria-label="Filters">
      {filters.map((filter, index) => {
        const type = columns.find(({ name }) => name === filter.column)?.type ?? "string";
        const text = filterText(filter, type);
        return (
          <li key={text}>
            <button
              type="button"
              class="table-chip"
              aria-label={`Remove the filter: ${text}`}
              onClick={() => onFilters(filters.filter((_, each) => each !== index))}
            >
              {text} <span aria-hidden="true">×</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
