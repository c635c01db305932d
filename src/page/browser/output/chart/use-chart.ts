import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ChartSpec } from "../../../../cell/output.ts";
import type { CellOutput } from "../../../../run/cell-output.ts";
import { flatColumns, yearColumns } from "./axis-labels.ts";
import { ChartDrawing, type ChartPlan } from "./chart-drawing.ts";
import { type ChartRow, chartRows } from "./chart-rows.ts";
import { useChartTheme } from "./chart-theme.ts";
import { specWidth, toPageSpec } from "./page-spec.ts";
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

/** The drawing on the page, and the rows it is to show. */
interface DrawingState {
  rows: readonly ChartRow[];
  drawing: ChartDrawing | null;
  /** what the drawing can show other rows of */
  drawnKey: string | null;
  /** whether it takes another picture to show other rows */
  isBroken: boolean;
}

/** Above this many marks, a picture of dots is quicker than one of elements. */
const MOST_ELEMENTS = 2000;

/** Draws a chart, and draws it anew when something else than its rows is another. */
export function useChart(output: ChartOutput, label: string, isZooming: boolean): ShownChart {
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<ChartDrawing | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const theme = useChartTheme();
  const { rows, years, flat, key } = useChartRows(output);
  const state = useRef<DrawingState>({ rows, drawing: null, drawnKey: null, isBroken: false });
  const { current } = state;
  current.rows = rows;
  const renderer = rows.length < MOST_ELEMENTS ? "svg" : "canvas";
  const width = useSpecWidth(place, output.spec, () => void current.drawing?.fit());

  function onFault(sentence: string): void {
    current.isBroken = true;
    setFault(sentence);
  }

  function show(shown: ChartDrawing): void {
    shown.show(current.rows).catch((error) => {
      if (current.drawing === shown) onFault(sentenceOf(error));
    });
  }

  useEffect(() => {
    if (place.current === null || width === null) return undefined;
    const refusal = refusalOf(output.spec);
    if (refusal !== undefined) return onFault(refusal);
    const spec = toPageSpec(output.spec, { label, theme, isZooming, width, years, flat });
    const selections = selectionNames(output.spec);
    const columns = new Set(output.columns.map(({ name }) => name));
    return drawAside(
      place.current,
      { spec, rows, renderer, selections, columns },
      {
        onDrawn(next) {
          current.drawing?.close();
          Object.assign(current, { drawing: next, drawnKey: key, isBroken: false });
          setDrawing(next);
          setFault(null);
          if (current.rows !== rows) show(next);
          void next.fit();
        },
        onFault,
      },
    );
  }, [key, label, theme, isZooming, renderer, width, attempt]);

  useLayoutEffect(() => {
    if (current.isBroken) setAttempt((last) => last + 1);
    else if (current.drawing !== null && current.drawnKey === key) show(current.drawing);
  }, [rows]);
  useEffect(() => () => current.drawing?.close(), []);
  return { place, drawing, fault };
}

/** The rows of a chart, and a text that is another one when they take another specification. */
function useChartRows({ spec, columns, head }: ChartOutput) {
  const specText = JSON.stringify(spec);
  const schemaText = JSON.stringify(columns);
  return useMemo(() => {
    const rows = chartRows(head, columns, temporalFields(spec));
    const years = yearColumns(columns, rows, spec);
    const flat = flatColumns(spec, rows);
    const names = columns.map(({ name }) => name);
    return { rows, years, flat, key: JSON.stringify([specText, names, [...years], [...flat]]) };
  }, [head, specText, schemaText]);
}

interface DrawEvents {
  onDrawn(drawing: ChartDrawing): void;
  onFault(sentence: string): void;
}

/** Draws out of sight; what is seen stays until the new picture stands. Gives what calls it off. */
function drawAside(place: HTMLElement, plan: ChartPlan, events: DrawEvents): () => void {
  let isWanted = true;
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

/** Why a chart cannot be drawn, for its author. */
function sentenceOf(error: unknown): string {
  // a slip inside Vega: what it stumbled over was not what Vega-Lite specifies
  if (error instanceof TypeError || error instanceof RangeError) {
    return `This chart cannot be drawn: its specification is not valid Vega-Lite (${error.message}).`;
  }
  const words = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
  return `This chart cannot be drawn: ${words}.`;
}

/**
 * The width that a chart's specification is made for, also when its place becomes wider or narrower;
 * null until the place is there. `onWidth` hears of each change of the place.
 */
function useSpecWidth(
  place: RefObject<HTMLElement | null>,
  spec: ChartSpec,
  onWidth: () => void,
): number | null {
  const [width, setWidth] = useState<number | null>(null);
  const latest = useRef({ spec, onWidth });
  latest.current = { spec, onWidth };
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const look = () => {
      // what is hidden stays as it was
      setWidth((last) => {
        if (element.clientWidth === 0 && last !== null) return last;
        return specWidth(latest.current.spec, element.clientWidth);
      });
      latest.current.onWidth();
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}
