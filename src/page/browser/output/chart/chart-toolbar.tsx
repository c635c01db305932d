import type { JSX } from "preact";
import type { ChartSpec } from "../../../../cell/output.ts";
import { saveFile } from "../save-file.ts";
import type { ChartDrawing } from "./chart-drawing.ts";
import { isZoomable } from "./spec-parts.ts";

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

/** What can be done with a chart. */
export function ChartToolbar(props: ChartToolbarProps): JSX.Element {
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
