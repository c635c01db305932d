import type { RequestedInput } from "../cell/input-value.ts";
import { HexError } from "../errors.ts";
import type { CellSource, LoadedCells } from "../source/load-cells.ts";
import { stagedPrefix } from "../store/key.ts";
import type { StagedFrame } from "../store/publication.ts";
import type { Store } from "../store/store.ts";
import { listVersions } from "../store/versions.ts";
import type { FrameOrigin } from "./freshness.ts";
import type { RunFrames } from "./run-frames.ts";
import type { Variant } from "./variant.ts";

/** The frame of a cached cell, published before with the code and the inputs of now. */
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
  readonly store: Store;
  readonly cells: LoadedCells;
  readonly inputs: ReadonlyMap<string, RequestedInput>;
  /** how old a frame may be whose cell does not say so itself; undefined: as old as they get */
  readonly maxAgeMs: number | undefined;
  /** when the data of a cell was changed last; milliseconds since 1970 */
  readonly dataChangedMs: (cell: string) => number;
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

async function findFrame(
  cell: CellSource,
  { frame: name }: Variant,
  options: AdoptOptions & { readonly frames: RunFrames },
): Promise<AdoptedFrame | undefined> {
  const { frames, signal } = options;
  const version = await frames.version();
  const published = version.frames().get(name);
  if (published === undefined || published.codeHash !== cell.codeHash) return undefined;
  const above = aboveOf(cell, options.cells);
  if (!isCurrent(cell, Date.parse(published.computedAt), above, options)) return undefined;
  if (!(await hadSameInputs(published.csv.key, above, options))) return undefined;
  const read = await version.readFrame(name, { signal });
  if (read === undefined || read.source !== "version") return undefined;
  const { frame, generation, computedAt, codeHash } = read;
  if (computedAt === null || codeHash === null) return undefined;
  return {
    staged: { frame, cell: cell.name, computedAt, codeHash },
    origin: { version: generation, computedAt, codeHash },
  };
}

/** Whether nothing but code and inputs, which are looked at apart, speaks against a frame. */
function isCurrent(
  cell: CellSource,
  computedMs: number,
  above: readonly CellSource[],
  { maxAgeMs, dataChangedMs, isFresh, now }: AdoptOptions,
): boolean {
  const mostMs = cell.maxAgeMs ?? maxAgeMs ?? Number.POSITIVE_INFINITY;
  if (now() - computedMs > mostMs) return false;
  return [cell, ...above].every(({ name }) => !isFresh(name) && dataChangedMs(name) <= computedMs);
}

/** Whether the run that computed a frame had the values that its inputs have now. */
async function hadSameInputs(
  key: string,
  above: readonly CellSource[],
  { store, inputs, signal }: AdoptOptions,
): Promise<boolean> {
  const widgets = above.filter(({ kind }) => kind === "input");
  if (widgets.length === 0) return true;
  const versions = await listVersions(store, { signal });
  const own = versions.find(({ runId, attempt }) => key.startsWith(stagedPrefix(runId, attempt)));
  if (own === undefined) return false;
  return widgets.every(({ name, widget }) => {
    const initial = widget?.default;
    const before = own.inputs[name] ?? initial;
    const now = inputs.get(name)?.value ?? initial;
    return JSON.stringify(before) === JSON.stringify(now);
  });
}

/** All cells that a cell hangs on, directly or not. */
function aboveOf({ dependencies }: CellSource, { cells }: LoadedCells): CellSource[] {
  const found = new Map<string, CellSource>();
  const waiting = [...dependencies];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const cell = cells.find((each) => each.name === name);
    if (cell === undefined || found.has(name)) continue;
    found.set(name, cell);
    waiting.push(...cell.dependencies);
  }
  return [...found.values()];
}
