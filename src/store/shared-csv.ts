import { expectation, type HexError, toMessage } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { joinBytes } from "../frame/join-bytes.ts";
import { createDocument } from "./change-document.ts";
import type { DocumentAt } from "./document.ts";
import { claimKey, sharedCsvKey } from "./key.ts";
import { frameOf, newestCommit } from "./manifest/history.ts";
import type { Commit } from "./manifest/manifest.ts";
import { readManifest } from "./manifest/manifest.ts";
import type { SwapOptions } from "./manifest/swap-manifest.ts";
import { readUnlessLarger } from "./read-limits.ts";
import type { Store, StoreOptions } from "./store.ts";
import { hashFound, isDamage, isInvalidData } from "./stored-file.ts";

export interface CsvClaimOptions extends SwapOptions {
  /** names that may be taken all the same */
  readonly overwrite?: readonly string[] | undefined;
}

const TRIES = 5;
const NO_BYTES = new Uint8Array();
/** Stands for more bytes than a claim has; no CSV begins so. */
const LARGER = Uint8Array.of(0);

/*
 * Where a frame's newest CSV goes for the first time, a CSV of somebody else may lie. It is not
 * looked for but kept out by a condition:
 *
 *   1. a claim, a CSV with the header alone, is noted where only we write; whoever comes second uses
 *      the one that is noted
 *   2. the claim is written to where the frame's CSV goes, on the condition that nothing is there
 *   3. where something is there that is the noted claim, a run before this one left it: it is ours
 *
 * Readers take a claim for nothing. A store that ignores conditions is looked at before.
 */

/**
 * Makes sure that the CSVs of frames that the newest version does not hold can go where other tools
 * look.
 *
 * @param frames by name; of those that are unknown the claim is empty
 * @throws {HexError} HEX_NAME_TAKEN when something lies there that no run has published
 */
export async function claimNames(
  store: Store,
  frames: ReadonlyMap<string, Frame | undefined>,
  options: CsvClaimOptions = {},
): Promise<void> {
  const { signal, overwrite = [] } = options;
  for (const [name, frame] of frames) {
    if (overwrite.includes(name)) continue;
    if (options.conditions === "unavailable") await assertFree(store, name, { signal });
    else await claim(store, name, frame, options);
  }
}

/**
 * Looks whether the CSV of a frame that the newest version does not hold can go where other tools look.
 *
 * @throws {HexError} HEX_NAME_TAKEN when something lies there that no run has published
 */
export async function assertFree(store: Store, name: string, options: StoreOptions): Promise<void> {
  const noted = (await store.read(claimKey(name), options))?.body;
  const document = claimAt(store, sharedCsvKey(name), noted?.length ?? 0);
  const found = await document.read(options);
  if (found === undefined || isSame(found.value, noted)) return;
  if (!(await isPublished(store, name, options))) throw nameTaken(store, name);
}

async function claim(
  store: Store,
  name: string,
  frame: Frame | undefined,
  options: CsvClaimOptions,
): Promise<void> {
  const own = await toClaim(frame);
  const { value: noted = own } = await create(claimAt(store, claimKey(name)), own, options);
  const document = claimAt(store, sharedCsvKey(name), noted.length);
  const { value: found = noted } = await create(document, noted, options);
  if (isSame(found, noted) || (await isPublished(store, name, { signal: options.signal }))) return;
  throw nameTaken(store, name);
}

/** Writes a claim, or gives the one that is there. */
async function create(
  document: DocumentAt<Uint8Array>,
  claim: Uint8Array,
  options: CsvClaimOptions,
) {
  const isIn = (found: Uint8Array) => isSame(found, claim);
  // Without a condition the CSV of somebody else could be overwritten.
  const always = { findConditions: undefined, tries: TRIES };
  try {
    return await createDocument(document, claim, { isIn }, { ...options, ...always });
  } catch (error) {
    const { cause }: { cause?: unknown } = Object(error);
    throw isDamage(cause) ? cause : error;
  }
}

function claimAt(store: Store, key: string, limitBytes?: number): DocumentAt<Uint8Array> {
  const contentType = "text/csv; charset=utf-8; header=present";
  return {
    key,
    location: store.location,
    read: async (options) => {
      const object = await readUnlessLarger(store, key, { ...options, limitBytes });
      if (object === "too-large") return { value: LARGER, etag: "" };
      return object && { value: object.body, etag: object.etag };
    },
    write: async (claim, options) => {
      const result = await store.write(key, claim, { ...options, contentType });
      // Where nothing is, a store that decides nothing again and again keeps no conditions.
      return result.status === "written" ? result : { status: "conflict" };
    },
  };
}

function isSame(found: Uint8Array, noted: Uint8Array | undefined): boolean {
  return noted !== undefined && Buffer.compare(found, noted) === 0;
}

/** The header alone, or nothing where the columns are not known. */
async function toClaim(frame: Frame | undefined): Promise<Uint8Array> {
  if (frame === undefined) return NO_BYTES;
  const { csvBlocks } = await import("../frame/csv/write/csv-write.ts");
  return joinBytes([...csvBlocks(frame.head(0))]);
}

/** Whether a run has published the name meanwhile, or what lies there in a version that is kept. */
async function isPublished(store: Store, name: string, options: StoreOptions): Promise<boolean> {
  const { commits = [] } = (await readManifest(store, options))?.value ?? {};
  if (frameOf(commits[0], name) !== undefined) return true;
  const known = commits.flatMap((commit) => frameOf(commit, name)?.csv ?? []);
  if (known.length === 0) return false;
  const found = await store.find(sharedCsvKey(name), options);
  if (found === undefined || known.every(({ sizeBytes }) => sizeBytes !== found.sizeBytes))
    return false;
  try {
    const sha256 = await hashFound(store, found, options);
    return known.some((csv) => csv.sha256 === sha256);
  } catch (error) {
    if (isInvalidData(error)) return false;
    throw error;
  }
}

function nameTaken({ location }: Store, name: string): HexError {
  return expectation("HEX_NAME_TAKEN", {
    place: `\`${sharedCsvKey(name)}\` in ${location}`,
    expected: `absent, since the CSV of frame ${name} goes there`,
    got: "a file that no run has published",
    hint: `allow that it is replaced by \`hex run --overwrite ${name}\`, or move the file`,
  });
}

export interface CopyOptions extends StoreOptions {
  /** told when a copy cannot be written */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const ROUNDS_ALLOWED = 10;

/**
 * Puts the newest CSV of frames where other tools look, and removes that of a frame which the newest
 * version no longer holds. Of several publications that end at once the newest one stands: each
 * looks again after copying. It never fails, since the version is out.
 */
export async function copyForOthers(
  store: Store,
  names: Iterable<string>,
  { signal, onWarning }: CopyOptions,
): Promise<void> {
  const done = new Map<string, string | undefined>();
  for (let round = 0; round < ROUNDS_ALLOWED; round++) {
    const newest = await findNewest(store).catch((error: unknown) => {
      onWarning?.(`The CSVs for other tools were not written: ${toMessage(error)}`);
    });
    if (newest === undefined) return;
    const wanted = [...names].map((name) => [name, frameOf(newest, name)?.csv.key] as const);
    const pending = wanted.filter(([name, key]) => !done.has(name) || done.get(name) !== key);
    if (pending.length === 0) return;
    for (const [name, key] of pending) {
      done.set(name, key);
      const fault = await findFault(() => putShared(store, { name, key }, { signal }));
      if (fault !== undefined) onWarning?.(`${name}.csv for other tools was not written: ${fault}`);
    }
  }
}

async function findNewest(store: Store): Promise<Commit | undefined> {
  return newestCommit((await readManifest(store))?.value);
}

/** Copies a frame's CSV, or removes its copy when there is none any more. */
async function putShared(
  store: Store,
  { name, key }: { readonly name: string; readonly key: string | undefined },
  options: StoreOptions,
): Promise<string | undefined> {
  if (key === undefined) await store.delete(sharedCsvKey(name), options);
  else if (!(await store.copy(key, sharedCsvKey(name), options))) return `${key} is gone`;
  return undefined;
}

/** The complaint of an action, or the error that it throws. */
async function findFault(action: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await action();
  } catch (error) {
    return toMessage(error);
  }
}
