import type { PlannedCell, RunPlan } from "../cell/plan.ts";
import type { ColumnReads } from "./column-reads.ts";
import type { ComputedCell } from "./compute-cell.ts";
import type { FrameOrigin } from "./run-event.ts";
import type { RunFrames, Variant } from "./run-frames.ts";

/** A cell whose turn has come, and the run it is in. */
export interface CellTurn {
  readonly planned: PlannedCell;
  /** the frame that it publishes or reads, when it is a cached one */
  readonly variant: Variant;
  readonly plan: RunPlan;
  readonly frames: RunFrames;
  readonly reads: ColumnReads;
  /** ends the waiting for another run that computes the same */
  readonly signal: AbortSignal;
}

/** Result of a cell, and the published frames that it read for it. */
export interface ExecutedCell {
  readonly computed: ComputedCell;
  readonly origins: readonly FrameOrigin[];
}

export interface RecalledCell {
  readonly computed: ComputedCell;
  /** where it is from; undefined when its function ran for it now */
  readonly from?: "memory" | "store" | undefined;
  /** the published frame whose columns a known value has */
  readonly source?: string | undefined;
}

/** Knows what cells came to in other runs. One of it is for one run. */
export interface CellRecall {
  /**
   * Result of a cell: the known one, or else that of `execute`. For an input it is its widget; the
   * value is then read anew.
   * @throws what `execute` throws
   */
  find(turn: CellTurn, execute: () => Promise<ExecutedCell>): Promise<RecalledCell>;

  /** Is told what an input has in this run. */
  noteInput(name: string, input: Pick<ComputedCell, "value" | "output">): void;
}

/** Results of cells in other runs that a run may use. */
export interface Recall {
  readonly recall?: CellRecall | undefined;
  /** told of each cell whose function did not run, and where its result is from */
  readonly onKnown?: ((cell: string, from: "memory" | "store") => void) | undefined;
  /** evaluates no module before it is known that its cell has to run */
  readonly isSparing?: boolean | undefined;
}
