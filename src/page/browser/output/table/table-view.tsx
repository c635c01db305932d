import type { Selection } from "hightable";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { FrameOutput } from "../../../../run/cell-output.ts";
import { formatCount } from "../../../../text.ts";
import type { RowsSource } from "../rows-source.ts";
import { Grid } from "./grid.tsx";
import { chosenText } from "./table-export.tsx";
import { TableToolbar } from "./table-toolbar.tsx";
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
