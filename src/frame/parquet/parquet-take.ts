/** Takes the pages of a part of a column, and says what is wrong with them. */
import { HexError, toMessage } from "../../errors.ts";
import { openCodec } from "./parquet-codecs.ts";
import { BadValueError, type PageRows } from "./parquet-column.ts";
import type { ParquetFooter, ParquetLeaf } from "./parquet-file.ts";
import type { ParquetInput } from "./parquet-input.ts";
import { isCoded, readCodes, readItems, readPlain } from "./parquet-items.ts";
import type { LeafReading, OpenColumn } from "./parquet-leaf.ts";
import { type DataPage, readPages } from "./parquet-pages.ts";
import { valueError } from "./parquet-rules.ts";

/** A file that is being read. */
export interface Reading {
  readonly input: ParquetInput;
  readonly footer: ParquetFooter;
  readonly reading: LeafReading;
}

/** How the pages of a leaf are taken. */
interface TakePages {
  readonly column: OpenColumn;
  readonly name: string;
  /** takes a page, and tells how many rows it had */
  readonly take: (page: DataPage) => number;
  /** for each group of rows how many there are */
  readonly counts: readonly number[];
}

/**
 * Reads all pages of a leaf.
 * @throws {HexError} HEX_DATA_INVALID naming column and row of a value that cannot be kept
 */
export async function readLeaf(
  { input }: Reading,
  leaf: ParquetLeaf,
  { column, name, take, counts }: TakePages,
): Promise<void> {
  try {
    for (const [group, chunk] of leaf.chunks.entries()) {
      const unpack = await openCodec(chunk.codec, input.name);
      let rows = 0;
      for await (const page of readPages(input, chunk, leaf.levels, unpack)) {
        if (page.kind === "data") rows += take(page);
        else column.setDictionary(readPlain(page.values, leaf.tree.element, page.count));
      }
      if (rows !== counts[group])
        throw new RangeError(`${rows} rows of ${counts[group]} are there`);
    }
  } catch (error) {
    throw toError(error, leaf, { name, file: input.name });
  }
}

function toError(error: unknown, leaf: ParquetLeaf, place: { name: string; file: string }): Error {
  if (error instanceof HexError) return error;
  if (error instanceof BadValueError)
    return valueError(leaf, { ...place, row: error.row }, error.got);
  const message = `column ${JSON.stringify(place.name)}: ${toMessage(error)}`;
  return new RangeError(message, { cause: error });
}

/** Hands the values of a page to a column. */
export function takeValues(
  column: OpenColumn,
  leaf: ParquetLeaf,
  { encoding, values }: DataPage,
  page: PageRows,
): void {
  const count = countPresent(page);
  if (isCoded(encoding)) column.takeCodes(readCodes(values, count), page);
  else column.takeItems(readItems(values, encoding, leaf.tree.element, count), page);
}

function countPresent({ rows, present }: PageRows): number {
  if (present === undefined) return rows;
  let count = 0;
  for (let row = 0; row < rows; row++) count += present[row] as number;
  return count;
}
