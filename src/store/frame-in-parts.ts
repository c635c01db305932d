/** Large published frames, of which each column is read and checked when somebody first needs it. */
import { createHash } from "node:crypto";
import { HexError, toMessage } from "../errors.ts";
import { openUnreadArrow } from "../frame/arrow/arrow-unread.ts";
import { takeOwnCsv } from "../frame/csv/read/csv-own.ts";
import type { Frame } from "../frame/frame.ts";
import { CheckedBytes } from "./block-sums.ts";
import type { PublishedFrame } from "./manifest/manifest.ts";
import type { OpenedBytes, Store, StoreOptions } from "./store.ts";
import {
  assertSame,
  damagedFile,
  isDamage,
  isInvalidData,
  openStoredFile,
  readStoredFile,
} from "./stored-file.ts";

interface OpenOptions extends StoreOptions {
  /** told when a file is damaged and another one is read instead */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** told when the other one is damaged as well */
  readonly onLost: () => void;
}

/**
 * Opens a frame by what its Arrow file tells at its beginning and end. Where a column turns out to be
 * damaged when it is read, the frame's CSV is read on the spot, which is held open for that.
 *
 * @returns undefined where the files do not allow it: who reads them whole says what is wrong
 */
export async function openInParts(
  store: Store,
  entry: PublishedFrame,
  { signal, onWarning, onLost }: OpenOptions,
): Promise<Frame | undefined> {
  const { arrow, csv, rows, columns } = entry;
  const opened = await openPlain(store, arrow?.key ?? "", { signal });
  const rescue = await openPlain(store, csv.key, { signal });
  if (arrow?.sums === undefined || opened?.sizeBytes !== arrow.sizeBytes) return undefined;
  if (rescue?.sizeBytes !== csv.sizeBytes) return undefined;
  try {
    const sums = await readStoredFile(store, arrow.sums, { signal });
    const { blockBytes } = arrow.sums;
    const damaged = (got: string) => damagedFile(store, arrow, got);
    const bytes = new CheckedBytes(opened, { sums, blockBytes, damaged });
    const frame = openUnreadArrow(bytes, columns, (cause) => {
      const damage = cause instanceof HexError ? cause : damaged(toMessage(cause));
      onWarning?.(`${damage.message}; its CSV is read instead`);
      try {
        return readCsvNow(store, entry, rescue);
      } catch (error) {
        onLost();
        throw error;
      }
    });
    return frame?.numRows === rows ? frame : undefined;
  } catch (error) {
    if (isDamage(error)) {
      onWarning?.(`${error.message}; its Arrow file is read as a whole instead`);
    } else if (error instanceof HexError && !isInvalidData(error)) throw error;
    // Who reads the file as a whole says what else is wrong with it.
    return undefined;
  }
}

/** Holds a file open; `undefined` also where something else lies in its place. */
async function openPlain(store: Store, key: string, options: StoreOptions) {
  try {
    return await store.openBytes?.(key, options);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

const PIECE_BYTES = 2 ** 22;

/**
 * Reads the CSV of a frame without a wait.
 * @throws {HexError} HEX_STORE_DAMAGED when it is not what was published
 */
function readCsvNow(
  store: Store,
  { csv, columns, rows }: PublishedFrame,
  opened: OpenedBytes,
): Frame {
  const hash = createHash("sha256");
  function* blocks() {
    for (let start = 0; start < csv.sizeBytes; start += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, csv.sizeBytes - start));
      const count = opened.read(piece, start);
      hash.update(piece.subarray(0, count));
      yield piece.subarray(0, count);
    }
    assertSame(store, csv, { sizeBytes: csv.sizeBytes, sha256: hash.digest("hex") });
  }
  try {
    const frame = takeOwnCsv(openStoredFile(store, csv), blocks(), columns);
    if (frame.numRows === rows) return frame;
    throw damagedFile(store, csv, `${frame.numRows} rows instead of ${rows}`);
  } catch (error) {
    if (isInvalidData(error)) throw damagedFile(store, csv, error.message, error);
    throw error;
  }
}
