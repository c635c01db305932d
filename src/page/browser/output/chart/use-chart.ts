import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CellOutput } from "../../../../run/cell-output.ts";
import { ChartDrawing, type ChartPlan } from "./chart-drawing.ts";
import { type ChartRow, chartRows } from "./chart-rows.ts";
import { useChartTheme } from "./chart-theme.ts";
import { toPageSpec } from "./page-spec.ts";
import { refusalOf, selectionNames, temporalFields } from "./spec-parts.ts";

type ChartOutput = Extract<CellOutput, { readonly kind: "chart" }>;

/** A chart as it stands on the page. */
export interface ShownChart {
  /** where it is drawn */
  readonly place: RefObject<HTMLDivElement | null>;
  readonly drawing: ChartDrawing | null;
  /** one sentence; the last picture that could be drawn stays */
  readonly fault: string | null;
}

/** Above this many marks, a picture of dots is quicker than one of elements. */
const MOST_ELEMENTS = 2000;

/** Draws a chart, and draws it anew when something else than its rows is another. */
export function useChart(output: ChartOutput, label: string, isZooming: boolean): ShownChart {
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<ChartDrawing | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const theme = useChartTheme();
  const key = JSON.stringify([output.spec, output.columns]);
  const rows = useMemo(
    () => chartRows(output.head, output.columns, temporalFields(output.spec)),
    [output.head, key],
  );
  const latest = useRef<{ rows: readonly ChartRow[]; drawing: ChartDrawing | null }>({
    rows,
    drawing: null,
  });
  latest.current.rows = rows;
  const renderer = rows.length < MOST_ELEMENTS ? "svg" : "canvas";

  useEffect(() => {
    if (place.current === null) return undefined;
    const width = place.current.clientWidth;
    const spec = toPageSpec(output.spec, { label, theme, isZooming, width });
    const selections = selectionNames(output.spec);
    const columns = new Set(output.columns.map(({ name }) => name));
    const refusal = refusalOf(output.spec);
    return drawAside(place.current, { spec, rows, renderer, selections, columns }, refusal, {
      onDrawn(next) {
        latest.current.drawing?.close();
        latest.current.drawing = next;
        setDrawing(next);
        setFault(null);
        if (latest.current.rows !== rows) void next.show(latest.current.rows);
      },
      onFault: setFault,
    });
  }, [key, label, theme, isZooming, renderer]);

  useLayoutEffect(() => {
    const shown = latest.current.drawing;
    if (shown !== null) shown.show(rows).catch((error) => setFault(sentenceOf(error)));
  }, [rows]);
  useWidth(place, drawing);
  useEffect(() => () => latest.current.drawing?.close(), []);
  return { place, drawing, fault };
}

interface DrawEvents {
  onDrawn(drawing: ChartDrawing): void;
  onFault(sentence: string): void;
}

/** Draws out of sight; what is seen stays until the new picture stands. Gives what calls it off. */
function drawAside(
  place: HTMLElement,
  plan: ChartPlan,
  refusal: string | undefined,
  events: DrawEvents,
): () => void {
  let isWanted = true;
  if (refusal !== undefined) {
    events.onFault(refusal);
    return () => undefined;
  }
  const element = document.createElement("div");
  element.className = "chart-drawing chart-aside";
  place.append(element);
  ChartDrawing.draw(element, plan).then(
    (drawing) => {
      if (!isWanted) return drawing.close();
      element.classList.remove("chart-aside");
      events.onDrawn(drawing);
    },
    (error) => {
      element.remove();
      if (isWanted) events.onFault(sentenceOf(error));
    },
  );
  return () => {
    isWanted = false;
  };
}

function sentenceOf(error: unknown): string {
  // a slip inside Vega: what it stumbled over was not what Vega-Lite specifies
  if (error instanceof TypeError || error instanceof RangeError) {
    return `This chart cannot be drawn: its specification is not valid Vega-Lite (${error.message}).`;
  }
  const words = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
  return `This chart cannot be drawn: ${words}.`;
}

/** Keeps a chart as wide as its place. */
function useWidth(place: RefObject<HTMLDivElement | null>, drawing: ChartDrawing | null): void {
  useEffect(() => {
    if (place.current === null || drawing === null) return undefined;
    const observer = new ResizeObserver(() => void drawing.fit());
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [drawing]);
}
