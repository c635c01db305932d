import type { JSX } from "preact";
import type { CellOutput } from "../../../run/cell-output.ts";
import { MarkdownText } from "./markdown-text.tsx";
import type { RowsSource } from "./rows-source.ts";

/** What is shown, and where more of its rows are read. */
export interface OutputViewProps {
  readonly cell: { readonly name: string; readonly title: string | null };
  readonly output: CellOutput;
  /** of a table or a chart */
  readonly rows: RowsSource;
}

/** What a cell shows. The code of heavy kinds is fetched when the first of them is to be shown. */
export function OutputView({ output }: OutputViewProps): JSX.Element {
  switch (output.kind) {
    case "markdown":
      return <MarkdownText text={output.markdown} />;
    case "value":
      return <output>{String(output.value ?? "–")}</output>;
    case "json":
      return <pre>{JSON.stringify(output.json, null, 2)}</pre>;
    case "frame":
    case "chart":
      return <pre>{JSON.stringify(output.head, null, 2)}</pre>;
  }
}
