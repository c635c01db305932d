import { ChartDrawing, type ChartPlan } from "./chart-drawing.ts";

interface DrawEvents {
  onDrawn(drawing: ChartDrawing): void;
  onFault(sentence: string): void;
}

/** Draws out of sight; what is seen stays until the new picture stands. Gives what calls it off. */
export function drawAside(place: HTMLElement, plan: ChartPlan, events: DrawEvents): () => void {
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
export function sentenceOf(error: unknown): string {
  // a slip inside Vega: what it stumbled over was not what Vega-Lite specifies
  if (error instanceof TypeError || error instanceof RangeError) {
    return `This chart cannot be drawn: its specification is not valid Vega-Lite (${error.message}).`;
  }
  const words = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
  return `This chart cannot be drawn: ${words}.`;
}
