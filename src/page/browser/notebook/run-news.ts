import type { NotebookHead } from "../../../kernel/notebook-state.ts";
import type { NotebookCell } from "./notebook-model.ts";

/** What the last run came to, for those who listen. */
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
  const failed = cells.filter(({ standing }) => standing.state === "failed");
  const ran = cells.filter(
    ({ standing }) => standing.run === run.number && standing.state === "computed",
  );
  const names = (list: readonly NotebookCell[]) => list.map(({ cell }) => cell.name).join(", ");
  if (failed.length > 0) return `Run ${run.number} failed in ${names(failed)}`;
  return ran.length === 0
    ? `Run ${run.number} ${run.status}`
    : `Run ${run.number} ${run.status}: ${names(ran)} computed`;
}
