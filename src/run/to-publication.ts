import { randomUUID } from "node:crypto";
import { widgetIn } from "../cell/shown-input.ts";
import { toSha256 } from "../sha256.ts";
import {
  type Publication,
  type ShownToStage,
  type StagedFiles,
  type StagedFrame,
  withOwnDigests,
} from "../store/publication.ts";
import type { Version } from "../store/version.ts";
import type { CellState } from "./cell-state.ts";
import type { ColumnReads } from "./column-reads.ts";
import type { ComputedCell } from "./compute-cell.ts";
import type { RecordedDefault, RecordedDefaults } from "./recorded-default.ts";
import type { CellResult } from "./run-event.ts";
import type { RunFrames } from "./run-frames.ts";
import type { RunWork } from "./run-work.ts";
import { isSameFrame } from "./same-frame.ts";
import { type OutputToSave, type SavedPlace, toSavedOutputs } from "./saved-outputs.ts";
import { toInputValues, toStagedState, toStateIn } from "./saved-states.ts";
import { type ColumnReader, refuseLostColumns } from "./schema-guard.ts";
import { frameOfVariant } from "./variant.ts";

/** A run that has come to its end, and what is to be published of it. */
export interface FinishedRun extends RunWork {
  readonly frames: RunFrames;
  readonly reads: ColumnReads;
  readonly ended: ReadonlyMap<string, CellResult>;
  /** what cells have come to, of inputs at least */
  readonly computed: ReadonlyMap<string, ComputedCell>;
  /** what inputs were by default in the version that the run read from */
  readonly recorded?: RecordedDefaults | undefined;
}

type Told = Pick<
  Publication,
  | "runId"
  | "attempt"
  | "context"
  | "trigger"
  | "publishedBy"
  | "inputs"
  | "asked"
  | "codeHash"
  | "frames"
  | "overwrite"
> &
  Partial<Pick<Publication, "defaults" | "outputs" | "shown">>;

/** What a run's publication tells of it. */
export function toPublication(run: FinishedRun): Told {
  const { runId, attempt, plan, trigger, holder, cells, overwrite } = run;
  const frames = [...run.frames.staged].map(([name, staged]): [string, StagedFrame] => [
    name,
    { ...staged, ...toStagedState(run, staged), readers: readersOf(run, name) },
  ]);
  return {
    runId,
    attempt,
    context: plan.context,
    trigger,
    publishedBy: holder,
    inputs: Object.fromEntries(toInputValues(run)),
    asked: toAskedValues(run),
    codeHash: toCodeHash(cells),
    frames: new Map(frames),
    overwrite,
    ...(run.hasDefaultInputs && {
      defaults: toDefaults(run),
      shown: toShown(run),
      outputs: (staged: StagedFiles) => toOutputs(run, staged),
    }),
  };
}

/** Whether a version holds what a run would publish, by what is known before its cells run. */
export function isOfSameRun(
  { inputs, plan, cells }: Pick<FinishedRun, "inputs" | "plan" | "cells">,
  commit: NonNullable<Version["commit"]>,
): boolean {
  const isAsked =
    JSON.stringify(commit.asked ?? commit.inputs) === JSON.stringify(toAskedValues({ inputs }));
  return isAsked && commit.codeHash === toCodeHash(cells) && commit.context === plan.context;
}

function toAskedValues({ inputs }: Pick<FinishedRun, "inputs">): Record<string, unknown> {
  return Object.fromEntries([...inputs].map(([name, { value }]) => [name, value]));
}

function toCodeHash({ cells }: FinishedRun["cells"]): string {
  return toSha256(cells.map(({ codeHash }) => codeHash).join());
}

/** What the inputs are when nobody asks for them: as this run found it, or the version before. */
export function toDefaults(run: FinishedRun): RecordedDefaults {
  const { cells, computed, asked, recorded = {} } = run;
  const inputs = cells.cells.filter(({ kind }) => kind === "input");
  const found = inputs.flatMap(({ name, codeHash }): [string, RecordedDefault][] => {
    const { output, value } = computed.get(name) ?? {};
    const before = Object.hasOwn(recorded, name) ? recorded[name] : undefined;
    const widget = widgetIn(output);
    if (widget === undefined) {
      return before === undefined ? [] : [[name, before]];
    }
    // One that a page does not show may be asked for all the same.
    const initial: unknown = asked?.has(name) ? widget.default : value;
    return [[name, { value: initial, code: codeHash }]];
  });
  return Object.fromEntries(found);
}

/** The whole frames that cells show: those of their own, and which published ones the others are. */
function toShown(run: FinishedRun): NonNullable<Publication["shown"]> {
  const { frames, computed } = run;
  const published = [...frames.readBack, ...frames.staged];
  return new Map(
    [...computed].flatMap(([name, { shown }]): [string, ShownToStage][] => {
      if (shown === undefined) return [];
      const [publishedAs] = published.find(([, { frame }]) => isSameFrame(frame, shown)) ?? [];
      if (publishedAs === undefined) return [[name, { frame: shown }]];
      const sha256 = frames.readBack.get(publishedAs)?.sha256;
      return [[name, { publishedAs, sha256 }]];
    }),
  );
}

function toOutputs(run: FinishedRun, staged: StagedFiles): Uint8Array {
  const { ended, cells, computed, redact } = run;
  const outputs = cells.cells.map(({ name, codeHash }): OutputToSave => {
    const { value, shown: frame, looksAtContext = false } = computed.get(name) ?? {};
    return {
      name,
      codeHash,
      state: toOutputState(run, name, staged),
      output: ended.get(name)?.output ?? null,
      result: randomUUID(),
      shown: toSavedPlace(name, staged),
      looksAtContext,
      frame,
      cellValue: value,
    };
  });
  return toSavedOutputs(outputs, { inputs: Object.fromEntries(toInputValues(run)), redact });
}

/** What an output hangs on; null when nobody looked, or it hangs on what no run has published. */
export function toOutputState(
  run: FinishedRun,
  name: string,
  { frames }: Pick<StagedFiles, "frames">,
): CellState | null {
  const state = toStateIn(run, name);
  if (state === undefined) return null;
  const known = withOwnDigests(state, frames);
  return Object.values(known.frames).includes("") ? null : known;
}

function toSavedPlace(name: string, { shown }: StagedFiles): SavedPlace | null {
  const place = shown.get(name);
  if (place === undefined) return null;
  return place.at === "file" ? { at: "file" } : place;
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
export function refuseLostReads(run: FinishedRun, before: Version): void {
  const { frames, cells, hasDefaultInputs } = run;
  const code = new Map(cells.cells.map(({ name, hash }) => [name, hash]));
  for (const [name, { frame }] of frames.staged) {
    const published =
      before.frames().get(name) ?? (hasDefaultInputs ? newestVariant(name, before) : undefined);
    if (published === undefined) continue;
    const { columns, readers = {} } = published;
    refuseLostColumns({ name, columns, readers }, frame.schema, (cell) => code.get(cell));
  }
}

/** The newest variant of the frame whose variant a name is: a default may have moved on. */
function newestVariant(name: string, before: Version) {
  const own = frameOfVariant(name);
  const variants = [...before.frames()].filter(
    ([each]) => own !== undefined && (frameOfVariant(each) ?? each) === own,
  );
  const byAge = ({ computedAt }: { readonly computedAt: string }) => -Date.parse(computedAt);
  return variants.map(([, frame]) => frame).sort((one, other) => byAge(one) - byAge(other))[0];
}
