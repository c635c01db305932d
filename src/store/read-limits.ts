import { expectation, HexError } from "../errors.ts";
import type { FoundObject, ReadOptions, Store, StoredObject } from "./store.ts";

/** How much is read back, so that a store which holds too much ends in a sentence, not in no memory. */
export interface ReadLimits {
  /** of one file */
  readonly sizeBytes: number;
  readonly columns: number;
  readonly rows: number;
}

/**
 * Limit of S3 for one request; the same everywhere, so that a project can move to another store.
 */
export const LARGEST_FILE_BYTES = 5 * 2 ** 30;

export const READ_LIMITS: ReadLimits = {
  sizeBytes: LARGEST_FILE_BYTES,
  columns: 10_000,
  rows: 50_000_000,
};

/** Size of a frame, as stated or as found. */
export interface FrameSize {
  readonly sizeBytes?: number;
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * Refuses a frame that is larger than what is read back.
 *
 * @param place the frame, as the message names it
 * @throws {HexError} HEX_DATA_INVALID
 */
export function checkFrameSize(place: string, size: FrameSize, limits: ReadLimits): void {
  const measures = [
    ["bytes a file", size.sizeBytes, limits.sizeBytes],
    ["columns", size.columns, limits.columns],
    ["rows", size.rows, limits.rows],
  ] as const;
  for (const [unit, got = 0, limit] of measures) {
    if (got <= limit) continue;
    throw expectation("HEX_DATA_INVALID", {
      place,
      expected: `of at most ${limit} ${unit}`,
      got: `${got}`,
      hint: "publish less of it: filter, aggregate or split the frame",
    });
  }
}

/** The refusal to read an object that is larger than asked for. */
export function tooLarge(
  { key, location }: { readonly key: string; readonly location: string },
  { limitBytes, sizeBytes }: { readonly limitBytes: number; readonly sizeBytes: number },
): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `\`${key}\` in the store ${location}`,
    expected: `of at most ${limitBytes} bytes`,
    got: `${sizeBytes}`,
  });
}

/** The refusal to go on with an object that is another one than was found. */
export function changedMeanwhile({ key }: FoundObject, location: string): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `\`${key}\` in the store ${location}`,
    expected: "the same while it is read",
    got: "one that was replaced or removed meanwhile",
    hint: "run again once whoever writes it is done; a file that is written beside it and renamed is never seen half",
  });
}

/**
 * Reads an object of which one that is too large is no failure, but an answer.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function readUnlessLarger(
  store: Pick<Store, "read">,
  key: string,
  options: ReadOptions,
): Promise<StoredObject | "too-large" | undefined> {
  try {
    return await store.read(key, options);
  } catch (thrown) {
    if (thrown instanceof HexError && thrown.code === "HEX_DATA_INVALID") return "too-large";
    throw thrown;
  }
}
