import { parseFrameName } from "./key.ts";
import {
  newestCommit,
  newestGeneration,
  type Retention,
  toNextManifest,
} from "./manifest/history.ts";
import type { Commit, Manifest, PublishedFrame, StoredFile } from "./manifest/manifest.ts";
import { readManifest } from "./manifest/read-manifest.ts";
import { type SwapOptions, swapManifest } from "./manifest/swap-manifest.ts";
import {
  assertMayPublish,
  assertStillStaged,
  isRunSuperseded,
  startStopwatch,
} from "./publication-rules.ts";
import { copyForOthers } from "./shared-copy.ts";
import {
  dropStaged,
  type RunAttempt,
  type StagedFrame,
  stageFrame,
  stageOutputs,
} from "./staged-frame.ts";
import type { Store } from "./store.ts";

export type { StagedFrame } from "./staged-frame.ts";

/** What is told of a publication besides its frames. */
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
  /** what every cell showed with default inputs, as JSON */
  readonly outputs?: Uint8Array | undefined;
  /** the fence of the lease that the run held; without one nothing is compared */
  readonly fence?: number | undefined;
  /** the version that the run read from, which a healthy store never falls behind */
  readonly base?: { readonly number: number | null } | undefined;
  /** tells the milliseconds since it was called; never less than has passed on any clock */
  readonly startStopwatch?: (() => () => number) | undefined;
  /** told when a copy for other tools cannot be written */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** The staged files of a publication, as the manifest will hold them. */
interface Staged {
  readonly frames: Readonly<Record<string, PublishedFrame>>;
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
 * @throws {HexError} HEX_KEY_INVALID, HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED; HEX_DATA_INVALID
 * when a frame holds what its files cannot keep, or is larger than what is read back
 */
export async function publish(store: Store, publication: Publication): Promise<number> {
  const { frames, signal } = publication;
  for (const name of frames.keys()) parseFrameName(name);
  const before = await readManifest(store, { signal });
  assertMayPublish(store.location, publication, before?.manifest);
  const commit = await stageAndShow(store, publication).catch(async (error: unknown) => {
    if (isRunSuperseded(error)) await dropStaged(store, publication);
    throw error;
  });
  // Put the newest CSVs where other tools look.
  await copyForOthers(store, [...frames.keys()], publication);
  return commit.generation;
}

async function stageAndShow(store: Store, publication: Publication): Promise<Commit> {
  // Stage everything under the run's own keys.
  const elapsedMs = (publication.startStopwatch ?? startStopwatch)();
  const staged = await stageAll(store, publication);
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
  const { outputs, signal } = publication;
  const frames: [string, PublishedFrame][] = [];
  for (const [name, frame] of publication.frames) {
    frames.push([name, await stageFrame(store, publication, name, frame, { signal })]);
  }
  return {
    frames: Object.fromEntries(frames),
    outputs: outputs && (await stageOutputs(store, publication, outputs, { signal })),
  };
}

function toCommit(
  publication: Publication,
  staged: Staged,
  { current, commitId }: { readonly current: Manifest | undefined; readonly commitId: string },
): Commit {
  const { runId, attempt, context, trigger, publishedBy, note } = publication;
  const { inputs, codeHash, now = Date.now } = publication;
  // Not when the run began: by it the version before counts as replaced.
  const publishedAt = new Date(now()).toISOString();
  return {
    generation: newestGeneration(current) + 1,
    commitId,
    ...{ runId, attempt, context, trigger, publishedBy, publishedAt, note, inputs, codeHash },
    frames: { ...newestCommit(current)?.frames, ...staged.frames },
    outputs: staged.outputs,
  };
}
