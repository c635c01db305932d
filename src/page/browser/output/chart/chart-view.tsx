import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ChartSpec } from "../../../../cell/output.ts";
import type { CellOutput } from "../../../../run/cell-output.ts";
import { formatCount } from "../../../../text.ts";
import { CodePiece, useCode } from "../code-piece.ts";
import type { RowsSource } from "../rows-source.ts";
import { saveFile } from "../save-file.ts";
import type { ChartDrawing } from "./chart-drawing.ts";
import { fitsPlace } from "./page-spec.ts";
import { chartLabel, isZoomable } from "./spec-parts.ts";
import { useChart } from "./use-chart.ts";

type ChartOutput = Extract<CellOutput, { readonly kind: "chart" }>;

interface ChartViewProps {
  readonly cell: { readonly name: string; readonly title: string | null };
  readonly output: ChartOutput;
  readonly rows: RowsSource;
}

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
  const high = Math.min(13, output.rows);
  if (code === null) {
    return (
      <div class="table-view table-waiting" data-rows={high} style={{ "--grid-rows": high }} />
    );
  }
  return <code.TableView cell={cell} output={output} rows={rows} />;
}

interface ChartToolbarProps {
  readonly name: string;
  readonly spec: ChartSpec;
  /** null until there is a picture */
  readonly drawing: ChartDrawing | null;
  readonly isZooming: boolean;
  readonly onZooming: (isZooming: boolean) => void;
  readonly isTableShown: boolean;
  readonly onTableShown: (isShown: boolean) => void;
}

/** The tools of a chart. */
function ChartToolbar(props: ChartToolbarProps): JSX.Element {
  const { name, drawing, isZooming, isTableShown } = props;
  async function save(type: "png" | "svg"): Promise<void> {
    if (drawing !== null) saveFile(`${name}.${type}`, await drawing.image(type));
  }
  return (
    <div class="toolbar">
      <span class="toolbar-space" />
      {isZoomable(props.spec) && (
        <button
          type="button"
          class="tool"
          aria-pressed={isZooming}
          title="Scroll to zoom, drag to move, double-click to see all"
          onClick={() => props.onZooming(!isZooming)}
        >
          Zoom
        </button>
      )}
      <button
        type="button"
        class="tool"
        aria-label={`Show the data of ${name} as a table`}
        aria-pressed={isTableShown}
        onClick={() => props.onTableShown(!isTableShown)}
      >
        Data
      </button>
      {(["png", "svg"] as const).map((type) => (
        <button
          key={type}
          type="button"
          class="tool"
          aria-label={`Download ${name} as ${type.toUpperCase()}`}
          onClick={() => void save(type)}
        >
          {type.toUpperCase()}
        </button>
      ))}
    </div>
  );
}
