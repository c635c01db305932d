import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { CellOutput } from "../../../../run/cell-output.ts";
import { formatCount } from "../../../../text.ts";
import { CodePiece, useCode } from "../code-piece.ts";
import type { OutputViewProps } from "../output-view.tsx";
import { chartLabel } from "./chart-label.ts";
import { ChartToolbar } from "./chart-toolbar.tsx";
import { fitsPlace } from "./page-spec.ts";
import { useChart } from "./use-chart.ts";

type ChartOutput = Extract<CellOutput, { readonly kind: "chart" }>;

type ChartViewProps = Omit<OutputViewProps, "output"> & { readonly output: ChartOutput };

const DEFAULT_HEIGHT = 300;
/** axes and their titles */
const AROUND_HEIGHT = 48;

/** A chart: its picture, what can be done with it, and its rows as a table for those who want them. */
export function ChartView({ cell, output, rows }: ChartViewProps): JSX.Element {
  const name = cell.title ?? cell.name;
  const [isZooming, setZooming] = useState(false);
  const [isTableShown, setTableShown] = useState(false);
  const { place, drawing, fault } = useChart(output, chartLabel(name, output.spec), isZooming);
  const { spec, head } = output;
  const height = typeof spec["height"] === "number" ? spec["height"] : DEFAULT_HEIGHT;
  const reserved = drawing === null && fault === null ? height + AROUND_HEIGHT : 0;
  return (
    <div class="chart-view">
      <ChartToolbar
        name={name}
        spec={spec}
        drawing={drawing}
        isZooming={isZooming}
        onZooming={setZooming}
        isTableShown={isTableShown}
        onTableShown={setTableShown}
      />
      {fault !== null && (
        <p class="output-wrong" role="alert">
          {fault}
        </p>
      )}
      <div
        class={fault !== null && drawing === null ? "chart-place chart-empty" : "chart-place"}
        ref={place}
        style={{ minHeight: `${reserved}px` }}
        // what may be wider than its place is scrolled by keyboard as well
        {...(fitsPlace(spec) ? {} : { tabIndex: 0 })}
      />
      {output.rows === 0 && <p class="output-note">There are no rows to draw.</p>}
      {head.length < output.rows && (
        <p class="output-note">
          {`Drawn from the first ${formatCount(head.length, "row")} of ${formatCount(output.rows, "row")}.`}
        </p>
      )}
      {isTableShown && <ChartTable cell={cell} output={output} rows={rows} />}
    </div>
  );
}

const tablePiece = new CodePiece(() => import("../table/table-view.tsx"));

function ChartTable({ cell, output, rows }: ChartViewProps): JSX.Element {
  const { code } = useCode(tablePiece);
  if (code === null) {
    return <div class="table-view table-waiting" data-rows={Math.min(13, output.rows)} />;
  }
  return <code.TableView cell={cell} output={output} rows={rows} />;
}
