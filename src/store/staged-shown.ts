import { arrowBlocks } from "../frame/arrow.ts";
import type { Frame } from "../frame/frame.ts";
import { stagedShownKey } from "./key.ts";
import type { PublishedFrame, PublishedShown } from "./manifest/manifest.ts";
import { ARROW_TYPE, type RunAttempt, stageFile } from "./staged-frame.ts";
import type { Store, StoreOptions } from "./store.ts";

/** The whole frame that a cell shows, or the published frame that it is. */
export type ShownToStage =
  | { readonly frame: Frame }
  /** `sha256` of its CSV, where this run did not compute it */
  | { readonly publishedAs: string; readonly sha256?: string | undefined };

/** How much is kept of what the cells of a run show. */
export interface ShownLimits {
  readonly frameBytes: number;
  /** of all frames of a run together */
  readonly runBytes: number;
}

export const SHOWN_LIMITS: ShownLimits = { frameBytes: 2 ** 28, runBytes: 2 ** 30 };

export interface StageShownOptions extends StoreOptions {
  /** the frames that are published together with it, by name */
  readonly frames: Readonly<Record<string, PublishedFrame>>;
  readonly limits?: ShownLimits | undefined;
  /** told of what has no room */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** Writes what the cells of a run show as whole frames, and tells where each of them is. */
export async function stageShown(
  store: Store,
  attempt: RunAttempt,
  shown: ReadonlyMap<string, ShownToStage>,
  { frames, limits = SHOWN_LIMITS, onWarning, signal }: StageShownOptions,
): Promise<ReadonlyMap<string, PublishedShown>> {
  const places = new Map<string, PublishedShown>();
  let leftBytes = limits.runBytes;
  for (const [cell, each] of shown) {
    if ("publishedAs" in each) {
      const place = toPublished(each, frames);
      if (place !== undefined) places.set(cell, place);
      continue;
    }
    const mostBytes = Math.min(leftBytes, limits.frameBytes);
    const place = await stageOne(store, attempt, { cell, ...each, mostBytes }, { signal });
    if (typeof place === "number") {
      onWarning?.(
        `what cell ${cell} shows is not kept: ${place} bytes, where ${mostBytes} have room`,
      );
      continue;
    }
    places.set(cell, place);
    leftBytes -= place.sizeBytes;
  }
  return places;
}

function toPublished(
  { publishedAs: frame, sha256: known }: Extract<ShownToStage, { publishedAs: string }>,
  frames: Readonly<Record<string, PublishedFrame>>,
): PublishedShown | undefined {
  const own = Object.hasOwn(frames, frame) ? frames[frame] : undefined;
  const sha256 = own?.csv.sha256 ?? known;
  return sha256 === undefined ? undefined : { at: "frame", frame, sha256 };
}

interface OneShown {
  readonly cell: string;
  readonly frame: Frame;
  readonly mostBytes: number;
}

/** Gives the bytes that it would take when there is no room for them. */
async function stageOne(
  store: Store,
  { runId, attempt }: RunAttempt,
  { cell, frame, mostBytes }: OneShown,
  options: StoreOptions,
): Promise<Extract<PublishedShown, { at: "file" }> | number> {
  const blocks = arrowBlocks(frame);
  const neededBytes = blocks.reduce((sum, { length }) => sum + length, 0);
  if (neededBytes > mostBytes) return neededBytes;
  const key = stagedShownKey(runId, attempt, cell);
  const place = `what cell ${cell} shows`;
  const file = await stageFile(store, { key, contentType: ARROW_TYPE, place, blocks }, options);
  const columns = frame.schema.map(({ name, type }) => ({ name, type }));
  return { at: "file", ...file, rows: frame.numRows, columns };
}
