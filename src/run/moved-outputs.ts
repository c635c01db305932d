import { isDeepStrictEqual } from "node:util";
import type { Version } from "../store/version.ts";
import { toStateChanges } from "./cell-state.ts";
import { parseSavedOutputs, type SavedOutput } from "./saved-outputs.ts";
import { type FinishedRun, toDefaults, toOutputState } from "./to-publication.ts";

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
    // What only feeds frames that are kept was left out.
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
