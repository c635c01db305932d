import { frameToArrow } from "../frame/arrow.ts";
import type { Frame } from "../frame/frame.ts";
import { stagedFrameKeys } from "./key.ts";
import type { PublishedFrame, StoredFile } from "./manifest.ts";
import { toSha256 } from "./published-frame.ts";
import type { Store, StoreOptions } from "./store.ts";

/** A frame that a run has computed and wants to publish. */
export interface StagedFrame {
  readonly frame: Frame;
  /** the cell that wrote it */
  readonly cell: string;
  /** an instant, such as `2026-01-31T12:00:00.000Z` */
  readonly computedAt: string;
}

/** One attempt of a run: nobody else ever writes under the two together. */
export interface RunAttempt {
  readonly runId: string;
  readonly attempt: number;
}

/** What a staged frame will be in the manifest, and its CSV for the copy that other tools read. */
export interface StagedFiles {
  readonly entry: PublishedFrame;
  readonly csv: Uint8Array;
}

/** Writes a frame's files under the run's own keys, where nobody looks yet. */
export async function stageFrame(
  store: Store,
  { runId, attempt }: RunAttempt,
  name: string,
  { frame, cell, computedAt }: StagedFrame,
  { signal }: StoreOptions,
): Promise<StagedFiles> {
  const keys = stagedFrameKeys(runId, attempt, name);
  // Loading it costs a run that only reads.
  const { frameToCsv } = await import("../frame/csv.ts");
  const csv = frameToCsv(frame);
  const arrow = frameToArrow(frame);
  const schema = new TextEncoder().encode(`${JSON.stringify(frame.schema, undefined, 2)}\n`);
  const writes = [
    store.write(keys.csv, csv, { signal, contentType: CSV_TYPE }),
    store.write(keys.schema, schema, { signal, contentType: "application/json" }),
    store.write(keys.arrow, arrow, { signal, contentType: "application/vnd.apache.arrow.file" }),
  ];
  // No write outlives a publication that has failed.
  await Promise.allSettled(writes);
  await Promise.all(writes);
  const entry: PublishedFrame = {
    rows: frame.numRows,
    columns: frame.schema.map(({ name, type }) => ({ name, type })),
    csv: toStoredFile(keys.csv, csv),
    arrow: toStoredFile(keys.arrow, arrow),
    cell,
    computedAt,
  };
  return { entry, csv };
}

/** The content type of a CSV that begins with its header. */
export const CSV_TYPE = "text/csv; charset=utf-8; header=present";

function toStoredFile(key: string, bytes: Uint8Array): StoredFile {
  return { key, sha256: toSha256(bytes), sizeBytes: bytes.length };
}
