import type { JsonRow } from "../../../frame/json.ts";
import type { Schema } from "../../../frame/schema.ts";
import type { RowFilter, RowSort } from "../../../frame/table-rows.ts";
import type { RowsAnswer } from "../../../kernel/evaluation.ts";
import { passingRows } from "./table/row-rules.ts";

/** Which rows of a table, in which order. */
export interface RowsSpan extends RowsOrder {
  readonly offset: number;
  readonly limit: number;
}

/** All rows that pass, in an order. */
export interface RowsOrder {
  readonly sort?: RowSort | undefined;
  /** all of them hold for the rows that are told */
  readonly filters?: readonly RowFilter[] | undefined;
}

/** Where the rows of one cell's table or chart are read. */
export interface RowsSource {
  /** another one whenever the rows may be others: each result of a cell has its own */
  readonly key: string;
  /**
   * Some of the rows, which are those of `key` and of no other result: undefined when another one is
   * shown meanwhile.
   * @param onRenew told when they have to be computed anew first, and when that is done
   */
  read(
    span: RowsSpan,
    signal: AbortSignal,
    onRenew?: (isRenewing: boolean) => void,
  ): Promise<RowsAnswer | undefined>;
  /** where all rows that pass can be downloaded; undefined where nothing serves them */
  csvUrl(order: RowsOrder): string | undefined;
  /** the same once it is sure that they are there; where it is not given, they always are */
  readonly readyCsvUrl?: (order: RowsOrder, signal: AbortSignal) => Promise<string | undefined>;
}

/** What is told of rows that were asked for and are no longer shown. */
export const REPLACED = "Expected the rows that were shown, got newer ones meanwhile (try again)";

interface RowsAtHand extends RowsSource {
  read(span: RowsSpan, signal: AbortSignal): Promise<RowsAnswer>;
}

let count = 0;

/** A source over rows that are all at hand; it sorts and filters them by the server's rules. */
export function fromRows(rows: readonly JsonRow[], schema: Schema): RowsAtHand {
  let last: { readonly order: string; readonly rows: readonly JsonRow[] } | undefined;
  function ordered({ sort, filters }: RowsOrder): readonly JsonRow[] {
    const order = JSON.stringify([sort, filters]);
    if (last?.order !== order) last = { order, rows: passingRows(rows, schema, { sort, filters }) };
    return last.rows;
  }
  count += 1;
  return {
    key: `rows-${count}`,
    async read({ offset, limit, ...order }) {
      const passing = ordered(order);
      return { rows: passing.length, offset, head: passing.slice(offset, offset + limit) };
    },
    csvUrl: () => undefined,
  };
}
