import type { Selection } from "hightable";
import type { JSX } from "preact";
import type { RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { Schema } from "../../../../frame/schema.ts";
import { formatCount } from "../../../../text.ts";
import { CopyButton } from "../copy-button.tsx";
import { figureText } from "../number-text.ts";
import { copiedRows, DownloadCsv } from "./table-export.tsx";
import { filterText, TableFilters } from "./table-filters.tsx";
import type { GridRows } from "./use-table-rows.ts";

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
export function TableToolbar(props: TableToolbarProps): JSX.Element {
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
