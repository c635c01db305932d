import { HexError } from "../errors.ts";
import { frameToArrow } from "../frame/arrow.ts";
import type { Frame } from "../frame/frame.ts";
import { stagedFrameKeys, stagedOutputsKey, stagedPrefix } from "./key.ts";
import { referencedKeys } from "./manifest/history.ts";
import type { PublishedFrame, StoredFile } from "./manifest/manifest.ts";
import { readManifest } from "./manifest/read-manifest.ts";
import { toSha256 } from "./published-frame.ts";
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
}

/** One attempt of a run: nobody else ever writes under the two together. */
export interface RunAttempt {
  readonly runId: string;
  readonly attempt: number;
}

/**
 * Writes a frame's files under the run's own keys, where nobody looks yet, and gives what it will be
 * in the manifest. Its bytes are let go of one file after the other.
 *
 * @throws {HexError} HEX_DATA_INVALID when nobody could read it back
 */
export async function stageFrame(
  store: Store,
  { runId, attempt }: RunAttempt,
  name: string,
  { frame, cell, computedAt, codeHash, readers }: StagedFrame,
  options: StoreOptions,
): Promise<PublishedFrame> {
  const keys = stagedFrameKeys(runId, attempt, name);
  const stage = async (key: string, contentType: string, body: Uint8Array) => {
    checkFrameSize(`frame ${name}`, { sizeBytes: body.length }, READ_LIMITS);
    return stageFile(store, { key, contentType, body }, options);
  };
  checkFrameSize(`frame ${name}`, { columns: frame.numColumns, rows: frame.numRows }, READ_LIMITS);
  return {
    rows: frame.numRows,
    columns: frame.schema.map(({ name, type }) => ({ name, type })),
    csv: await stage(keys.csv, CSV_TYPE, await toCsv(frame)),
    schema: await stage(keys.schema, JSON_TYPE, toSchemaBytes(frame)),
    arrow: await stage(keys.arrow, ARROW_TYPE, frameToArrow(frame)),
    cell,
    computedAt,
    codeHash,
    readers: readers && toReaders(readers),
  };
}

/** Writes what every cell showed beside the frames of its run. */
export async function stageOutputs(
  store: Store,
  { runId, attempt }: RunAttempt,
  body: Uint8Array,
  options: StoreOptions,
): Promise<StoredFile> {
  const key = stagedOutputsKey(runId, attempt);
  return stageFile(store, { key, contentType: JSON_TYPE, body }, options);
}

/**
 * Removes what one attempt has staged, except what the manifest points at. What cannot be removed
 * stays for the garbage collection.
 */
export async function dropStaged(store: Store, { runId, attempt }: RunAttempt): Promise<void> {
  try {
    const published = await readManifest(store);
    const needed = published === undefined ? new Set() : referencedKeys(published.manifest);
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

interface StagedFile {
  readonly key: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

async function stageFile(
  store: Store,
  { key, contentType, body }: StagedFile,
  { signal }: StoreOptions,
): Promise<StoredFile> {
  await store.write(key, body, { signal, contentType });
  return { key, sha256: toSha256(body), sizeBytes: body.length };
}

function toReaders(readers: Readonly<Record<string, FrameReader>>) {
  const entries = Object.entries(readers);
  return Object.fromEntries(
    entries.map(([cell, { code, columns }]) => [cell, { code, columns: [...columns] }]),
  );
}

async function toCsv(frame: Frame): Promise<Uint8Array> {
  // Loading it costs a run that only reads.
  const { frameToCsv } = await import("../frame/csv.ts");
  return frameToCsv(frame);
}

function toSchemaBytes({ schema }: Frame): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(schema, undefined, 2)}\n`);
}
