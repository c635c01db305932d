import type { JsonRow } from "../frame/json.ts";
import type { RowFilter, RowSort } from "../frame/table-rows.ts";
import type { CellResult } from "../run/run-event.ts";

/** The state that one viewer looks at. */
export interface ViewerState {
  /** number of the pinned version; null where nothing is published */
  readonly version: number | null;
  /**
   * id of what is seen: of the commit, since a restored store may hold another version of the same
   * number, and of CSVs of other tools; null for whatever is the newest
   */
  readonly commit: string | null;
  /** values by input name, as JSON; an input that is not here has its default */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** values that are still texts, such as an address has them, to be read by the widget's rule */
  readonly texts?: Readonly<Record<string, string>>;
  /** name of a button -> id of this press of it, a UUID; each press is carried out once */
  readonly press?: Readonly<Record<string, string>>;
}

/** Asks what some cells show in a state. */
export interface EvaluateRequest extends ViewerState {
  /** names of the cells to be told; what they need above them is evaluated as well */
  readonly cells: readonly string[];
  /** name of a cell -> result id of what the asker shows of it: its output is not sent again */
  readonly has?: Readonly<Record<string, string>>;
}

/** An input whose asked value cannot be had; its default stands in. */
export interface InvalidInput {
  readonly name: string;
  /** one sentence for the viewer */
  readonly message: string;
}

/** What one cell came to in an evaluation. */
export interface EvaluatedCell extends CellResult {
  /** names the computation that it comes from; a cell that failed or was skipped has none */
  readonly result?: string;
  /** it is the result that the asker has: its output is left out */
  readonly isSame?: true;
}

/** One computation of the cells for one state. */
export interface Evaluation {
  /** its id; rows and CSVs are asked of it */
  readonly evaluation: string;
  readonly version: number | null;
  readonly commit: string | null;
  /** what each input came to, also those that the asker did not name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** in file order; those that were not evaluated are not in it */
  readonly cells: readonly EvaluatedCell[];
  readonly invalid: readonly InvalidInput[];
}

/** Asks for some rows of the table that a cell shows, or of what a chart draws. */
export interface RowsRequest {
  /** id of an evaluation; in a notebook, the `rowsKey` of what the cell shows */
  readonly evaluation: string;
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

/** Asks for all rows of a table that pass, as CSV. */
export type CsvRequest = Omit<RowsRequest, "offset" | "limit">;

/** A version as viewers are pinned to it. */
export interface ViewedVersion {
  /** null where other tools alone have left something */
  readonly version: number | null;
  readonly commit: string;
}

interface RequestOptions {
  /** ends the waiting; what has not begun is not done */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Answers for the rows of what was shown; no cell runs for them. A notebook answers so as well. What
 * else it throws: see `Viewers`.
 */
export interface TableReader {
  /**
   * Some rows of what a cell shows in an evaluation.
   * @throws {HexError} HEX_OUTPUT_GONE when the evaluation is not held any more;
   * HEX_OUTPUT_UNKNOWN when the cell shows no table; HEX_INPUT_INVALID on a filter or an order that
   * it cannot have
   */
  rows(ask: RowsRequest, options?: RequestOptions): Promise<RowsAnswer>;

  /** The same as JSON, ready to be sent. */
  rowsText(ask: RowsRequest, options?: RequestOptions): Promise<string>;

  /** All rows that pass as CSV for a spreadsheet, block by block. @throws {HexError} as `rows` */
  csv(ask: CsvRequest, options?: RequestOptions): AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Answers viewers: evaluates cells in processes that are there already. Nothing of it is recorded or
 * published. What each method throws besides: HEX_RUN_TIMEOUT when cells took too long,
 * HEX_RUN_CRASHED when their process died, HEX_TOO_BUSY when too many wait, HEX_OUTPUT_GONE for a
 * version that is not kept, the failure to read the project, HEX_STORE_UNAVAILABLE, and the reason
 * of the signal.
 */
export interface Viewers extends TableReader {
  /**
   * What some cells show in a state; a cell that fails or takes too long says so in the answer. Equal
   * states give equal answers while the process that evaluated them lives.
   * @throws {HexError} HEX_PRESS_UNKNOWN when the process in which a button was pressed died before
   * it told what came of it
   */
  evaluate(ask: EvaluateRequest, options?: RequestOptions): Promise<Evaluation>;

  /** The same as JSON, ready to be sent. */
  evaluateText(ask: EvaluateRequest, options?: RequestOptions): Promise<string>;

  /**
   * Starts a process ahead, and lets it read what the cells of a version read; resolves when that is
   * done or has failed.
   */
  warm(version: ViewedVersion | null): Promise<void>;

  /**
   * Code or config has changed: what is asked from now on is evaluated by new processes. The
   * evaluations of those before are gone.
   */
  restart(): void;

  close(): Promise<void>;
}
