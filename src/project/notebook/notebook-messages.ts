import type { RowFilter, RowSort } from "../../frame/table-rows.ts";
import type { CellResult, RunError, RunStatus } from "../../run/run-event.ts";
import type { DescribedCell } from "../project-description.ts";
import type { NotebookError, NotebookRunAsk } from "./notebook-state.ts";

/** What a notebook's process is started for: it lives as long as the notebook. */
export interface NotebookTask {
  readonly kind: "notebook";
  readonly directory: string;
}

/** The note by which the parent orders, and the call by which the process reports. */
export const NOTEBOOK_NOTE = "notebook-ordered";
export const NOTEBOOK_CALL = "notebook-reported";

/** What the process is told to do. A run or a publication ends the one that goes. */
export type NotebookOrder = RunOrder | PublishOrder | { readonly type: "cancel" } | RowsAsked;

export interface RunOrder {
  readonly type: "run";
  readonly run: number;
  /** values set in the notebook, by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly fresh: NotebookRunAsk["fresh"];
}

export interface PublishOrder {
  readonly type: "publish";
  readonly run: number;
  readonly runId: string;
}

/** Which rows of what a cell shows. */
export interface RowsOrder {
  readonly cell: string;
  readonly offset: number;
  readonly limit: number;
  readonly sort?: RowSort | undefined;
  readonly filters?: readonly RowFilter[] | undefined;
}

/** Asks for rows as JSON, or as lines of CSV. */
export interface RowsAsked extends RowsOrder {
  readonly type: "rows" | "csv";
  readonly id: number;
}

/** Where a cell's result came from. */
export type ResultSource = "code" | "memory" | "store";

/** What the process tells; lines, progress and beginnings of cells come as a run's events. */
export type NotebookReport =
  /** it takes orders from now on */
  | { readonly type: "opened" }
  /** what went before has let go */
  | { readonly type: "run-begun"; readonly run: number }
  /** the project's files were read */
  | {
      readonly type: "project-read";
      readonly title: string;
      readonly cells: readonly DescribedCell[];
      /** what has to be watched besides the cells and the config; some may have to stay absent */
      readonly files: readonly string[];
    }
  | { readonly type: "project-unread"; readonly error: NotebookError }
  /** what Node has loaded here has changed: the run has to go in another process */
  | { readonly type: "process-outdated"; readonly run: number }
  | {
      readonly type: "cell-ended";
      /** without an output when it shows what it showed before */
      readonly cell: Omit<CellResult, "error">;
      readonly error: NotebookError | null;
      readonly source: ResultSource;
    }
  | {
      readonly type: "run-ended";
      readonly run: number;
      readonly status: RunStatus;
      readonly error: NotebookError | null;
    }
  | { readonly type: "asked-answered"; readonly id: number; readonly answer: unknown }
  | { readonly type: "asked-refused"; readonly id: number; readonly error: RunError };
