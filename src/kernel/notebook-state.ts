import type { ErrorCode } from "../errors.ts";
import type { DescribedCell } from "../project/project-description.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { RunStatus } from "../run/run-event.ts";

/** Everything that a notebook shows: plain JSON. */
export interface NotebookState {
  readonly head: NotebookHead;
  /** in file order, as are the next two */
  readonly cells: readonly DescribedCell[];
  readonly standings: readonly NotebookCellProgress[];
  readonly shown: readonly NotebookCellOutput[];
  readonly lines: readonly NotebookLine[];
}

/** The project as a whole in a notebook. */
export interface NotebookHead {
  readonly title: string;
  /** names of the cells in file order */
  readonly order: readonly string[];
  /** the current run, or else the last one; null before the first */
  readonly run: NotebookRun | null;
  /** why the project's files cannot be read as they are now; null when they can be */
  readonly problem: NotebookError | null;
  /** the current publication, or else the last one */
  readonly publication: NotebookPublication | null;
  /** values of inputs that were set in this notebook, by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Why a run of a notebook began. */
type NotebookCause = "start" | "change" | "input" | "asked" | "publish";

export interface NotebookRun {
  /** 1 for the first one of this notebook */
  readonly number: number;
  readonly cause: NotebookCause;
  readonly status: "running" | RunStatus;
  /** an instant */
  readonly startedAt: string;
  /** whole milliseconds; null while it runs */
  readonly elapsedMs: number | null;
  /** why it ended before its cells did, such as a process that died; null when it did not */
  readonly error: NotebookError | null;
}

export interface NotebookPublication {
  readonly status: "running" | RunStatus;
  readonly runId: string;
  /** the version that it published, when it completed */
  readonly version: number | null;
  /** why it did not; null when it did */
  readonly message: string | null;
}

export type NotebookCellState =
  /** has not had its turn in any run */
  | "idle"
  /** its turn comes in the current run */
  | "waiting"
  | "running"
  /** its function ran */
  | "computed"
  /** nothing above it changed: shows its result from before */
  | "remembered"
  /** read from a publication */
  | "read"
  | "pruned"
  /** a cell above it failed, or the run was cancelled before its turn */
  | "skipped"
  | "failed";

/** The progress of a cell; changes often, and is small. */
export interface NotebookCellProgress {
  readonly name: string;
  readonly state: NotebookCellState;
  /** the run in which it last had its turn; 0 before that */
  readonly run: number;
  /** the run in which its function last began; 0 before that */
  readonly computedIn: number;
  /** 0 to 1; null where it is not known */
  readonly fraction: number | null;
  readonly message: string;
  /** an instant; null unless it runs */
  readonly startedAt: string | null;
  /** whole milliseconds of its function; null before that ran */
  readonly elapsedMs: number | null;
  /** the version that it was read from */
  readonly version: number | null;
}

/** The output of a cell; may be large. */
export interface NotebookCellOutput {
  readonly name: string;
  /** its last one; stays while it fails or cannot be read */
  readonly output: CellOutput | null;
  readonly error: NotebookError | null;
  /** another one whenever its rows may be others */
  readonly rowsKey: string;
}

/** A failure with the line of the author's code that it points to. */
export interface NotebookError {
  readonly code: ErrorCode;
  readonly message: string;
  /** null where none is known */
  readonly place: ErrorPlace | null;
}

export interface ErrorPlace {
  /** below the project's folder, with `/` */
  readonly file: string;
  /** counts from 1, as does the column */
  readonly line: number;
  readonly column: number;
  /** the line itself; null when the file cannot be read */
  readonly text: string | null;
}

/** A line that a run logged. */
export interface NotebookLine {
  /** rises by one with every line of a notebook */
  readonly number: number;
  readonly run: number;
  /** the cell that logged it; null for the run itself and for lines that processes print */
  readonly cell: string | null;
  readonly line: string;
}

/** A change, as it is sent to an open notebook. */
export type NotebookEvent =
  | { readonly type: "head-changed"; readonly head: NotebookHead }
  | { readonly type: "cell-described"; readonly cell: DescribedCell }
  | { readonly type: "cell-moved"; readonly standing: NotebookCellProgress }
  | { readonly type: "cell-shown"; readonly shown: NotebookCellOutput }
  | { readonly type: "line-logged"; readonly line: NotebookLine };

/** A request to run cells. */
export interface NotebookRunBody {
  /** runs these again even if nothing changed, and then the cells below them */
  readonly fresh: "none" | "all" | readonly string[];
}

/** A run that is wanted, and why. */
export interface WantedRun extends NotebookRunBody {
  readonly cause: NotebookCause;
  /** values of buttons that were pressed, by input name */
  readonly pressed?: Readonly<Record<string, unknown>>;
}

/** One run in the place of two. */
export function joinWanted(before: WantedRun | undefined, wanted: WantedRun): WantedRun {
  if (before === undefined) return wanted;
  const pressed = { ...before.pressed, ...wanted.pressed };
  return { cause: wanted.cause, fresh: joinFresh(before.fresh, wanted.fresh), pressed };
}

function joinFresh(one: WantedRun["fresh"], other: WantedRun["fresh"]): WantedRun["fresh"] {
  if (one === "all" || other === "all") return "all";
  if (one === "none") return other;
  return other === "none" ? one : [...new Set([...one, ...other])];
}
