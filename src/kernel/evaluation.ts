import type { JsonRow } from "../frame/json.ts";
import type { RowFilter } from "../frame/rows/row-filter.ts";
import type { RowSort } from "../frame/rows/table-rows.ts";
import type { CellResult } from "../run/run-event.ts";

/** The state that one viewer looks at. */
export interface ViewerState {
  /** number of the pinned version; null where nothing is published */
  readonly version: number | null;
  /**
   * id of the commit, since a restored store may hold another version of the same number, and of
   * CSVs of other tools; null for the newest
   */
  readonly commit: string | null;
  /** values by input name, as JSON; an input that is not here has its default */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** values that are still texts, such as an address has them, to be read by the widget's rule */
  readonly texts?: Readonly<Record<string, string>>;
  /** name of a button -> id of this press of it, a UUID; each press is carried out once */
  readonly press?: Readonly<Record<string, string>>;
}

/** Evaluates some cells in a state. */
export interface EvaluateRequest extends ViewerState {
  /** names of cells; the cells above that they need are evaluated as well */
  readonly cells: readonly string[];
  /** name of a cell -> id of the result that the caller has: its output is not sent again */
  readonly has?: Readonly<Record<string, string>>;
}

/** An input that cannot have its requested value; its default stands in. */
export interface InvalidInput {
  readonly name: string;
  /** one sentence for the viewer */
  readonly message: string;
}

/** The result of a cell in an evaluation. */
export interface EvaluatedCell extends CellResult {
  /** names the computation that it comes from; a cell that failed or was skipped has none */
  readonly result?: string;
  /** it is the result that the caller has: its output is left out */
  readonly isSame?: true;
}

/** One computation of the cells for one state. */
export interface Evaluation {
  /** its id, for requests for rows and CSVs */
  readonly evaluation: string;
  readonly version: number | null;
  readonly commit: string | null;
  /** the value of each input, also of those that the request did not name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** in file order; those that were not evaluated are not in it */
  readonly cells: readonly EvaluatedCell[];
  readonly invalid: readonly InvalidInput[];
}

/** Reads some rows of the table that a cell shows, or of the data of its chart. */
export interface RowsRequest {
  /** id of an evaluation; in a notebook, the `rowsKey` of the cell */
  readonly evaluation: string;
  readonly cell: string;
  readonly offset: number;
  /** at most 1,000 */
  readonly limit: number;
  readonly sort?: RowSort | undefined;
  /** rows pass all of them */
  readonly filters?: readonly RowFilter[] | undefined;
}

export interface RowsAnswer {
  /** how many pass the filters */
  readonly rows: number;
  readonly offset: number;
  readonly head: readonly JsonRow[];
}

/** Reads all rows of a table that pass the filters, as CSV. */
export type CsvRequest = Omit<RowsRequest, "offset" | "limit">;

/** A version as viewers are pinned to it. */
export interface ViewedVersion {
  /** null where other tools alone have left something */
  readonly version: number | null;
  readonly commit: string;
}

interface RequestOptions {
  /** ends the wait; a request that has not begun is not carried out */
  readonly signal?: AbortSignal | undefined;
}

/** Reads rows of tables that were shown, also in a notebook; no cell runs. Throws as `Viewers` besides. */
export interface TableReader {
  /**
   * Some rows of what a cell shows in an evaluation.
   * @throws {HexError} HEX_OUTPUT_GONE when the evaluation is not cached any more;
   * HEX_OUTPUT_UNKNOWN when the cell shows no table; HEX_INPUT_INVALID on a filter or a sorting that
   * it cannot have
   */
  rows(request: RowsRequest, options?: RequestOptions): Promise<RowsAnswer>;

  /** The same as JSON, ready to be sent. */
  rowsText(request: RowsRequest, options?: RequestOptions): Promise<string>;

  /** All rows that pass as CSV for a spreadsheet, block by block. @throws {HexError} as `rows` */
  csv(request: CsvRequest, options?: RequestOptions): AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Answers viewers: evaluates cells in processes that are there already. Nothing of it is recorded or
 * published. Each method throws besides: HEX_RUN_TIMEOUT when cells took too long,
 * HEX_RUN_CRASHED when their process died, HEX_TOO_BUSY when too many wait, HEX_OUTPUT_GONE for a
 * version that is not kept, the failure to read the project, HEX_STORE_UNAVAILABLE, and the reason
 * of the signal.
 */
export interface Viewers extends TableReader {
  /**
   * Evaluates cells in a state; a cell that fails or takes too long says so in the answer. Equal
   * states give equal answers while the process that evaluated them lives.
   * @throws {HexError} HEX_PRESS_UNKNOWN when the process in which a button was pressed died before
   * the outcome was known
   */
  evaluate(request: EvaluateRequest, options?: RequestOptions): Promise<Evaluation>;

  /** The same as JSON, ready to be sent. */
  evaluateText(request: EvaluateRequest, options?: RequestOptions): Promise<string>;

  /**
   * Starts a process ahead, and lets it read the frames that the cells of a version read; resolves
   * when that is done or has failed.
   */
  warm(version: ViewedVersion | null): Promise<void>;

  /**
   * Code or config has changed: requests from now on are evaluated by new processes. The evaluations
   * of those before are gone.
   */
  restart(): void;

  close(): Promise<void>;
}
