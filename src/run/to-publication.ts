import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
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
import { type CellState, nearOf, toCellState, toStateChanges } from "./cell-fingerprints.ts";
import { isSameFrame } from "./cell-output.ts";
import { type ColumnReader, type ColumnReads, refuseLostColumns } from "./column-reads.ts";
import type { ComputedCell } from "./compute-cell.ts";
import type { RecordedDefault, RecordedDefaults } from "./recorded-default.ts";
import type { CellResult } from "./run-event.ts";
import { frameOfVariant, type RunFrames } from "./run-frames.ts";
import type { RunWork } from "./run-work.ts";
import {
  type OutputToSave,
  parseSavedOutputs,
  type SavedOutput,
  type SavedPlace,
  toSavedOutputs,
} from "./saved-outputs.ts";

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

/** The publication of a run. */
export function toPublication(run: FinishedRun) {
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

/** Default values of the inputs: as this run found them, or the version before. */
function toDefaults(run: FinishedRun): RecordedDefaults {
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

/** State of an output; null when it was not read, or hangs on data that no run has published. */
function toOutputState(
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

/**
 * The value of every input of a run: also of those that it left out, since they only feed what it
 * read, as they were asked for or are by default.
 */
function toInputValues({
  inputs,
  cells,
  computed,
  recorded = {},
}: Pick<FinishedRun, "inputs" | "cells" | "computed" | "recorded">): ReadonlyMap<string, unknown> {
  const all = cells.cells.filter(({ kind }) => kind === "input");
  return new Map(
    all.flatMap(({ name, codeHash }): [string, unknown][] => {
      const known = computed.get(name);
      if (known !== undefined) return [[name, known.value]];
      const asked = inputs.get(name);
      if (asked !== undefined) return [[name, asked.value]];
      const before = Object.hasOwn(recorded, name) ? recorded[name] : undefined;
      return before?.code === codeHash ? [[name, before.value]] : [];
    }),
  );
}

/**
 * Dependencies of a cell in a run; undefined where they were not looked at. Digests of the frames that
 * this run publishes are still missing.
 */
function toStateIn(run: FinishedRun, name: string): CellState | undefined {
  const { cells, fingerprints, computed } = run;
  const near = [name, ...nearOf(name, cells.cells).names];
  // What a cell read of other tools may be another by now.
  const isKnown = near.every((each) => computed.get(each)?.readsObjects !== true);
  if (fingerprints === undefined || !isKnown) return undefined;
  return toCellState(name, cells, fingerprints, {
    inputs: toInputValues(run),
    frames: framesOf(run),
  });
}

/** The published frames of a run's cells with the digests of those that it has read. */
function framesOf({ computed, frames }: FinishedRun): ReadonlyMap<string, string> {
  const names = [...computed.values()].flatMap(({ frame }) => frame ?? []);
  return new Map(names.map((name) => [name, frames.readBack.get(name)?.sha256 ?? ""]));
}

/** The state of a frame that is staged; none when it hangs on what no run has published. */
function toStagedState(run: FinishedRun, { cell }: StagedFrame): Pick<StagedFrame, "state"> {
  const state = toStateIn(run, cell);
  if (state === undefined) return {};
  const { staged } = run.frames;
  const isKnown = Object.entries(state.frames).every(
    ([name, digest]) => digest !== "" || staged.has(name),
  );
  return isKnown ? { state } : {};
}

/**
 * Whether a run that computed no frame has come to other outputs or defaults than those that its
 * version holds, by what they hang on.
 */
export async function hasMovedOutputs(
  run: FinishedRun,
  version: Version,
  onWarning: (line: string) => void,
): Promise<boolean> {
  const { commit } = version;
  if (commit === undefined) return false;
  const defaults: unknown = JSON.parse(JSON.stringify(toDefaults(run)));
  if (!isDeepStrictEqual(defaults, commit.defaults ?? {})) return true;
  const bytes = await version.readOutputs({ signal: run.signal, onWarning });
  const saved = bytes && parseSavedOutputs(bytes);
  return saved === undefined || hasOtherCells(run, saved.cells, version);
}

function hasOtherCells(run: FinishedRun, saved: readonly SavedOutput[], version: Version): boolean {
  const { cells } = run.cells;
  const before = new Map(saved.map((cell) => [cell.name, cell]));
  if (cells.length !== before.size) return true;
  return cells.some(({ name, kind }) => {
    const known = before.get(name);
    if (known === undefined) return true;
    // Cells that only feed kept frames were left out.
    if (!run.computed.has(name)) return false;
    return isOtherState(run, known, kind === "cached") || isOtherFrame(known, version);
  });
}

function isOtherState(
  run: FinishedRun,
  { name, state: before }: SavedOutput,
  isKept: boolean,
): boolean {
  const now = toOutputState(run, name, { frames: {} });
  if (before === null || now === null) return before !== now;
  // Of a frame that is kept the run has not read what it was computed from.
  const known = isKept ? { ...before, frames: now.frames } : before;
  return toStateChanges(known, now).length > 0;
}

/** Whether a run with other inputs has published anew the frame that was shown. */
function isOtherFrame({ shown }: SavedOutput, version: Version): boolean {
  if (shown?.at !== "frame") return false;
  return version.frames().get(shown.frame)?.csv.sha256 !== shown.sha256;
}
