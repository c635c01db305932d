import type { JSX } from "preact";
import type { OutputViewProps } from "../output-view.tsx";

export function ChartView(_: OutputViewProps): JSX.Element {
  return <div class="chart-view" />;
}
