import type { RowsAnswer, RowsRequest } from "../../../kernel/evaluation.ts";
import type { RowsOrder, RowsSource } from "../output/rows-source.ts";
import { csvAddress, fetchRows, RequestFailure } from "../server/requests.ts";

/** The evaluations in which the cells of a page show their results. */
export interface RowsGround {
  /** its id, null where none is known; undefined once the cell shows another result */
  evaluationOf(cell: string, key: string): string | null | undefined;
  /** Has everything evaluated anew, since the server no longer holds that; ends when it is shown. */
  renew(cell: string, evaluation: string | null): Promise<void>;
}

/** So often in a row an evaluation may be dropped before its rows are read. */
const MOST_RENEWALS = 3;

/**
 * Where more rows of what a cell shows are read: of the evaluation that the page shows, and only as
 * long as the cell shows the same result in it. One that the server has dropped is evaluated anew.
 */
export function cellRows(cell: string, key: string, ground: RowsGround): RowsSource {
  const read: RowsSource["read"] = async (span, signal, onRenew) => {
    for (let renewals = 0; renewals <= MOST_RENEWALS; renewals++) {
      const evaluation = ground.evaluationOf(cell, key);
      if (evaluation === undefined) return undefined;
      const rows = await heldRows({ ...span, evaluation, cell }, signal);
      if (rows !== undefined) return rows;
      onRenew?.(true);
      await orAborted(ground.renew(cell, evaluation), signal).finally(() => onRenew?.(false));
    }
    throw new Error(DROPPED);
  };

  function csvUrl(order: RowsOrder): string | undefined {
    const evaluation = ground.evaluationOf(cell, key);
    return evaluation ? csvAddress("/page", { ...order, evaluation, cell }) : undefined;
  }

  return {
    key,
    read,
    csvUrl,
    async readyCsvUrl(order, signal) {
      const rows = await read({ ...order, offset: 0, limit: 1 }, signal);
      return rows && csvUrl(order);
    },
  };
}

const DROPPED =
  "Expected the server to hold these rows until they are read, got them dropped several times.";

/** The rows that are asked for; undefined when their evaluation is not held any more. */
async function heldRows(
  { evaluation, ...ask }: Omit<RowsRequest, "evaluation"> & { readonly evaluation: string | null },
  signal: AbortSignal,
): Promise<RowsAnswer | undefined> {
  try {
    return evaluation === null ? undefined : await fetchRows({ ...ask, evaluation }, signal);
  } catch (error) {
    if (error instanceof RequestFailure && error.isGone) return undefined;
    throw error;
  }
}

/** Gives up waiting when the signal does. */
async function orAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  await Promise.race([waiting, aborted]);
}
