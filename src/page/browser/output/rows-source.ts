import type { JsonRow } from "../../../frame/json.ts";
import type { Schema } from "../../../frame/schema.ts";
import type { RowFilter, RowSort } from "../../../frame/table-rows.ts";
import type { RowsAnswer } from "../../../run/light/light-ask.ts";
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
  /** another one whenever the rows may be others: another version, other inputs, a new run */
  readonly key: string;
  read(span: RowsSpan, signal: AbortSignal): Promise<RowsAnswer>;
  /** where all rows that pass can be downloaded; undefined where nothing serves them */
  csvUrl(order: RowsOrder): string | undefined;
}

let count = 0;

/** A source over rows that are all at hand; it sorts and filters them by the server's rules. */
export function fromRows(rows: readonly JsonRow[], schema: Schema): RowsSource {
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
