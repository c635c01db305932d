import type { Parent } from "../../run/process/serve-task.ts";
import {
  NOTEBOOK_CALL,
  NOTEBOOK_NOTE,
  type NotebookOrder,
  type NotebookReport,
  type NotebookTask,
} from "./notebook-messages.ts";
import { NotebookRuns } from "./notebook-runs.ts";
import { ShownRows } from "./shown-rows.ts";

/** Serves a notebook in its own process: carries out one order after the other, until it is killed. */
export async function serveNotebook(
  { directory }: NotebookTask,
  parent: Parent,
  runtimeUrl: string,
): Promise<never> {
  const report = (told: NotebookReport) => {
    // Whoever does not hear it any more has ended this process.
    parent.call(NOTEBOOK_CALL, told).catch(() => undefined);
  };
  const rows = new ShownRows();
  const runs = new NotebookRuns({ directory, runtimeUrl, parent, rows, report });
  parent.onNote(NOTEBOOK_NOTE, (payload) => {
    const order = payload as NotebookOrder;
    switch (order.type) {
      case "run":
      case "publish":
        runs.begin(order);
        break;
      case "cancel":
        runs.cancel();
        break;
      case "rows":
      case "csv":
        report(rows.answer(order));
        break;
    }
  });
  report({ type: "opened" });
  return new Promise<never>(() => undefined);
}
