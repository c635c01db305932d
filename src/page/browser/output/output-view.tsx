import type { JSX } from "preact";
import { useContext } from "preact/hooks";
import type { CellOutput } from "../../../run/cell-output.ts";
import type { PageState } from "../../page-state.ts";
import { CodePiece, useCode } from "./code-piece.ts";
import { JsonTree } from "./json-tree.tsx";
import { fetchCodeFor, MarkdownText } from "./markdown-text.tsx";
import { figureText } from "./number-text.ts";
import type { RowsSource } from "./rows-source.ts";
import { StillPage } from "./still-parts.ts";

/** An output, and the source of more of its rows. */
export interface OutputViewProps {
  readonly cell: { readonly name: string; readonly title: string | null };
  readonly output: CellOutput;
  /** of a table or a chart */
  readonly rows: RowsSource;
}

/** The output of a cell. The code of heavy kinds is fetched when the first of them is to be shown. */
export function OutputView({ cell, output, rows }: OutputViewProps): JSX.Element {
  switch (output.kind) {
    case "markdown":
      return <MarkdownText text={output.markdown} />;
    case "value":
      return <ValueText value={output.value} />;
    case "json":
      return <JsonTree name={cell.title ?? cell.name} json={output.json} />;
    case "frame":
      return <LazyTable cell={cell} output={output} rows={rows} />;
    case "chart":
      return <LazyChart cell={cell} output={output} rows={rows} />;
  }
}

type Of<Kind extends CellOutput["kind"]> = Omit<OutputViewProps, "output"> & {
  readonly output: Extract<CellOutput, { readonly kind: Kind }>;
};

const tablePiece = new CodePiece(() => import("./table/table-view.tsx"));
const chartPiece = new CodePiece(() => import("./chart/chart-view.tsx"));

/**
 * Fetches the code without which a page would not be shown as it is. A chart takes the place of
 * its own that is kept for it: what can be read is not to wait for that.
 */
export async function fetchCodeOf({
  description,
  cells,
}: Pick<PageState, "description" | "cells">): Promise<void> {
  const fetched = cells.map(({ output }) => {
    if (output?.kind === "frame") return tablePiece.fetch();
    return output?.kind === "markdown" ? fetchCodeFor(output.markdown) : undefined;
  });
  if (description !== null) fetched.push(fetchCodeFor(description));
  // fetched again, or told, when it is shown
  await Promise.allSettled(fetched);
}

/**
 * Fetches, once there is nothing else to do, the code for outputs that are not visible yet: a tab
 * then opens at once, and a page is printed with all it has.
 */
export function fetchLater(outputs: readonly CellOutput[]): void {
  const later = window.requestIdleCallback ?? ((call: () => void) => setTimeout(call, 1000));
  later(() => {
    const kinds = new Set(outputs.map(({ kind }) => kind));
    const texts = outputs.flatMap((output) => (output.kind === "markdown" ? output.markdown : []));
    const fetched = [
      kinds.has("frame") ? tablePiece.fetch() : undefined,
      kinds.has("chart") ? chartPiece.fetch() : undefined,
      ...texts.map(fetchCodeFor),
    ];
    // fetched again when it is to be shown
    void Promise.allSettled(fetched);
  });
}

function LazyTable(props: Of<"frame">): JSX.Element {
  const still = useContext(StillPage);
  return still === null ? <FetchedTable {...props} /> : <still.Table {...props} />;
}

function FetchedTable(props: Of<"frame">): JSX.Element {
  const { code, isFailed } = useCode(tablePiece);
  if (code !== null) return <code.TableView {...props} />;
  if (isFailed) return <NoCode of="table" />;
  // keeps the place of what comes, so that nothing below it jumps
  const high = Math.min(13, props.output.rows);
  return <div class="table-view table-waiting" data-rows={high} style={{ "--grid-rows": high }} />;
}

function LazyChart(props: Of<"chart">): JSX.Element {
  return useContext(StillPage) === null ? <FetchedChart {...props} /> : <WaitingChart />;
}

function WaitingChart(): JSX.Element {
  return <div class="chart-view chart-waiting" />;
}

function FetchedChart(props: Of<"chart">): JSX.Element {
  const { code, isFailed } = useCode(chartPiece);
  if (code !== null) return <code.ChartView {...props} />;
  return isFailed ? <NoCode of="chart" /> : <WaitingChart />;
}

function NoCode({ of }: { readonly of: "table" | "chart" }): JSX.Element {
  return (
    <p class="output-wrong" role="alert">
      {`The code that shows a ${of} could not be fetched. Reload the page to try again.`}
    </p>
  );
}

type SingleValue = string | number | boolean | null;

/** A single value as a figure to be read at a glance; its cell's title stands above it. */
function ValueText({ value }: { readonly value: SingleValue }): JSX.Element {
  if (value === null) {
    return (
      <p class="value value-missing" title="missing">
        –
      </p>
    );
  }
  const text = typeof value === "number" ? figureText(value) : String(value);
  // prose is no figure: long texts are set smaller
  if (text.length > 24) return <p class="value value-long">{text}</p>;
  // the wider a figure, the smaller it is set, so that it is not broken
  return (
    <p class="value" style={{ "--letters": text.length }}>
      {text}
    </p>
  );
}
