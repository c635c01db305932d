import type { Frame } from "../../frame/frame.ts";
import { type RowsWish, type TableRows, toTableRows } from "../../frame/table-rows.ts";

/** So many orders and filters of tables stay in memory: who scrolls asks for the same rows again. */
const HELD = 8;

interface Held {
  readonly frame: Frame;
  readonly wish: string;
  readonly rows: TableRows;
}

/** The rows of tables that viewers asked for last. */
export class LastRows {
  #held: readonly Held[] = [];

  /** @throws {HexError} as `toTableRows` */
  find(frame: Frame, { sort, filters = [] }: RowsWish): TableRows {
    const wish = JSON.stringify([sort, filters]);
    const known = this.#held.find((each) => each.frame === frame && each.wish === wish);
    const found = known ?? { frame, wish, rows: toTableRows(frame, { sort, filters }) };
    this.#held = [found, ...this.#held.filter((each) => each !== found)].slice(0, HELD);
    return found.rows;
  }
}
