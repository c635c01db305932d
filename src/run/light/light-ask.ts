import type { JsonRow } from "../../frame/json.ts";
import type { RowFilter, RowSort } from "../../frame/table-rows.ts";
import type { CellResult } from "../run-event.ts";

/** What one viewer looks at: a version, and the values of the inputs. */
export interface ViewerPlace {
  /** the pinned version; null where nothing is published */
  readonly version: number | null;
  /** values by input name, as JSON; an input that is not here has its default */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** values that are still texts, such as an address has them, to be read by the widget's rule */
  readonly texts?: Readonly<Record<string, string>>;
}

/** Asks what some cells show with a viewer's inputs. */
export interface LightAsk extends ViewerPlace {
  /** names of the cells to be told; what they need above them runs as well */
  readonly cells: readonly string[];
}

/** An input whose asked value cannot be had; its default stands in. */
export interface InvalidInput {
  readonly name: string;
  /** one sentence for the viewer */
  readonly message: string;
}

/** What the cells that were asked for show; those that were not run are not in it. */
export interface LightAnswer {
  readonly version: number | null;
  /** in file order; their outputs have the rows that a page needs */
  readonly cells: readonly CellResult[];
  readonly invalid: readonly InvalidInput[];
}

/** Asks for some rows of the table that a cell shows, or of what a chart draws. */
export interface RowsAsk extends ViewerPlace {
  readonly cell: string;
  readonly offset: number;
  /** at most 1,000 are told at once */
  readonly limit: number;
  readonly sort?: RowSort | undefined;
  /** all of them hold for the rows that are told */
  readonly filters?: readonly RowFilter[] | undefined;
}

export interface RowsAnswer {
  /** how many pass the filters */
  readonly rows: number;
  readonly offset: number;
  readonly head: readonly JsonRow[];
}
