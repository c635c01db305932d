import { expectation, type HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { toSha256 } from "../sha256.ts";
import { claimKey, sharedKey } from "./key.ts";
import { frameOf } from "./manifest/history.ts";
import { type Commit, type Manifest, readManifest } from "./manifest/manifest.ts";
import { type ReadFrameOptions, readPublishedFrame } from "./published-frame.ts";
import { checkFrameSize, READ_LIMITS, readUnlessLarger, tooLarge } from "./read-limits.ts";
import type { FoundObject, Store, StoreOptions } from "./store.ts";
import { isDamage, toByteSource } from "./stored-file.ts";

/** A frame, and where it really came from. */
export interface ReadFrame {
  readonly frame: Frame;
  /**
   * - version: the pinned version
   * - earlier-version: an earlier one, since this frame is damaged in the pinned one
   * - other-tool: a CSV that no run has published
   */
  readonly source: "version" | "earlier-version" | "other-tool";
  /** the version that it was read from; `null` from another tool */
  readonly generation: number | null;
  /** an instant as text; of a CSV of another tool, when it was written */
  readonly computedAt: string | null;
  /** of the code of its cell; `null` from another tool */
  readonly codeHash: string | null;
  /** names the content of a CSV of another tool */
  readonly tag?: string;
}

/** The commit that is read from, and the manifest that it was found in. */
export interface Pinned {
  readonly manifest: Manifest | undefined;
  readonly commit: Commit | undefined;
  /** by name, the frames for which a CSV of another tool was looked, and what was found */
  readonly looked: ReadonlyMap<string, FoundObject | undefined>;
}

/** Reads a frame of a pinned commit, or what stands in for it; `undefined` when there is nothing. */
export async function readFrame(
  store: Store,
  pinned: Pinned,
  name: string,
  options: ReadFrameOptions = {},
): Promise<ReadFrame | undefined> {
  const { commit } = pinned;
  const entry = frameOf(commit, name);
  if (commit === undefined || entry === undefined)
    return readUnpublished(store, pinned, name, options);
  try {
    const frame = await readPublishedFrame(store, name, entry, options);
    return toReadFrame({ frame, name, commit, source: "version" });
  } catch (error) {
    if (!isDamage(error)) throw error;
    return readEarlier(store, { ...pinned, commit, damage: error }, name, options);
  }
}

/** A frame that the pinned commit does not hold. */
async function readUnpublished(
  store: Store,
  { looked }: Pinned,
  name: string,
  options: ReadFrameOptions,
): Promise<ReadFrame | undefined> {
  const found = looked.has(name)
    ? looked.get(name)
    : await findUnpublished(store, (await readManifest(store, options))?.value, name, options);
  if (found === undefined) return undefined;
  const { tag, modifiedAt } = found;
  const frame = await readForeignFrame(store, name, found, options);
  const computedAt = modifiedAt.toISOString();
  return { frame, source: "other-tool", generation: null, computedAt, codeHash: null, tag };
}

/** The CSV of another tool that stands for a frame, which no version that is kept has. */
export async function findUnpublished(
  store: Store,
  newest: Manifest | undefined,
  name: string,
  options: StoreOptions = {},
): Promise<FoundObject | undefined> {
  // A copy of what some other version holds would mix the two.
  const isPublished = newest?.commits.some((commit) => frameOf(commit, name));
  return isPublished ? undefined : findForeign(store, name, options);
}

interface Damaged extends Pinned {
  readonly commit: Commit;
  readonly damage: HexError;
}

/** Reads a damaged frame from the newest earlier commit that has other files for it, undamaged. */
async function readEarlier(
  store: Store,
  damaged: Damaged,
  name: string,
  options: ReadFrameOptions,
): Promise<ReadFrame> {
  const { commit: pinned, damage } = damaged;
  const newest = await findNewest(store, options);
  const tried = new Set([frameOf(pinned, name)?.csv.key]);
  for (const commit of earlierCommits(damaged, newest)) {
    const entry = frameOf(commit, name);
    if (entry === undefined || tried.has(entry.csv.key)) continue;
    tried.add(entry.csv.key);
    try {
      const frame = await readPublishedFrame(store, name, entry, options);
      options.onWarning?.(
        `${damage.message}; frame ${name} of version ${pinned.generation} is damaged, and that of ` +
          `version ${commit.generation} (${entry.computedAt}) is served instead`,
      );
      return toReadFrame({ frame, name, commit, source: "earlier-version" });
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  throw isKept(pinned, newest) ? damage : noLongerKept(store, pinned, damage);
}

/** The manifest as it is now: what was missing may have been replaced meanwhile. */
async function findNewest(store: Store, options: StoreOptions): Promise<Manifest | undefined> {
  try {
    return (await readManifest(store, options))?.value;
  } catch (error) {
    // The one we have still tells the earlier versions.
    if (isDamage(error)) return undefined;
    throw error;
  }
}

function earlierCommits({ manifest, commit }: Damaged, newest: Manifest | undefined): Commit[] {
  const known = [...(newest?.commits ?? []), ...(manifest?.commits ?? [])];
  const unique = new Map(known.map((one) => [one.generation, one]));
  const earlier = [...unique.values()].filter(({ generation }) => generation < commit.generation);
  return earlier.sort((one, other) => other.generation - one.generation);
}

function isKept({ commitId }: Commit, newest: Manifest | undefined): boolean {
  return newest?.commits.some((commit) => commit.commitId === commitId) ?? true;
}

function noLongerKept({ location }: Store, { generation }: Commit, cause: HexError): HexError {
  const told = {
    place: `version ${generation} in ${location}`,
    expected: "kept for as long as it is read",
    got: "only newer ones",
    hint: "open the newest version, or keep versions for longer",
  };
  return expectation("HEX_STORE_DAMAGED", told, { cause });
}

interface Found {
  readonly frame: Frame;
  readonly name: string;
  readonly commit: Commit;
  readonly source: "version" | "earlier-version";
}

function toReadFrame({ frame, name, commit, source }: Found): ReadFrame {
  const { computedAt = null, codeHash = null } = frameOf(commit, name) ?? {};
  return { frame, source, generation: commit.generation, computedAt, codeHash };
}

/** Finds the CSV that another tool left at `<name>.csv`; a claim of ours there is none. */
async function findForeign(
  store: Store,
  name: string,
  { signal }: StoreOptions = {},
): Promise<FoundObject | undefined> {
  const key = sharedKey(name, "csv");
  const found = await store.find(key, { signal });
  if (found === undefined) return undefined;
  const noted = await store.read(claimKey(name, "csv"), { signal });
  if (noted?.body.length !== found.sizeBytes) return found;
  const limitBytes = found.sizeBytes;
  const there = await readUnlessLarger(store, key, { limitBytes, signal });
  if (there === undefined) return undefined;
  const isClaim = there !== "too-large" && toSha256(there.body) === toSha256(noted.body);
  return isClaim ? undefined : found;
}

/**
 * Reads a CSV of another tool: by the schema that its cell declares, or with its types found.
 *
 * @throws {HexError} HEX_DATA_INVALID when it is no table, larger than what is read, or replaced
 * meanwhile; HEX_FRAME_INVALID when it does not fit the schema
 */
async function readForeignFrame(
  store: Store,
  name: string,
  found: FoundObject,
  { signal, onWarning, onCsv, limits = READ_LIMITS, findSchema }: ReadFrameOptions = {},
): Promise<Frame> {
  const { key, sizeBytes } = found;
  const { sizeBytes: limitBytes } = limits;
  if (sizeBytes > limitBytes) throw tooLarge({ key, ...store }, { limitBytes, sizeBytes });
  const schema = await findSchema?.();
  const source = toByteSource(store, found);
  const { readForeignCsv } = await import("../frame/csv/read/foreign-csv.ts");
  const { frame, report } = await readForeignCsv(source, { schema, signal });
  onCsv?.(report);
  onWarning?.(`frame ${name} comes from ${source.name}, which no run has published`);
  checkFrameSize(source.name, { rows: frame.numRows, columns: frame.numColumns }, limits);
  return frame;
}
