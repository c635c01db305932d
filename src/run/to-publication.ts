import type { Frame } from "../frame/frame.ts";
import { toHash } from "../source/cell-files.ts";
import type { Publication, StagedFrame } from "../store/publication.ts";
import type { Version } from "../store/version.ts";
import type { ColumnReads } from "./column-reads.ts";
import { toSavedOutputs } from "./light/saved-outputs.ts";
import type { CellResult } from "./run-event.ts";
import type { RunFrames } from "./run-frames.ts";
import type { RunWork } from "./run-work.ts";
import { type ColumnReader, refuseLostColumns } from "./schema-guard.ts";

/** A run that has come to its end, and what is to be published of it. */
export interface FinishedRun extends RunWork {
  readonly frames: RunFrames;
  readonly reads: ColumnReads;
  readonly ended: ReadonlyMap<string, CellResult>;
  /** the whole frames that cells have shown */
  readonly shown: ReadonlyMap<string, Frame>;
}

type Told = Pick<
  Publication,
  "runId" | "attempt" | "context" | "trigger" | "publishedBy" | "inputs" | "codeHash" | "frames"
> &
  Partial<Pick<Publication, "outputs">>;

/** What a run's publication tells of it. */
export function toPublication(run: FinishedRun): Told {
  const { runId, attempt, plan, trigger, holder, inputs, cells } = run;
  const frames = [...run.frames.staged].map(([name, staged]): [string, StagedFrame] => [
    name,
    { ...staged, readers: readersOf(run, name) },
  ]);
  return {
    runId,
    attempt,
    context: plan.context,
    trigger,
    publishedBy: holder,
    inputs: Object.fromEntries([...inputs].map(([name, { value }]) => [name, value])),
    codeHash: toHash(cells.cells.map(({ codeHash }) => codeHash).join()),
    frames: new Map(frames),
    ...(run.hasDefaultInputs ? { outputs: toOutputs(run) } : {}),
  };
}

function toOutputs({ ended, cells, shown, redact }: FinishedRun): Uint8Array {
  const outputs = cells.cells.map(({ name, codeHash }) => ({
    name,
    codeHash,
    output: ended.get(name)?.output ?? null,
    shown: shown.get(name),
  }));
  return toSavedOutputs(outputs, redact);
}

function readersOf({ reads, cells }: FinishedRun, frame: string): Record<string, ColumnReader> {
  const code = new Map(cells.cells.map(({ name, hash }) => [name, hash]));
  return Object.fromEntries(
    Object.entries(reads.readersOf(frame)).map(([cell, columns]) => [
      cell,
      { code: code.get(cell) ?? "", columns: [...columns] },
    ]),
  );
}

/**
 * Refuses to publish frames that lost what cells below read of the version before.
 * @throws {HexError} HEX_SCHEMA_CHANGED
 */
export function refuseLostReads({ frames, cells }: FinishedRun, before: Version): void {
  const code = new Map(cells.cells.map(({ name, hash }) => [name, hash]));
  for (const [name, { frame }] of frames.staged) {
    const published = before.frames().get(name);
    if (published === undefined) continue;
    const { columns, readers = {} } = published;
    refuseLostColumns({ name, columns, readers }, frame.schema, (cell) => code.get(cell));
  }
}
