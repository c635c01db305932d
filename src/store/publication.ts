import { randomUUID } from "node:crypto";
import { expectation, toMessage } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { MANIFEST_KEY, parseFrameName, sharedCsvKey } from "./key.ts";
import { type Manifest, type PublishedFrame, parseManifest, toManifestBytes } from "./manifest.ts";
import { type ReadFrameOptions, readForeignFrame, readPublishedFrame } from "./published-frame.ts";
import {
  CSV_TYPE,
  type RunAttempt,
  type StagedFiles,
  type StagedFrame,
  stageFrame,
} from "./staged-frame.ts";
import type { Store, StoreOptions } from "./store.ts";

export type { StagedFrame } from "./staged-frame.ts";

/** One publication, pinned: what it reads stays of one piece, whatever is published meanwhile. */
export interface Version {
  /** rises by one with every publication; `null` when nothing is published */
  readonly number: number | null;
  /** an instant as text; `null` when nothing is published */
  readonly publishedAt: string | null;
  /** The published frames by name, as data; reads nothing. */
  frames(): ReadonlyMap<string, PublishedFrame>;
  /**
   * Reads a frame, or `undefined` when there is none. A frame that this version does not hold is
   * looked for at `<name>.csv`, where another tool may have left it.
   *
   * @throws {HexError} HEX_KEY_INVALID, HEX_STORE_UNAVAILABLE; HEX_STORE_DAMAGED when neither of
   * the frame's files is what was published
   */
  readFrame(name: string, options?: ReadFrameOptions): Promise<Frame | undefined>;
}

/** Everything that a run publishes at once. */
export interface Publication extends RunAttempt, StoreOptions {
  /** the run context, such as `logic` */
  readonly context: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** of the code that computed the frames */
  readonly codeHash: string;
  readonly frames: ReadonlyMap<string, StagedFrame>;
  /** the version that the run read from, which a healthy store never falls behind */
  readonly base?: Version | undefined;
  /** an instant as text; now unless told */
  readonly publishedAt?: string | undefined;
  /** told when a copy for other tools cannot be written */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/**
 * Pins the newest version.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function openVersion(store: Store, options: StoreOptions = {}): Promise<Version> {
  const manifest = await readManifest(store, options);
  const frames = new Map(Object.entries(manifest?.frames ?? {}));
  return {
    number: manifest?.generation ?? null,
    publishedAt: manifest?.publishedAt ?? null,
    frames: () => frames,
    readFrame: async (name, options) => {
      const entry = frames.get(parseFrameName(name));
      if (entry === undefined) return readForeignFrame(store, name, options);
      return readPublishedFrame(store, entry, options);
    },
  };
}

/**
 * Publishes the frames of a run together and returns the number of the new version. Frames of the
 * newest version that this run did not compute stay in it. Before the last write of the manifest
 * nobody sees anything of it; a run that stops earlier leaves only staged objects.
 *
 * @throws {HexError} HEX_KEY_INVALID, HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED; HEX_DATA_INVALID
 * when a frame holds what its files cannot keep
 */
export async function publish(store: Store, publication: Publication): Promise<number> {
  const { frames, signal } = publication;
  for (const name of frames.keys()) parseFrameName(name);
  // Stage everything under the run's own keys.
  const staged = new Map<string, StagedFiles>();
  for (const [name, frame] of frames) {
    staged.set(name, await stageFrame(store, publication, name, frame, { signal }));
  }
  // Show it to readers, all at once.
  const manifest = await swapManifest(store, publication, staged);
  // Put the newest CSVs where other tools look.
  await copyForOthers(store, publication, staged);
  return manifest.generation;
}

/** Puts the next manifest in the place of the newest one. */
async function swapManifest(
  store: Store,
  publication: Publication,
  staged: ReadonlyMap<string, StagedFiles>,
): Promise<Manifest> {
  const { signal, base } = publication;
  const current = await readManifest(store, { signal });
  assertNotBehind(store, current, base);
  const next = toManifest(publication, current, staged);
  const body = toManifestBytes(next);
  await store.write(MANIFEST_KEY, body, { signal, contentType: "application/json" });
  return next;
}

function toManifest(
  { runId, attempt, context, inputs, codeHash, publishedAt }: Publication,
  current: Manifest | undefined,
  staged: ReadonlyMap<string, StagedFiles>,
): Manifest {
  const computed = [...staged].map(([name, { entry }]) => [name, entry] as const);
  return {
    format: 1,
    generation: (current?.generation ?? 0) + 1,
    commitId: randomUUID(),
    runId,
    attempt,
    context,
    publishedAt: publishedAt ?? new Date().toISOString(),
    inputs,
    codeHash,
    frames: { ...current?.frames, ...Object.fromEntries(computed) },
  };
}

async function copyForOthers(
  store: Store,
  { signal, onWarning }: Publication,
  staged: ReadonlyMap<string, StagedFiles>,
): Promise<void> {
  for (const [name, { csv }] of staged) {
    try {
      await store.write(sharedCsvKey(name), csv, { signal, contentType: CSV_TYPE });
    } catch (error) {
      // The version is out: nothing that happens now can make the run a failure.
      onWarning?.(`${name}.csv for other tools was not written: ${toMessage(error)}`);
    }
  }
}

/** A store that has gone back would give the same version number twice. */
function assertNotBehind(store: Store, current: Manifest | undefined, base?: Version): void {
  const generation = current?.generation ?? 0;
  if (generation >= (base?.number ?? 0)) return;
  throw expectation("HEX_STORE_DAMAGED", {
    place: `the newest version in ${store.location}`,
    expected: `${base?.number} or later`,
    got: current === undefined ? "no manifest" : `version ${generation}`,
    hint: `${MANIFEST_KEY} was removed or put back by something else`,
  });
}

async function readManifest(store: Store, options: StoreOptions): Promise<Manifest | undefined> {
  const object = await store.read(MANIFEST_KEY, options);
  return object && parseManifest(object.body, store.location);
}
