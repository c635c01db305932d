import type { CsvRequest, RowsAnswer, RowsRequest } from "../../../kernel/evaluation.ts";
import { askJson } from "../ask/ask-page.ts";
import type { RowsSource } from "../output/rows-source.ts";

/** Runs what is not known any more, or these cells whatever is known of them. */
export function askRun(fresh: "none" | "all" | readonly string[]): Promise<void> {
  const body = fresh === "none" ? {} : { cells: fresh, fresh: true };
  return askJson("/notebook/run", { method: "POST", body });
}

export function askCancel(): Promise<void> {
  return askJson("/notebook/cancel", { method: "POST", body: {} });
}

export function askPublish(): Promise<void> {
  return askJson("/notebook/publish", { method: "POST", body: {} });
}

export function askInputs(values: Readonly<Record<string, unknown>>): Promise<void> {
  return askJson("/notebook/inputs", { method: "POST", body: values });
}

/** Where the rows of what a cell shows are read: of that result, and of no newer one. */
export function notebookRows(cell: string, key: string): RowsSource {
  return {
    key,
    read(span, signal) {
      const body = { ...span, evaluation: key, cell } satisfies RowsRequest;
      return askJson<RowsAnswer>("/notebook/rows", { method: "POST", body, signal });
    },
    csvUrl(order) {
      const ask = { ...order, evaluation: key, cell } satisfies CsvRequest;
      return `/notebook/csv?ask=${encodeURIComponent(JSON.stringify(ask))}`;
    },
  };
}
