import { HexError } from "../errors.ts";
import { namesAbove } from "../source/code-hash.ts";
import type { CellSource, LoadedCells } from "../source/load-cells.ts";
import type { StagedFrame } from "../store/publication.ts";
import type { Version } from "../store/version.ts";
import { type CellGrounds, toCellState } from "./cell-grounds.ts";
import { toStateChanges } from "./cell-state.ts";
import type { FrameOrigin } from "./freshness.ts";
import type { RunFrames } from "./run-frames.ts";
import type { Variant } from "./variant.ts";

/** The frame of a cached cell, published before when all that it hangs on was as it is now. */
interface AdoptedFrame {
  readonly staged: StagedFrame;
  readonly origin: FrameOrigin;
}

/** Gives such a frame, when there is one: then the cell need not be computed. */
export type AdoptFrame = (
  cell: CellSource,
  variant: Variant,
  frames: RunFrames,
) => Promise<AdoptedFrame | undefined>;

export interface AdoptOptions {
  readonly cells: LoadedCells;
  readonly grounds: CellGrounds;
  /** resolved values of inputs by name, filled while the run goes: those above a cell are there in time */
  readonly inputs: ReadonlyMap<string, unknown>;
  /** how old a frame may be whose cell does not say so itself; undefined: as old as they get */
  readonly maxAgeMs: number | undefined;
  /** whether a cell is to be computed whatever is published */
  readonly isFresh: (cell: string) => boolean;
  readonly signal: AbortSignal;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** Finds frames that need not be computed again; where the store fails, there are none. */
export function adoptPublished(options: AdoptOptions): AdoptFrame {
  return async (cell, variant, frames) => {
    try {
      return await findFrame(cell, variant, { ...options, frames });
    } catch (thrown) {
      if (!(thrown instanceof HexError) || options.signal.aborted) throw thrown;
      return undefined;
    }
  };
}

interface Adopting extends AdoptOptions {
  readonly frames: RunFrames;
}

async function findFrame(
  cell: CellSource,
  { frame: name }: Variant,
  options: Adopting,
): Promise<AdoptedFrame | undefined> {
  const { frames, signal, cells, isFresh } = options;
  if ([cell.name, ...namesAbove(cell.name, cells.cells)].some(isFresh)) return undefined;
  const version = await frames.version();
  const published = version.frames().get(name);
  if (published?.state === undefined || isTooOld(cell, published.computedAt, options)) {
    return undefined;
  }
  const digests = toDigests(version, frames);
  const state = toCellState(cell.name, cells, options.grounds, { ...options, frames: digests });
  if (toStateChanges(published.state, state).length > 0) return undefined;
  const read = await version.readFrame(name, { signal });
  if (read === undefined || read.source !== "version") return undefined;
  const { frame, generation, computedAt, codeHash } = read;
  if (computedAt === null || codeHash === null) return undefined;
  return {
    staged: { frame, cell: cell.name, computedAt, codeHash },
    origin: { version: generation, computedAt, codeHash },
  };
}

function isTooOld(cell: CellSource, computedAt: string, { maxAgeMs, now }: Adopting): boolean {
  const mostMs = cell.maxAgeMs ?? maxAgeMs ?? Number.POSITIVE_INFINITY;
  return now() - Date.parse(computedAt) > mostMs;
}

/** The digests of the frames that a run has; of one that it computed itself nobody knows it yet. */
function toDigests(version: Version, frames: RunFrames): ReadonlyMap<string, string> {
  const digests = new Map([...frames.readBack].map(([name, { sha256 }]) => [name, sha256]));
  for (const [name, { computedAt, codeHash }] of frames.staged) {
    const published = version.frames().get(name);
    const isPublished = published?.computedAt === computedAt && published?.codeHash === codeHash;
    digests.set(name, (isPublished ? published?.csv.sha256 : undefined) ?? "");
  }
  return digests;
}
