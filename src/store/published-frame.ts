import { openOwnArrow } from "../frame/arrow/arrow-file.ts";
import type { CsvReport } from "../frame/csv/read/csv-report.ts";
import type { Frame } from "../frame/frame.ts";
import type { SchemaSpec } from "../frame/schema.ts";
import { frameOf } from "./manifest/history.ts";
import type { Commit, PublishedFrame, PublishedShown, StoredFile } from "./manifest/manifest.ts";
import { checkFrameSize, READ_LIMITS, type ReadLimits } from "./read-limits.ts";
import type { Store, StoreOptions } from "./store.ts";
import {
  damagedFile,
  isDamage,
  isInvalidData,
  openStoredFile,
  readStoredFile,
} from "./stored-file.ts";

export interface ReadFrameOptions extends StoreOptions {
  /** told when a file is damaged and another one is read instead */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** gets what was decided about a CSV of another tool */
  readonly onCsv?: ((report: CsvReport) => void) | undefined;
  /** the most that is read */
  readonly limits?: ReadLimits | undefined;
  /**
   * lets columns of a large frame be read when they are needed, on the thread of the one who needs
   * them; told when one can be read from no file any more, so that the frame has to be read anew
   */
  readonly lazily?: { readonly onLost: () => void } | undefined;
  /** the columns that a CSV of another tool is to have; found in it unless told */
  readonly findSchema?: (() => Promise<SchemaSpec | undefined>) | undefined;
}

/**
 * Reads a frame of a manifest: its Arrow file, or its CSV where that one is missing or damaged.
 * Whatever is read has the SHA-256, the columns and the rows that the manifest tells, or is not used.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when the CSV is no better; HEX_DATA_INVALID when it is larger
 * than what is read
 */
export async function readPublishedFrame(
  store: Store,
  name: string,
  entry: PublishedFrame,
  options: ReadFrameOptions = {},
): Promise<Frame> {
  const { arrow, csv, rows, columns } = entry;
  const { signal, onWarning, limits = READ_LIMITS } = options;
  const place = `frame ${name} in ${store.location}`;
  const sizeBytes = Math.max(arrow?.sizeBytes ?? 0, csv.sizeBytes);
  checkFrameSize(place, { sizeBytes, rows, columns: columns.length }, limits);
  if (options.lazily !== undefined && arrow?.sums !== undefined && store.openBytes !== undefined) {
    const { openInParts } = await import("./frame-in-parts.ts");
    const frame = await openInParts(store, entry, { ...options, ...options.lazily });
    if (frame !== undefined) return frame;
  }
  if (arrow !== undefined) {
    try {
      const read = async () =>
        openOwnArrow(await readStoredFile(store, arrow, { signal }), columns);
      return await readWhole(store, arrow, rows, read);
    } catch (error) {
      if (!isDamage(error)) throw error;
      onWarning?.(`${error.message}; its CSV is read instead`);
    }
  }
  return readWhole(store, csv, rows, async () => {
    // An app run that finds its Arrow file never loads what reads CSV.
    const { readOwnCsv } = await import("../frame/csv/read/csv-own.ts");
    return readOwnCsv(openStoredFile(store, csv), columns, { signal });
  });
}

/** Reads a file as a frame, which has to have the rows that the manifest tells. */
async function readWhole(
  store: Store,
  file: StoredFile,
  rows: number,
  read: () => Promise<Frame>,
): Promise<Frame> {
  try {
    const frame = await read();
    if (frame.numRows === rows) return frame;
    throw damagedFile(store, file, `${frame.numRows} rows instead of ${rows}`);
  } catch (error) {
    // The bytes are those that the manifest tells, but not of the columns that it tells.
    if (isInvalidData(error)) throw damagedFile(store, file, error.message, error);
    throw error;
  }
}

/** Where the whole frame of a cell is in a commit, if it was kept. */
export function shownOf(commit: Commit | undefined, cell: string): PublishedShown | undefined {
  // A cell may be called what every object inherits, such as toString.
  return commit?.shown && Object.hasOwn(commit.shown, cell) ? commit.shown[cell] : undefined;
}

/** Reads the whole frame that a cell showed when a commit was published; as `Version.readShown`. */
export async function readShown(
  store: Store,
  commit: Commit | undefined,
  cell: string,
  options: ReadFrameOptions = {},
): Promise<Frame | undefined> {
  const shown = shownOf(commit, cell);
  if (shown === undefined) return undefined;
  try {
    if (shown.at === "file") return await readShownFile(store, shown, options);
    const entry = frameOf(commit, shown.frame);
    // What another run has published under that name since is not what the cell showed.
    if (entry?.csv.sha256 !== shown.sha256) return undefined;
    return await readPublishedFrame(store, shown.frame, entry, options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    options.onWarning?.(`${error.message}; cell ${cell} has to show it again`);
    return undefined;
  }
}

/**
 * Reads a shown frame from its own file.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when it is gone, or another
 */
async function readShownFile(
  store: Store,
  shown: Extract<PublishedShown, { at: "file" }>,
  { signal }: StoreOptions,
): Promise<Frame> {
  const bytes = await readStoredFile(store, shown, { signal });
  try {
    return await openOwnArrow(bytes, shown.columns);
  } catch (error) {
    if (!isInvalidData(error)) throw error;
    throw damagedFile(store, shown, error.message, error);
  }
}
