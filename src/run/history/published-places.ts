import { HexError } from "../../errors.ts";
import { stagedPrefix } from "../../store/key.ts";
import type { Commit, PublishedShown } from "../../store/manifest/manifest.ts";
import { shownOf } from "../../store/published-frame.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { openVersion } from "../../store/version.ts";
import type { CellResult } from "../run-event.ts";
import { isSameFrame } from "../same-frame.ts";
import type { ShownFrames } from "./shown-frames.ts";
import type { ShownPlace } from "./shown-index.ts";

/** Where versions hold what the cells of a run showed, by cell: it needs no second copy. */
export async function toPublishedPlaces(
  store: Store,
  { result, attempt, frames }: ShownFrames,
  options: StoreOptions,
): Promise<ReadonlyMap<string, ShownPlace>> {
  const commits = new Map<number, Promise<Commit | undefined>>();
  const findCommit = (generation: number) => {
    const known = commits.get(generation) ?? openCommit(store, generation, options);
    commits.set(generation, known);
    return known;
  };
  const own = result.version === null ? undefined : await findCommit(result.version);
  const places = new Map<string, ShownPlace>();
  for (const cell of result.cells) {
    const place =
      toOwnPlace(cell.name, own, { ...result, attempt }) ??
      (await toRead(cell, frames, findCommit));
    if (place !== undefined) places.set(cell.name, place);
  }
  for (const [cell, shown] of frames) {
    if (places.has(cell)) continue;
    const [same] = [...frames].find(([other, { frame }]) => {
      return places.get(other)?.at === "version" && isSameFrame(frame, shown.frame);
    }) ?? [""];
    const place = places.get(same);
    if (place !== undefined) places.set(cell, place);
  }
  return places;
}

async function openCommit(
  store: Store,
  generation: number,
  { signal }: StoreOptions,
): Promise<Commit | undefined> {
  try {
    return (await openVersion(store, { generation, signal })).commit;
  } catch (error) {
    // It may have left the history while the run went on.
    if (error instanceof HexError && error.code === "HEX_USAGE") return undefined;
    throw error;
  }
}

/** Where the version that this very attempt has published keeps what a cell showed. */
function toOwnPlace(
  cell: string,
  commit: Commit | undefined,
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
): ShownPlace | undefined {
  // Other outputs than its own were taken over from the version before.
  const isOwn = commit?.outputs?.key.startsWith(stagedPrefix(runId, attempt));
  if (commit === undefined || !isOwn) return undefined;
  const place = shownOf(commit, cell);
  return place && toPlace(place, commit);
}

function toPlace(place: PublishedShown, { generation, commitId }: Commit): ShownPlace {
  const version = { version: generation, commit: commitId };
  if (place.at === "frame") return { at: "version", ...version, frame: place.frame };
  const { sha256, sizeBytes } = place;
  return { at: "shown", ...version, sha256, sizeBytes };
}

/** Where the version is whose frame a cached cell has read, or published with its run. */
async function toRead(
  { name, data }: CellResult,
  frames: ShownFrames["frames"],
  findCommit: (generation: number) => Promise<Commit | undefined>,
): Promise<ShownPlace | undefined> {
  const frame = frames.get(name)?.publishedAs;
  const version = data?.version ?? null;
  if (frame === undefined || version === null) return undefined;
  const commit = await findCommit(version);
  return { at: "version", version, commit: commit?.commitId, frame };
}
