import type { RequestedInputs } from "../cell/requested-input.ts";
import type { RunContext } from "../cell/run-context.ts";
import { type RunOptions, type RunRecord, toRunOptions } from "../run/history/run-record.ts";
import type { RunTrigger } from "../run/run-event.ts";

/** A run, as every front end requests it. */
export interface RunRequest extends Partial<RunOptions> {
  readonly context: RunContext;
  readonly inputs: RequestedInputs;
  readonly trigger: RunTrigger;
}

/** A run for a run process: ids and inputs, no frames and no secrets. */
export interface RunTask extends RunOptions {
  readonly kind: "run";
  readonly directory: string;
  readonly runId: string;
  readonly attempt: number;
  readonly context: RunContext;
  readonly trigger: RunTrigger;
  /** requested values by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** names of those that are texts, to be parsed by the rule of their widget */
  readonly textInputs: readonly string[];
}

/** One part of a cell that a run has divided. */
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

/** A description of the project's cells, without a run. */
export interface DescribeTask {
  readonly kind: "describe";
  readonly directory: string;
}

/** Calls of a run process to its parent, by name. */
export const CALLS = {
  takeLease: "take-lease",
  releaseLease: "release-lease",
  runParts: "run-parts",
};

/** Notes of the parent to a run process, by name. */
export const NOTES = { leaseLost: "lease-lost", partsEnded: "parts-ended" };

/** The task of the latest attempt at a recorded run. */
export function toRunTask(
  { directory }: { readonly directory: string },
  record: Pick<RunRecord, "runId" | "context" | "trigger" | "inputs" | "textInputs" | "attempts"> &
    RunOptions,
): RunTask {
  const { runId, context, trigger, inputs, textInputs = [], attempts } = record;
  const named = { directory, runId, attempt: attempts.length, context, trigger };
  return { kind: "run", ...named, inputs, textInputs, ...toRunOptions(record) };
}

/** Requested values by input name, and the names of those that are still texts, as plain JSON. */
export function toPlainInputs(inputs: RequestedInputs) {
  const requested = [...inputs];
  const textInputs = requested.filter(([, { form }]) => form === "text").map(([name]) => name);
  return {
    inputs: Object.fromEntries(requested.map(([name, { value }]) => [name, value])),
    ...(textInputs.length === 0 ? {} : { textInputs }),
  };
}
