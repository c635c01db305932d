import type { InputValue } from "../../../src/cell/input-value.ts";
import type { InputWidget } from "../../../src/cell/input-widget.ts";
import type { Evaluation } from "../../../src/kernel/evaluation.ts";
import type { PageCell, PageState } from "../../../src/page/page-state.ts";
import type { CellOutput } from "../../../src/run/cell-output.ts";

export function inputOutput(widget: InputWidget, value: InputValue = widget.default): CellOutput {
  const shown = typeof value === "object" && value !== null ? JSON.stringify(value) : value;
  return { kind: "value", value: shown, input: widget };
}

export function inputCell(
  name: string,
  widget: InputWidget,
  cell: Partial<PageCell> = {},
): PageCell {
  return { ...outputCell(name), kind: "input", output: inputOutput(widget), ...cell };
}

export function outputCell(name: string, cell: Partial<PageCell> = {}): PageCell {
  const output: CellOutput = { kind: "value", value: `published ${name}` };
  return {
    name,
    title: null,
    kind: "cell",
    below: [],
    output,
    result: `published ${name}`,
    error: null,
    isOutdated: false,
    ...cell,
  };
}

export function pageState(cells: readonly PageCell[], state: Partial<PageState> = {}): PageState {
  return {
    title: "Page",
    description: null,
    version: 1,
    commit: "commit",
    evaluation: "1.commit",
    inputs: {},
    publishedAt: "2026-11-21T09:12:00.000Z",
    data: null,
    layout: { tabs: [{ title: null, rows: cells.map(({ name }) => [name]) }] },
    cells,
    run: null,
    failure: null,
    viewer: {
      mayRefresh: true,
      maySeeRuns: true,
      mayRollBack: false,
      maySignIn: false,
      isSignedIn: false,
    },
    build: { code: "code", app: "app" },
    ...state,
  };
}

/** What cells show, as the answer to a request; what they show names their results. */
export function answer(
  outputs: Readonly<Record<string, CellOutput | string>>,
  more: Partial<Evaluation> = {},
): Evaluation {
  const cells = Object.entries(outputs).map(([name, output]) => ({
    name,
    status: "computed" as const,
    elapsedMs: 1,
    result: typeof output === "string" ? output : JSON.stringify(output),
    output: typeof output === "string" ? ({ kind: "value", value: output } as const) : output,
  }));
  const place = { evaluation: "answered", version: 1, commit: "commit", inputs: {} };
  return { ...place, cells, invalid: [], ...more };
}

export const slider: InputWidget = { widget: "slider", min: 0, max: 10, step: 1, default: 0 };
export const method: InputWidget = {
  widget: "dropdown",
  options: ["All", "Transit", "Imaging"],
  default: "All",
};
