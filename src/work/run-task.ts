import type { RunContext } from "../cell/run-context.ts";
import type { RunWishes } from "../run/history/run-record.ts";
import type { RunTrigger } from "../run/run-event.ts";

/** What a run process is told to run: ids and inputs, no frames and no secrets. */
export interface RunTask extends RunWishes {
  readonly kind: "run";
  readonly directory: string;
  readonly runId: string;
  readonly attempt: number;
  readonly context: RunContext;
  readonly trigger: RunTrigger;
  /** the values that were asked for, by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** names of those that are texts, to be read by the rule of their widget */
  readonly textInputs: readonly string[];
}

/** One part of a cell that a run has split. */
export interface PartTask {
  readonly kind: "part";
  readonly directory: string;
  readonly context: RunContext;
  readonly runId: string;
  readonly attempt: number;
  readonly cell: string;
  readonly frame: string;
  readonly index: number;
}

/** What the project's cells are, told without running them. */
export interface DescribeTask {
  readonly kind: "describe";
  readonly directory: string;
}

/** What a run process asks of its parent, by name. */
export const CALLS = {
  takeLease: "take-lease",
  releaseLease: "release-lease",
  runParts: "run-parts",
};

/** What the parent tells without being asked. */
export const NOTES = { leaseLost: "lease-lost", partsEnded: "parts-ended" };
