import { namesAbove } from "../cell/graph.ts";
import { HexError } from "../errors.ts";
import { toCellState } from "../run/cell-grounds.ts";
import { toShownOutput } from "../run/cell-output.ts";
import { toStateChanges } from "../run/cell-state.ts";
import type { ComputedCell } from "../run/compute-cell.ts";
import type { CellTurn } from "../run/recall.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { PublishedFrame } from "../store/manifest/manifest.ts";
import type { RunSoFar } from "./published.ts";

/** Which frames of the version that is read may stand for computing them. */
export interface Adoption {
  readonly cells: LoadedCells;
  /** how old they may be whose cell does not say so itself; undefined: as old as they get */
  readonly maxAgeMs: number | undefined;
  /** how often a cell was asked to run afresh */
  readonly timesFreshened: (cell: string) => number;
}

type Turn = Pick<CellTurn, "planned" | "variant" | "frames" | "signal">;

interface AdoptedFrame {
  readonly computed: ComputedCell;
  /** of its CSV */
  readonly sha256: string;
}

/**
 * The published frame of a heavy cell, staged again, when all that it hangs on is as it was. Where the
 * store fails there is none.
 */
export async function adoptFrame(
  turn: Turn,
  adoption: Adoption,
  so: Omit<RunSoFar, "results">,
): Promise<AdoptedFrame | undefined> {
  try {
    const version = await turn.frames.version();
    const published = version.frames().get(turn.variant.frame);
    if (published === undefined || !isCurrent(published, turn, adoption)) return undefined;
    const { name } = turn.planned;
    const state = toCellState(name, adoption.cells, so.grounds, so);
    const isSame = published.state && toStateChanges(published.state, state).length === 0;
    return isSame === true ? await readFrame(turn, published) : undefined;
  } catch (thrown) {
    if (!(thrown instanceof HexError) || turn.signal.aborted) throw thrown;
    return undefined;
  }
}

/** Whether a frame is young enough, and nobody has asked for a newer one. */
function isCurrent(
  { computedAt }: PublishedFrame,
  { planned: { name } }: Turn,
  { cells: { cells }, maxAgeMs, timesFreshened }: Adoption,
): boolean {
  const own = cells.find((each) => each.name === name);
  const mostMs = own?.maxAgeMs ?? maxAgeMs ?? Number.POSITIVE_INFINITY;
  if (Date.now() - Date.parse(computedAt) > mostMs) return false;
  return [name, ...namesAbove(cells, [name])].every((each) => timesFreshened(each) === 0);
}

async function readFrame(
  { planned: { name }, variant, frames, signal }: Turn,
  { csv: { sha256 } }: PublishedFrame,
): Promise<AdoptedFrame | undefined> {
  const read = await (await frames.version()).readFrame(variant.frame, { signal });
  if (read === undefined || read.source !== "version") return undefined;
  const { frame, generation, computedAt, codeHash } = read;
  if (computedAt === null || codeHash === null) return undefined;
  frames.restage(variant.frame, { frame, cell: name, computedAt, codeHash });
  const origin = { version: generation, computedAt, codeHash };
  const shown = toShownOutput(name, frame);
  return { computed: { value: frame, ...shown, origin, frame: variant.frame }, sha256 };
}
