import type { RowFilter } from "../../../frame/rows/row-filter.ts";
import type { RowSort } from "../../../frame/rows/table-rows.ts";
import type { RowsAnswer } from "../../../kernel/evaluation.ts";

/** Which rows of a table, in which order. */
export interface RowsSpan extends RowsOrder {
  readonly offset: number;
  readonly limit: number;
}

/** All rows that pass, in an order. */
export interface RowsOrder {
  readonly sort?: RowSort | undefined;
  /** all of them hold */
  readonly filters?: readonly RowFilter[] | undefined;
}

/** Where the rows of one cell's table or chart are read. */
export interface RowsSource {
  /** another one whenever the rows may be others: each result of a cell has its own */
  readonly key: string;
  /**
   * Some of the rows, which are those of `key` and of no other result: undefined when another one is
   * shown meanwhile.
   * @param onRenew called when they have to be computed anew first, and when that is done
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

/** The failure of a request for rows that are no longer shown. */
export const REPLACED = "Expected the rows that were shown, got newer ones meanwhile (try again)";
