import type { Selection } from "hightable";
import type { JSX } from "preact";
import type { JsonRow } from "../../../frame/json.ts";
import { formatCount } from "../../../text.ts";
import type { StillTableProps } from "../output/still-parts.ts";
import { cellContent, classOf, useFigureWidths } from "../output/table/grid-cells.tsx";
import { TableToolbar } from "../output/table/table-toolbar.tsx";
import { useTableRows } from "../output/table/use-table-rows.ts";

/** Parts of the grid as its own style sheet, and ours, know them: each of its versions has other names. */
const GRID = { class: "_hightable_yr0cj_1 _styled_yr0cj_237 grid" };
const EDGE = { class: "_top-border_yr0cj_332", role: "presentation" } as const;
const SCROLL = { class: "_table-scroll_yr0cj_19", role: "group" } as const;
const ROW_NUMBERS = { class: "_mock-row-label_yr0cj_223" };
const COLUMN = { role: "columnheader", "aria-sort": "none", "data-can-sort": "true" } as const;
const ROW_NUMBER = { role: "rowheader" } as const;

const NO_ROWS: Selection = { ranges: [] };
/** In pixels, as the grid has them. */
const ROW_PX = 33;
const HEAD_PX = 32;
const MOST_PX = 8_000_000;
/** A table is 13 rows high, and the grid has four more below. */
const MOST_ROWS = 17;

/** The first rows of a table, as the grid draws them once it knows the sizes of things. */
export function StillTable({ cell, output, rows }: StillTableProps): JSX.Element {
  const name = cell.title ?? cell.name;
  const high = Math.min(13, output.rows);
  const table = useTableRows(output, rows);
  const nothing = () => undefined;
  return (
    <div class="table-view" data-rows={high} style={{ "--grid-rows": high }}>
      <TableToolbar
        name={name}
        columns={output.columns}
        allRows={output.rows}
        table={table}
        selection={NO_ROWS}
        filterColumn={null}
        onFilterColumn={nothing}
        onFilters={nothing}
      />
      <div class="grid-frame">
        <StillGrid name={`${name}, ${formatCount(output.rows, "row")}`} output={output} />
      </div>
    </div>
  );
}

type StillGridProps = Pick<StillTableProps, "output"> & { readonly name: string };

function StillGrid({ name, output }: StillGridProps): JSX.Element {
  const { rows, columns, head } = output;
  const widths = useFigureWidths(columns, head);
  const characters = Math.max(3, rows.toLocaleString("en-US").length);
  const heightPx = Math.min(MOST_PX, rows * ROW_PX + HEAD_PX);
  return (
    <div
      {...GRID}
      style={{ "--column-header-height": `${HEAD_PX}px`, "--row-number-characters": characters }}
    >
      <div {...EDGE} />
      <div {...SCROLL}>
        <div style={{ height: `${heightPx}px` }}>
          <div style={{ top: "0px" }}>
            <table aria-label={name}>
              <thead>
                <tr>
                  <td />
                  {columns.map(({ name: column, type }, index) => (
                    <th
                      key={column}
                      {...COLUMN}
                      class={classOf(type)}
                      {...leastWidth(widths[index])}
                    >
                      {column}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {head.slice(0, MOST_ROWS).map((row, index) => (
                  <StillRow key={index} row={row} index={index} columns={columns} />
                ))}
              </tbody>
            </table>
          </div>
        </div>
      </div>
      <div {...ROW_NUMBERS}>&nbsp;</div>
    </div>
  );
}

function leastWidth(widthPx: number | undefined) {
  return widthPx === undefined ? {} : { style: { "min-width": `${widthPx}px` } };
}

type StillRowProps = Pick<StillTableProps["output"], "columns"> & {
  readonly row: JsonRow;
  readonly index: number;
};

function StillRow({ row, index, columns }: StillRowProps): JSX.Element {
  return (
    <tr aria-rowindex={index + 2}>
      <th {...ROW_NUMBER}>
        <span>{(index + 1).toLocaleString("en-US")}</span>
      </th>
      {columns.map(({ name, type }) => (
        <td key={name} class={classOf(type)}>
          {/* in whose time zone an instant is to be told, the viewer's browser knows */}
          {type === "instant" && row[name] !== null ? (
            <span class="unseen">{cellContent(row[name] ?? null, type)}</span>
          ) : (
            cellContent(row[name] ?? null, type)
          )}
        </td>
      ))}
    </tr>
  );
}
