import { render } from "preact";
import { useState } from "preact/hooks";
import type { JsonRow } from "../../../src/frame/json.ts";
import type { Schema } from "../../../src/frame/schema.ts";
import "../../../src/page/browser/design/design.css";
import type { RowsAnswer } from "../../../src/kernel/evaluation.ts";
import { OutputView } from "../../../src/page/browser/output/output-view.tsx";
import type { RowsSource, RowsSpan } from "../../../src/page/browser/output/rows-source.ts";

/** What the tests do to this page, and read from it. */
export interface OutputsHooks {
  /** as a new answer would, of so many rows */
  show(round: number, rows?: number): void;
  readonly asked: RowsSpan[];
}

const ROWS = 1_000_000;
const COLUMNS: Schema = [
  { name: "id", type: "integer" },
  { name: "text", type: "string" },
  { name: "amount", type: "number" },
  { name: "found", type: "instant" },
];
const HOSTILE = [
  "<script>window.wasRun = 1</script>",
  '<img src="x" onerror="window.wasRun = 1">',
  "<svg onload=window.wasRun=1></svg>",
  "</script><!-- a\u2028b",
  ["$", "{window.wasRun = 1} {{7*7}}"].join(""),
];

function rowOf(id: number, round: number): JsonRow {
  const amount = id % 10 === 0 ? null : ((id * 7) % 1000) / 4 + round;
  const found = new Date(Date.UTC(2020, 0, 1) + id * 60_000).toISOString();
  return { id, text: HOSTILE[id % HOSTILE.length] ?? "", amount, found };
}

function rowsOf(offset: number, limit: number, round: number, rows = ROWS): JsonRow[] {
  const count = Math.max(0, Math.min(limit, rows - offset));
  return Array.from({ length: count }, (_, index) => rowOf(offset + index, round));
}

function sourceOf(round: number): RowsSource {
  return {
    key: `round ${round}`,
    csvUrl: () => "/rows.csv",
    async read(span): Promise<RowsAnswer> {
      hooks.asked.push(span);
      const { offset, limit, sort } = span;
      if (!sort?.descending) return { rows: ROWS, offset, head: rowsOf(offset, limit, round) };
      const head = rowsOf(ROWS - offset - limit, limit, round).reverse();
      return { rows: ROWS, offset, head };
    },
  };
}

const brush = {
  mark: "point",
  height: 120,
  params: [{ name: "chosen", select: { type: "interval", encodings: ["x"] } }],
  encoding: {
    x: { field: "id", type: "quantitative" },
    y: { field: "amount", type: "quantitative" },
    stroke: { condition: { param: "chosen", value: "#123456" }, value: "#abcdef" },
  },
};
const labelled = {
  title: HOSTILE[1],
  mark: "bar",
  encoding: {
    x: { field: "id", type: "quantitative" },
    y: { field: "text", type: "nominal", title: HOSTILE[0] },
  },
};
const elsewhere = { layer: [{ data: { url: "https://example.com/x.csv" }, mark: "point" }] };

const MARKDOWN = `# Prose\n\n$a^2$ costs $5 or $6\n\n${HOSTILE.join("\n\n")}\n
<a href="javascript:window.wasRun=1" style="color: red">a link</a>
<form><input name="q"></form><iframe src="https://example.com"></iframe>
<p id="app" class="topbar">a paragraph</p>

![a picture](https://example.com/x.png)`;

/** names of the outputs that the address asks for; null for all */
const only = new URLSearchParams(location.search).get("only")?.split(",") ?? null;

function Page() {
  const [[round, count], setShown] = useState([0, ROWS]);
  hooks.show = (round, rows = ROWS) => setShown([round, rows]);
  const rows = sourceOf(round);
  const head = rowsOf(0, 20, round, count);
  // a list of its own, as each answer has it
  const frame = { columns: [...COLUMNS], rows: count, head };
  const chart = {
    kind: "chart",
    columns: COLUMNS,
    rows: 200,
    head: rowsOf(0, 200, round),
  } as const;
  const outputs = {
    prose: { kind: "markdown", markdown: MARKDOWN },
    table: { kind: "frame", ...frame },
    value: { kind: "value", value: HOSTILE[1] ?? "" },
    json: { kind: "json", json: { list: HOSTILE, deep: { number: 1 } } },
    left: { ...chart, spec: brush },
    right: { ...chart, spec: brush },
    labelled: { ...chart, rows: 900, spec: labelled },
    elsewhere: { ...chart, spec: elsewhere },
  } as const;
  return (
    <main>
      <h1>Outputs</h1>
      {Object.entries(outputs).map(
        ([name, output]) =>
          (only === null || only.includes(name)) && (
            <section key={name} aria-label={name}>
              <OutputView cell={{ name, title: null }} output={output} rows={rows} />
            </section>
          ),
      )}
    </main>
  );
}

const hooks: OutputsHooks = { show() {}, asked: [] };
Object.assign(window, { hooks });
render(<Page />, document.body);
