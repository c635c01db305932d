import { HexError } from "../errors.ts";
import { type AskedFormat, parseFrameName } from "./key.ts";
import {
  frameOf,
  newestCommit,
  newestGeneration,
  type Retention,
  toNextManifest,
} from "./manifest/history.ts";
import type {
  Commit,
  Manifest,
  PublishedFrame,
  PublishedShown,
  StoredFile,
  StoredState,
} from "./manifest/manifest.ts";
import { readManifest } from "./manifest/manifest.ts";
import { type SwapOptions, swapManifest } from "./manifest/swap-manifest.ts";
import {
  assertMayPublish,
  assertStillStaged,
  isRunSuperseded,
  startStopwatch,
} from "./publication-rules.ts";
import {
  claimPlaces,
  copyForOthers,
  placesToClaim,
  type SharedClaim,
  sharedFormats,
} from "./shared-files.ts";
import {
  dropStaged,
  type RunAttempt,
  type ShownToStage,
  type StagedFrame,
  stageFrame,
  stageOutputs,
  stageShown,
} from "./staged-files.ts";
import type { Store } from "./store.ts";

export type { ShownToStage, StagedFrame } from "./staged-files.ts";

/** Facts about a publication besides its frames. */
interface PublicationFacts {
  /** which door the run came in by, such as `schedule` */
  readonly trigger?: string | undefined;
  /** who publishes it, as `user@host` */
  readonly publishedBy?: string | undefined;
  /** milliseconds since 1970, asked at the very moment of publication */
  readonly now?: (() => number) | undefined;
  /** what is remarkable about it */
  readonly note?: string | undefined;
}

/** Everything that a run publishes at once. */
export interface Publication extends RunAttempt, PublicationFacts, Retention, SwapOptions {
  /** the run context, such as `logic` */
  readonly context: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** of the code of the whole project */
  readonly codeHash: string;
  readonly frames: ReadonlyMap<string, StagedFrame>;
  /** the values that the run was asked for; without them `inputs` are taken for asked */
  readonly asked?: Readonly<Record<string, unknown>> | undefined;
  /** what every input is when nobody asks for it; those of the version before unless told */
  readonly defaults?: Commit["defaults"];
  /**
   * what every cell showed with default inputs, as JSON, made when it is known where its frames are;
   * that of the version before unless told
   */
  readonly outputs?: ((staged: StagedFiles) => Uint8Array) | undefined;
  /** the whole frames of these outputs, by the name of the cell */
  readonly shown?: ReadonlyMap<string, ShownToStage> | undefined;
  /** names of frames that may replace files which no run has published */
  readonly overwrite?: readonly string[] | undefined;
  /** formats beside CSV and Arrow in which the frames are published as well */
  readonly alsoPublish?: readonly AskedFormat[] | undefined;
  /** the fence of the lease that the run held; without one nothing is compared */
  readonly fence?: number | undefined;
  /** the version that the run read from, which a healthy store never falls behind */
  readonly base?: { readonly number: number | null } | undefined;
  /** tells the milliseconds since it was called; never less than has passed on any clock */
  readonly startStopwatch?: (() => () => number) | undefined;
  /** told when a copy for other tools cannot be written */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** Files that a publication has staged before its outputs. */
export interface StagedFiles {
  /** the frames that this run publishes, by name */
  readonly frames: Readonly<Record<string, PublishedFrame>>;
  /** where the whole frames are that cells show; those that were not kept are missing */
  readonly shown: ReadonlyMap<string, PublishedShown>;
}

/** The staged files of a publication, as the manifest will hold them. */
interface Staged extends StagedFiles {
  readonly outputs: StoredFile | undefined;
}

/**
 * Publishes the frames of a run together and returns the number of the new version. Frames of the
 * newest version that this run did not compute stay in it. Before the manifest is replaced nobody
 * sees anything of it; a run that stops earlier leaves only staged objects.
 *
 * Of several callers each gets a number of its own, one after the other. A call that fails has
 * published nothing, unless it says that the state of the version is unknown.
 *
 * @throws {HexError} HEX_RUN_SUPERSEDED when a run with a higher fence has published, or an attempt
 * at this run already has; its own staged objects are then gone
 * @throws {HexError} HEX_NAME_TAKEN when a frame is published for the first time and a file
 * lies in its place that no run has published
 * @throws {HexError} HEX_KEY_INVALID, HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED; HEX_DATA_INVALID
 * when a frame holds what its files cannot keep, or is larger than what is read back
 */
export async function publish(store: Store, publication: Publication): Promise<number> {
  const { frames, signal } = publication;
  for (const name of frames.keys()) parseFrameName(name);
  const before = await readManifest(store, { signal });
  assertMayPublish(store.location, publication, before?.value);
  const newest = newestCommit(before?.value);
  const commit = await stageAndShow(store, publication, toClaims(publication, newest)).catch(
    async (error: unknown) => {
      if (isRefused(error)) await dropStaged(store, publication);
      throw error;
    },
  );
  // Put the newest files where other tools look.
  await copyForOthers(store, [...frames.keys()], { ...publication, before: newest });
  return commit.generation;
}

/** Whether a run was refused with certainty: nothing points at what it has staged. */
function isRefused(error: unknown): boolean {
  const isTaken = error instanceof HexError && error.code === "HEX_NAME_TAKEN";
  return isTaken || isRunSuperseded(error);
}

/** The places of files that are not those of the newest version already. */
function toClaims({ frames, alsoPublish }: Publication, newest: Commit | undefined): SharedClaim[] {
  const formats = sharedFormats(alsoPublish);
  return [...frames].flatMap(([name, { frame }]) => {
    const places = placesToClaim(name, frameOf(newest, name), formats);
    return places.map((place) => ({ ...place, frame }));
  });
}

async function stageAndShow(
  store: Store,
  publication: Publication,
  claims: readonly SharedClaim[],
): Promise<Commit> {
  // Stage everything under the run's own keys.
  const elapsedMs = (publication.startStopwatch ?? startStopwatch)();
  const staged = await stageAll(store, publication);
  // Where other tools look nothing of others may be lost.
  await claimPlaces(store, claims, publication);
  // Show it to readers, all at once.
  const build = (current: Manifest | undefined, commitId: string) => {
    assertMayPublish(store.location, publication, current);
    assertStillStaged(publication, elapsedMs());
    const commit = toCommit(publication, staged, { current, commitId });
    return toNextManifest(commit, current, publication);
  };
  return swapManifest(store, build, publication);
}

async function stageAll(store: Store, publication: Publication): Promise<Staged> {
  const { outputs, alsoPublish, signal, onWarning } = publication;
  const staged: [string, PublishedFrame][] = [];
  for (const [name, frame] of publication.frames) {
    staged.push([name, await stageFrame(store, publication, name, frame, { alsoPublish, signal })]);
  }
  const frames = withDigests(Object.fromEntries(staged));
  if (outputs === undefined) return { frames, shown: new Map(), outputs };
  const { shown: wanted = new Map() } = publication;
  const shown = await stageShown(store, publication, wanted, { frames, signal, onWarning });
  const body = outputs({ frames, shown });
  return { frames, shown, outputs: await stageOutputs(store, publication, body, { signal }) };
}

type Frames = Readonly<Record<string, PublishedFrame>>;

/** Fills in what only now is known of the frames that others of them are computed from. */
function withDigests(frames: Frames): Frames {
  return Object.fromEntries(
    Object.entries(frames).map(([name, { state, ...frame }]) => [
      name,
      state === undefined ? frame : { ...frame, state: withOwnDigests(state, frames) },
    ]),
  );
}

/** A state whose frames have the digests of those that are published together with it. */
export function withOwnDigests(state: StoredState, frames: Frames): StoredState {
  const digests = Object.entries(state.frames).map(([name, known]) => {
    const own = Object.hasOwn(frames, name) ? frames[name] : undefined;
    return [name, own?.csv.sha256 ?? known];
  });
  return { ...state, frames: Object.fromEntries(digests) };
}

function toCommit(
  publication: Publication,
  staged: Staged,
  { current, commitId }: { readonly current: Manifest | undefined; readonly commitId: string },
): Commit {
  const { runId, attempt, context, trigger, publishedBy, note } = publication;
  const { inputs, asked, codeHash, now = Date.now } = publication;
  const before = newestCommit(current);
  // Not when the run began: by it the version before counts as replaced.
  const publishedAt = new Date(now()).toISOString();
  return {
    generation: newestGeneration(current) + 1,
    commitId,
    ...{ runId, attempt, context, trigger, publishedBy, publishedAt, note },
    ...{ inputs, asked, codeHash },
    defaults: publication.defaults ?? before?.defaults,
    frames: { ...before?.frames, ...staged.frames },
    // They stay true as long as what they hang on does, which they tell themselves.
    ...(staged.outputs === undefined
      ? { outputs: before?.outputs, shown: before?.shown }
      : { outputs: staged.outputs, shown: Object.fromEntries(staged.shown) }),
  };
}
