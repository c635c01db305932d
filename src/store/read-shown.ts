import { frameFromArrow } from "../frame/arrow.ts";
import type { Frame } from "../frame/frame.ts";
import { frameOf } from "./manifest/history.ts";
import type { Commit, PublishedShown } from "./manifest/manifest.ts";
import { type ReadFrameOptions, readPublishedFrame } from "./published-frame.ts";
import type { Store, StoreOptions } from "./store.ts";
import { damagedFile, isDamage, isInvalidData, readStoredFile } from "./stored-file.ts";

/** Where the whole frame of a cell is in a commit, if it was kept. */
export function shownOf(commit: Commit | undefined, cell: string): PublishedShown | undefined {
  // A cell may be called what every object inherits, such as toString.
  return commit?.shown && Object.hasOwn(commit.shown, cell) ? commit.shown[cell] : undefined;
}

/** Reads the whole frame that a cell showed when a commit was published; as `Version.readShown`. */
export async function readShown(
  store: Store,
  commit: Commit | undefined,
  cell: string,
  options: ReadFrameOptions = {},
): Promise<Frame | undefined> {
  const shown = shownOf(commit, cell);
  if (shown === undefined) return undefined;
  try {
    if (shown.at === "file") return await readShownFile(store, shown, options);
    const entry = frameOf(commit, shown.frame);
    // What another run has published under that name since is not what the cell showed.
    if (entry?.csv.sha256 !== shown.sha256) return undefined;
    return await readPublishedFrame(store, shown.frame, entry, options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    options.onWarning?.(`${error.message}; cell ${cell} has to show it again`);
    return undefined;
  }
}

/**
 * Reads a shown frame from its own file.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when it is gone, or another
 */
async function readShownFile(
  store: Store,
  shown: Extract<PublishedShown, { at: "file" }>,
  { signal }: StoreOptions,
): Promise<Frame> {
  const bytes = await readStoredFile(store, shown, { signal });
  try {
    return frameFromArrow(bytes, shown.columns);
  } catch (error) {
    if (!isInvalidData(error)) throw error;
    throw damagedFile(store, shown, error.message, error);
  }
}
