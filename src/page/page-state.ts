import type { DescribedCell } from "../project/project-description.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { Freshness, RunError } from "../run/run-event.ts";

/** Everything that a published page opens on: plain JSON, and no cell runs for it. */
export interface PageState {
  readonly title: string;
  /** Markdown */
  readonly description: string | null;
  /** the version that is shown; null as long as no run has published */
  readonly version: number | null;
  /**
   * its id: a restored store may hold another version of the same number, and other tools replace
   * what they left; null as long as there is nothing to see
   */
  readonly commit: string | null;
  /** id of the evaluation that the cells show; null when none was saved with the version */
  readonly evaluation: string | null;
  /** what inputs of the page have unless a viewer sets them, by name, as far as that is known */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** an instant; null as long as nothing is published */
  readonly publishedAt: string | null;
  /** how current the oldest of the data is; null where a page shows none */
  readonly data: Freshness | null;
  readonly layout: PageLayout;
  /** in file order; hidden cells and those that an app run prunes are not among them */
  readonly cells: readonly PageCell[];
  /** the run that is to publish next, when one waits or goes */
  readonly run: PageRun | null;
  /** why the newest run that was to publish did not; null when it did */
  readonly failure: PageFailure | null;
  readonly viewer: PageViewer;
  /** null in an exported file */
  readonly build: PageBuild | null;
}

/** Digests of the page's code: an open page of another build reloads. */
export interface PageBuild {
  /** of the code that runs in browsers */
  readonly code: string;
  /** of the code of the cells, and of what the config says of the page */
  readonly app: string;
}

/** One cell as a page shows it. */
export interface PageCell {
  readonly name: string;
  readonly title: string | null;
  readonly kind: DescribedCell["kind"];
  /** names of the cells that hang on it, also through others, in file order */
  readonly below: readonly string[];
  /** what it showed with default inputs; a table has its first rows, a chart those it draws */
  readonly output: CellOutput | null;
  /** id of the result that it shows; null where none is known */
  readonly result: string | null;
  readonly error: RunError | null;
  /** whether its code is another than the one that showed this, so that it is to be asked for */
  readonly isOutdated: boolean;
}

/** Where cells stand: one list of rows, or several behind tabs. */
export interface PageLayout {
  readonly tabs: readonly PageTab[];
}

interface PageTab {
  /** null for the only one of a page without tabs */
  readonly title: string | null;
  readonly rows: readonly PageRow[];
}

/** Cells side by side, by name; below each other where there is no room. */
export type PageRow = readonly string[];

/** A queued or running run with its progress. */
export interface PageRun {
  readonly runId: string;
  readonly state: "queued" | "running";
  /** an instant; null while it waits */
  readonly startedAt: string | null;
  /** of all its cells, 0 to 1 */
  readonly fraction: number;
  readonly cells: readonly PageRunCell[];
}

export interface PageRunCell {
  readonly name: string;
  readonly status: "waiting" | "running" | "ended" | "failed";
  /** 0 to 1; null when it reports none */
  readonly fraction: number | null;
  readonly message: string;
}

export interface PageFailure {
  readonly runId: string;
  /** an instant */
  readonly endedAt: string;
  /** one sentence; only for viewers who may know it */
  readonly message: string | null;
}

/** The rights of the viewer. */
export interface PageViewer {
  /** start a run that publishes, and cancel it */
  readonly mayRefresh: boolean;
  /** see runs, logs and versions */
  readonly maySeeRuns: boolean;
  /** go back to another version */
  readonly mayRollBack: boolean;
  /** whether signing in could let the viewer do more */
  readonly maySignIn: boolean;
  readonly isSignedIn: boolean;
}

/** Events of an open page. */
export type PageEvent =
  | {
      readonly type: "version-published";
      /** null where other tools alone have left something */
      readonly version: number | null;
      readonly commit: string;
    }
  | { readonly type: "run-changed"; readonly run: PageRun | null }
  /** first of all, and whenever it is another one */
  | { readonly type: "build-told"; readonly build: PageBuild };
