import { HexError } from "../errors.ts";
import { arrowBlocks } from "../frame/arrow/arrow-write.ts";
import { saveBlocks } from "../frame/file-blocks.ts";
import type { Frame } from "../frame/frame.ts";
import { joinBytes } from "../frame/join-bytes.ts";
import { toSha256 } from "../sha256.ts";
import { BLOCK_BYTES, toBlockSums } from "./block-sums.ts";
import {
  type AskedFormat,
  stagedFrameKeys,
  stagedOutputsKey,
  stagedPrefix,
  stagedShownKey,
  stagedSumsKey,
} from "./key.ts";
import { referencedKeys } from "./manifest/history.ts";
import type {
  ArrowFile,
  PublishedFrame,
  PublishedShown,
  StoredFile,
  StoredState,
} from "./manifest/manifest.ts";
import { readManifest } from "./manifest/manifest.ts";
import { checkFrameSize, READ_LIMITS } from "./read-limits.ts";
import type { Store, StoreOptions } from "./store.ts";

/** A cell that reads columns of a frame. */
interface FrameReader {
  readonly code: string;
  readonly columns: readonly string[];
}

/** A frame that a run has computed and wants to publish. */
export interface StagedFrame {
  readonly frame: Frame;
  /** the cell that wrote it */
  readonly cell: string;
  /** an instant, such as `2026-01-31T12:00:00.000Z` */
  readonly computedAt: string;
  /** of the code of that cell */
  readonly codeHash: string;
  /** the cells that read it, by name: of which code, and which columns */
  readonly readers?: Readonly<Record<string, FrameReader>> | undefined;
  /**
   * what that cell hung on; the digests of frames that are published together with it are filled in
   * when they are
   */
  readonly state?: StoredState | undefined;
}

/** One attempt of a run: nobody else ever writes under the two together. */
export interface RunAttempt {
  readonly runId: string;
  readonly attempt: number;
}

interface StageOptions extends StoreOptions {
  /** formats in which the frame is written as well */
  readonly alsoPublish?: readonly AskedFormat[] | undefined;
}

/** An Arrow file is read at once, and Node hashes no more at once; without it, the CSV is read. */
const LARGEST_ARROW_BYTES = 2 ** 31 - 1;

/**
 * Writes a frame's files under the run's own keys, where nobody looks yet, and gives what it will be
 * in the manifest.
 *
 * @throws {HexError} HEX_DATA_INVALID when nobody could read it back
 */
export async function stageFrame(
  store: Store,
  { runId, attempt }: RunAttempt,
  name: string,
  { frame, cell, computedAt, codeHash, readers, state }: StagedFrame,
  { alsoPublish = [], ...options }: StageOptions,
): Promise<PublishedFrame> {
  const keys = stagedFrameKeys(runId, attempt, name);
  const place = `frame ${name}`;
  const stage = (key: string, contentType: string, blocks: Iterable<Uint8Array>) =>
    stageFile(store, { key, contentType, place, blocks }, options);
  checkFrameSize(place, { columns: frame.numColumns, rows: frame.numRows }, READ_LIMITS);
  // Loading it costs a run that only reads.
  const { csvBlocks } = await import("../frame/csv/write/csv-write.ts");
  const arrow = arrowBlocks(frame, "file");
  const arrowBytes = sizeOf(arrow);
  return {
    rows: frame.numRows,
    columns: frame.schema.map(({ name, type }) => ({ name, type })),
    csv: await stage(keys.csv, CSV_TYPE, csvBlocks(frame)),
    schema: await stage(keys.schema, JSON_TYPE, [toSchemaBytes(frame)]),
    ...(arrowBytes <= LARGEST_ARROW_BYTES && {
      arrow: {
        ...(await stage(keys.arrow, ARROW_TYPE, arrow)),
        sums: await stageSums(store, stagedSumsKey(runId, attempt, name), arrow, options),
      },
    }),
    ...(alsoPublish.includes("parquet") && {
      parquet: await stage(keys.parquet, PARQUET_TYPE, await toParquet(frame)),
    }),
    shared: ["arrow", ...alsoPublish],
    cell,
    computedAt,
    codeHash,
    readers: readers && toReaders(readers),
    state,
  };
}

/** An Arrow file from this size on is read in parts; a smaller one as quickly as a whole. */
const LARGE_ARROW_BYTES = 2 ** 22;

/** Writes the sums by which parts of a large Arrow file are checked. */
async function stageSums(
  store: Store,
  key: string,
  blocks: readonly Uint8Array[],
  options: StoreOptions,
): Promise<ArrowFile["sums"]> {
  if (sizeOf(blocks) < LARGE_ARROW_BYTES) return undefined;
  const place = "the sums of an Arrow file";
  const sums = toBlockSums(blocks);
  const file = { key, contentType: BYTES_TYPE, place, blocks: [sums] };
  return { ...(await stageFile(store, file, options)), blockBytes: BLOCK_BYTES };
}

function sizeOf(blocks: readonly Uint8Array[]): number {
  return blocks.reduce((sum, { length }) => sum + length, 0);
}

async function toParquet(frame: Frame): Promise<Iterable<Uint8Array>> {
  const { parquetBlocks } = await import("../frame/parquet/parquet-write.ts");
  return parquetBlocks(frame);
}

/** Writes what every cell showed beside the frames of its run. */
export async function stageOutputs(
  store: Store,
  { runId, attempt }: RunAttempt,
  body: Uint8Array,
  options: StoreOptions,
): Promise<StoredFile> {
  const key = stagedOutputsKey(runId, attempt);
  const place = "what the cells show";
  return stageFile(store, { key, contentType: JSON_TYPE, place, blocks: [body] }, options);
}

/**
 * Removes what one attempt has staged, except what the manifest points at. What cannot be removed
 * stays for the garbage collection.
 */
export async function dropStaged(store: Store, { runId, attempt }: RunAttempt): Promise<void> {
  try {
    const published = await readManifest(store);
    const needed = published === undefined ? new Set() : referencedKeys(published.value);
    for await (const { key } of store.list(stagedPrefix(runId, attempt))) {
      if (!needed.has(key)) await store.delete(key);
    }
  } catch (error) {
    if (!(error instanceof HexError)) throw error;
  }
}

const CSV_TYPE = "text/csv; charset=utf-8; header=present";
const JSON_TYPE = "application/json";
const ARROW_TYPE = "application/vnd.apache.arrow.file";
const BYTES_TYPE = "application/octet-stream";
const PARQUET_TYPE = "application/vnd.apache.parquet";

/** The content of one file, and where it goes. */
interface StagedFile {
  readonly key: string;
  readonly contentType: string;
  /** what it belongs to, as messages name it */
  readonly place: string;
  readonly blocks: Iterable<Uint8Array>;
}

/** Larger bodies go to the store through a file, so that they are never in memory as a whole. */
const WHOLE_BYTES = 16 * 2 ** 20;

/** Writes a file of any size, and tells what it is. */
async function stageFile(
  store: Store,
  { key, contentType, place, blocks }: StagedFile,
  { signal }: StoreOptions,
): Promise<StoredFile> {
  const { first, others } = takeFirst(blocks);
  if (others === undefined) {
    const body = joinBytes(first);
    await store.write(key, body, { signal, contentType });
    return { key, sha256: toSha256(body), sizeBytes: body.length };
  }
  const fill = async (path: string) => {
    const saved = await saveBlocks(path, chain(first, others), { signal });
    checkFrameSize(place, saved, READ_LIMITS);
    return saved;
  };
  return { key, ...(await store.writeFile(key, fill, { signal, contentType })) };
}

/** The first blocks of a file: all, or as many as are more than what is kept in memory. */
function takeFirst(blocks: Iterable<Uint8Array>) {
  const first: Uint8Array[] = [];
  const others = blocks[Symbol.iterator]();
  for (let sizeBytes = 0; sizeBytes <= WHOLE_BYTES; ) {
    const next = others.next();
    if (next.done) return { first };
    first.push(next.value);
    sizeBytes += next.value.length;
  }
  return { first, others };
}

function* chain(first: readonly Uint8Array[], others: Iterator<Uint8Array>) {
  yield* first;
  for (let next = others.next(); !next.done; next = others.next()) yield next.value;
}

function toReaders(readers: Readonly<Record<string, FrameReader>>) {
  const entries = Object.entries(readers);
  return Object.fromEntries(
    entries.map(([cell, { code, columns }]) => [cell, { code, columns: [...columns] }]),
  );
}

function toSchemaBytes({ schema }: Frame): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(schema, undefined, 2)}\n`);
}

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

interface StageShownOptions extends StoreOptions {
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
    const key = stagedShownKey(attempt.runId, attempt.attempt, cell);
    const place = `what cell ${cell} shows`;
    const file = await stageShownFrame(store, { key, place, ...each, mostBytes }, { signal });
    if (typeof file === "number") {
      onWarning?.(`${place} is not kept: ${file} bytes, where ${mostBytes} have room`);
      continue;
    }
    places.set(cell, { at: "file", ...file });
    leftBytes -= file.sizeBytes;
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

/** A whole frame that a cell showed, and where it goes. */
interface ShownFile extends Pick<StagedFile, "key" | "place"> {
  readonly frame: Frame;
  readonly mostBytes: number;
}

/** Writes a frame that a cell shows; gives the bytes that it would take when there is no room for them. */
export async function stageShownFrame(
  store: Store,
  { key, place, frame, mostBytes }: ShownFile,
  options: StoreOptions,
) {
  const blocks = arrowBlocks(frame, "file");
  const neededBytes = sizeOf(blocks);
  if (neededBytes > mostBytes) return neededBytes;
  const file = await stageFile(store, { key, contentType: ARROW_TYPE, place, blocks }, options);
  const columns = frame.schema.map(({ name, type }) => ({ name, type }));
  return { ...file, rows: frame.numRows, columns };
}
