import { expectation, type HexError, toMessage } from "../errors.ts";
import { arrowBlocks } from "../frame/arrow/arrow-write.ts";
import type { Frame } from "../frame/frame.ts";
import { joinBytes } from "../frame/join-bytes.ts";
import { createDocument } from "./change-document.ts";
import type { DocumentAt } from "./document.ts";
import { type AskedFormat, claimKey, SHARED_FORMATS, type SharedFormat, sharedKey } from "./key.ts";
import { frameOf, newestCommit } from "./manifest/history.ts";
import { type Commit, type PublishedFrame, readManifest } from "./manifest/manifest.ts";
import type { SwapOptions } from "./manifest/swap-manifest.ts";
import { readUnlessLarger } from "./read-limits.ts";
import type { Store, StoreOptions } from "./store.ts";
import { hashFound, isDamage, isInvalidData } from "./stored-file.ts";

/** Where a frame's newest file of a format goes for other tools. */
export interface SharedPlace {
  readonly name: string;
  readonly format: SharedFormat;
}

/** A place that a run wants to have. */
export interface SharedClaim extends SharedPlace {
  /** what is going to lie there; undefined where that is not known */
  readonly frame: Frame | undefined;
}

export interface ClaimOptions extends SwapOptions {
  /** names that may be taken all the same */
  readonly overwrite?: readonly string[] | undefined;
}

const TRIES = 5;
const NO_BYTES = new Uint8Array();
/** Stands for more bytes than a claim has; no file of a frame begins so. */
const LARGER = Uint8Array.of(0);

const CONTENT_TYPES = {
  csv: "text/csv; charset=utf-8; header=present",
  arrow: "application/vnd.apache.arrow.file",
  parquet: "application/vnd.apache.parquet",
} as const;

/*
 * Where a frame's newest file goes for the first time, a file of somebody else may lie. It is not
 * looked for but kept out by a condition:
 *
 *   1. a claim, a file without rows, is noted where only we write; whoever comes second uses the one
 *      that is noted
 *   2. the claim is written to where the frame's file goes, on the condition that nothing is there
 *   3. where something is there that is the noted claim, a run before this one left it: it is ours
 *
 * Readers take a claim for nothing. A store that ignores conditions is looked at before.
 */

/** The places that a version which has a frame so gives to its files. */
export function isOurs(entry: PublishedFrame | undefined, format: SharedFormat): boolean {
  if (format === "csv" || entry === undefined) return entry !== undefined;
  return entry.shared?.includes(format) === true;
}

/** The formats in which a frame is put where other tools look, by what the config asks for. */
export function sharedFormats(asked: readonly AskedFormat[] = []): readonly SharedFormat[] {
  return ["csv", "arrow", ...asked];
}

/** The places of a frame that are not those of a version already. */
export function placesToClaim(
  name: string,
  entry: PublishedFrame | undefined,
  formats: readonly SharedFormat[] = SHARED_FORMATS,
): SharedPlace[] {
  const others = formats.filter((format) => !isOurs(entry, format));
  return others.map((format) => ({ name, format }));
}

/**
 * Makes sure that the files of frames can go where other tools look.
 *
 * @param claims places that are not those of the newest version already
 * @throws {HexError} HEX_NAME_TAKEN when something lies there that no run has published
 */
export async function claimPlaces(
  store: Store,
  claims: readonly SharedClaim[],
  options: ClaimOptions = {},
): Promise<void> {
  const { signal, overwrite = [] } = options;
  for (const place of claims) {
    if (overwrite.includes(place.name)) continue;
    if (options.conditions === "unavailable") await assertFree(store, place, { signal });
    else await claim(store, place, options);
  }
}

/**
 * Looks whether the file of a frame can go where other tools look.
 *
 * @throws {HexError} HEX_NAME_TAKEN when something lies there that no run has published
 */
export async function assertFree(
  store: Store,
  place: SharedPlace,
  options: StoreOptions,
): Promise<void> {
  const noted = (await store.read(claimKey(place.name, place.format), options))?.body;
  const document = claimAt(store, place, { limitBytes: noted?.length ?? 0 });
  const found = await document.read(options);
  if (found === undefined || isSame(found.value, noted)) return;
  if (!(await isPublished(store, place, options))) throw nameTaken(store, place);
}

async function claim(store: Store, place: SharedClaim, options: ClaimOptions): Promise<void> {
  const own = await toClaim(place);
  const noting = claimAt(store, place, { key: claimKey(place.name, place.format) });
  const { value: noted = own } = await create(noting, own, options);
  const document = claimAt(store, place, { limitBytes: noted.length });
  const { value: found = noted } = await create(document, noted, options);
  if (isSame(found, noted) || (await isPublished(store, place, { signal: options.signal }))) return;
  throw nameTaken(store, place);
}

/** Writes a claim, or gives the one that is there. */
async function create(document: DocumentAt<Uint8Array>, claim: Uint8Array, options: ClaimOptions) {
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

function claimAt(
  store: Store,
  { name, format }: SharedPlace,
  {
    key = sharedKey(name, format),
    limitBytes,
  }: { readonly key?: string; readonly limitBytes?: number },
): DocumentAt<Uint8Array> {
  const contentType = CONTENT_TYPES[format];
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

/** A file without rows, or nothing where the columns are not known. */
async function toClaim({ frame, format }: SharedClaim): Promise<Uint8Array> {
  if (frame === undefined) return NO_BYTES;
  if (format === "arrow") return joinBytes(arrowBlocks(frame.head(0), "file"));
  if (format === "parquet") {
    const { parquetBlocks } = await import("../frame/parquet/parquet-write.ts");
    return joinBytes([...parquetBlocks(frame.head(0))]);
  }
  const { csvBlocks } = await import("../frame/csv/write/csv-write.ts");
  return joinBytes([...csvBlocks(frame.head(0))]);
}

/** Whether a run has published to the place meanwhile, or what lies there in a version that is kept. */
async function isPublished(
  store: Store,
  { name, format }: SharedPlace,
  options: StoreOptions,
): Promise<boolean> {
  const { commits = [] } = (await readManifest(store, options))?.value ?? {};
  if (isOurs(frameOf(commits[0], name), format)) return true;
  const known = commits.flatMap((commit) => frameOf(commit, name)?.[format] ?? []);
  if (known.length === 0) return false;
  const found = await store.find(sharedKey(name, format), options);
  if (found === undefined || known.every(({ sizeBytes }) => sizeBytes !== found.sizeBytes))
    return false;
  try {
    const sha256 = await hashFound(store, found, options);
    return known.some((file) => file.sha256 === sha256);
  } catch (error) {
    if (isInvalidData(error)) return false;
    throw error;
  }
}

function nameTaken({ location }: Store, { name, format }: SharedPlace): HexError {
  const what = { csv: "CSV", arrow: "Arrow file", parquet: "Parquet file" }[format];
  return expectation("HEX_NAME_TAKEN", {
    place: `\`${sharedKey(name, format)}\` in ${location}`,
    expected: `absent, since the ${what} of frame ${name} goes there`,
    got: "a file that no run has published",
    hint: `allow that it is replaced by \`hex run --overwrite ${name}\`, or move the file`,
  });
}

export interface CopyOptions extends StoreOptions {
  /** the newest version before: what it has put where other tools look may go */
  readonly before?: Commit | undefined;
  /** told when a copy cannot be written */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const ROUNDS_ALLOWED = 10;

/**
 * Puts the newest files of frames where other tools look, and removes those of a frame which the
 * newest version no longer holds. Of several publications that end at once the newest one stands:
 * each looks again after copying. It never fails, since the version is out.
 */
export async function copyForOthers(
  store: Store,
  names: Iterable<string>,
  { signal, before, onWarning }: CopyOptions,
): Promise<void> {
  const done = new Map<string, string | undefined>();
  for (let round = 0; round < ROUNDS_ALLOWED; round++) {
    const newest = await findNewest(store).catch((error: unknown) => {
      onWarning?.(`The files for other tools were not written: ${toMessage(error)}`);
    });
    if (newest === undefined) return;
    const wanted = [...names].flatMap((name) => copiesOf(name, { newest, before }));
    const pending = wanted.filter(({ to, from }) => !done.has(to) || done.get(to) !== from);
    if (pending.length === 0) return;
    for (const copy of pending) {
      done.set(copy.to, copy.from);
      const fault = await findFault(() => putShared(store, copy, { signal }));
      if (fault !== undefined) onWarning?.(`${copy.to} for other tools was not written: ${fault}`);
    }
  }
}

/** A file for other tools; nothing is to be there when there is nothing that it is copied from. */
interface SharedCopy {
  readonly to: string;
  readonly from: string | undefined;
}

function copiesOf(
  name: string,
  { newest, before }: { readonly newest: Commit; readonly before: Commit | undefined },
): SharedCopy[] {
  const entry = frameOf(newest, name);
  const isOwn = (format: SharedFormat) =>
    format === "csv" || isOurs(entry, format) || isOurs(frameOf(before, name), format);
  return SHARED_FORMATS.filter(isOwn).map((format) => ({
    to: sharedKey(name, format),
    from: isOurs(entry, format) ? entry?.[format]?.key : undefined,
  }));
}

async function findNewest(store: Store): Promise<Commit | undefined> {
  return newestCommit((await readManifest(store))?.value);
}

/** Copies a frame's file, or removes its copy when there is none any more. */
async function putShared(
  store: Store,
  { to, from }: SharedCopy,
  options: StoreOptions,
): Promise<string | undefined> {
  if (from === undefined) await store.delete(to, options);
  else if (!(await store.copy(from, to, options))) return `${from} is gone`;
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
