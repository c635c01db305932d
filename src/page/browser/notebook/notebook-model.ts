import type {
  NotebookCellOutput,
  NotebookCellProgress,
  NotebookEvent,
  NotebookHead,
  NotebookLine,
} from "../../../kernel/notebook-state.ts";
import type { DescribedCell } from "../../../project/project-description.ts";

/** The state of an open notebook; replaced when it changes, never changed in place. */
export interface NotebookModel {
  /** null until the server has sent it */
  readonly head: NotebookHead | null;
  readonly cells: ReadonlyMap<string, DescribedCell>;
  readonly progress: ReadonlyMap<string, NotebookCellProgress>;
  readonly shown: ReadonlyMap<string, NotebookCellOutput>;
  /** what each cell logged; under null what the run itself did */
  readonly lines: ReadonlyMap<string | null, readonly NotebookLine[]>;
}

export const EMPTY_MODEL: NotebookModel = {
  head: null,
  cells: new Map(),
  progress: new Map(),
  shown: new Map(),
  lines: new Map(),
};

/** So many lines are kept of each cell. */
const MOST_LINES = 500;

export function applyEvent(model: NotebookModel, event: NotebookEvent): NotebookModel {
  switch (event.type) {
    case "head-changed":
      return { ...model, head: event.head };
    case "cell-described":
      return { ...model, cells: withEntry(model.cells, event.cell.name, event.cell) };
    case "cell-moved": {
      const { standing } = event;
      return { ...model, progress: withEntry(model.progress, standing.name, standing) };
    }
    case "cell-shown":
      return { ...model, shown: withEntry(model.shown, event.shown.name, event.shown) };
    case "line-logged": {
      const { line } = event;
      const before = model.lines.get(line.cell) ?? [];
      // A cell's lines are those of the run in which it went last.
      const kept = line.cell === null ? before : before.filter(({ run }) => run === line.run);
      const lines = [...kept.slice(1 - MOST_LINES), line];
      return { ...model, lines: withEntry(model.lines, line.cell, lines) };
    }
  }
}

function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value) {
  return new Map(map).set(key, value);
}

/** The cells in file order, each with what is known of it. */
export function cellsOf({
  head,
  cells,
  progress: allProgress,
  shown,
  lines,
}: NotebookModel): NotebookCell[] {
  return (head?.order ?? []).flatMap((name) => {
    const cell = cells.get(name);
    const progress = allProgress.get(name);
    const each = shown.get(name);
    if (cell === undefined || progress === undefined || each === undefined) return [];
    const problem = head?.problem?.place?.file === cell.file ? head.problem : null;
    return { cell, progress, shown: each, problem, lines: lines.get(name) ?? NO_LINES };
  });
}

const NO_LINES: readonly NotebookLine[] = [];

/** One cell of a notebook. */
export interface NotebookCell {
  readonly cell: DescribedCell;
  readonly progress: NotebookCellProgress;
  readonly shown: NotebookCellOutput;
  /** why its file cannot be read as it is now */
  readonly problem: NotebookHead["problem"];
  readonly lines: readonly NotebookLine[];
}

/** The result of the last run, for screen readers. */
export function runNews(
  { run, publication }: NotebookHead,
  cells: readonly NotebookCell[],
): string {
  if (run === null || run.status === "running") return "";
  if (run.cause === "publish" && publication !== null) {
    return publication.version === null
      ? "The publication failed"
      : `Version ${publication.version} is published`;
  }
  const failed = cells.filter(({ progress }) => progress.state === "failed");
  const ran = cells.filter(
    ({ progress }) => progress.run === run.number && progress.state === "computed",
  );
  const names = (list: readonly NotebookCell[]) => list.map(({ cell }) => cell.name).join(", ");
  if (failed.length > 0) return `Run ${run.number} failed in ${names(failed)}`;
  return ran.length === 0
    ? `Run ${run.number} ${run.status}`
    : `Run ${run.number} ${run.status}: ${names(ran)} computed`;
}
