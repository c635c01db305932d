/** The pages of a column in a row group: unpacked, with levels and values apart. */
import zlib from "node:zlib";
import type { ColumnMetaData, Encoding, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { ForwardReader } from "./forward-reader.ts";
import type { Unpack } from "./parquet-codecs.ts";
import type { ParquetInput } from "./parquet-input.ts";
import type { Runs } from "./parquet-runs.ts";

/** The distinct values that the codes of the pages after it stand for. */
interface DictionaryPage {
  readonly kind: "dictionary";
  readonly count: number;
  readonly values: Uint8Array;
}

/** Values, and which of them are missing or repeated. */
export interface DataPage {
  readonly kind: "data";
  /** values with the missing ones */
  readonly count: number;
  readonly repetition: Runs | undefined;
  readonly definition: Runs | undefined;
  readonly encoding: Encoding;
  readonly values: Uint8Array;
}

/** The greatest levels of a column: how deep values are repeated, and how deep they may be missing. */
export interface Levels {
  readonly repetition: number;
  readonly definition: number;
}

/** Reads the pages of a column chunk, one after the other. */
export async function* readPages(
  input: ParquetInput,
  chunk: ColumnMetaData,
  levels: Levels,
  unpack: Unpack,
): AsyncGenerator<DictionaryPage | DataPage, void, undefined> {
  const bytes = await readChunk(input, chunk);
  const reader = new ForwardReader(bytes);
  const total = Number(chunk.num_values);
  for (let seen = 0; seen < total; ) {
    if (reader.offset >= bytes.length)
      throw new RangeError("its pages hold fewer values than told");
    const header = parquetHeader(reader);
    const end = reader.offset + checkCount(header.compressed_page_size);
    checkCount(header.uncompressed_page_size);
    if (end > bytes.length) throw new RangeError("a page goes on beyond its column");
    const start = reader.offset;
    reader.offset = end;
    const packed = bytes.subarray(start, end);
    checkSum(header, packed);
    const page = toPage(header, packed, levels, unpack);
    if (page === undefined) continue;
    yield page;
    if (page.kind === "data") seen += page.count;
  }
}

async function readChunk(input: ParquetInput, chunk: ColumnMetaData): Promise<Uint8Array> {
  const { dictionary_page_offset: dictionary, data_page_offset: data } = chunk;
  // Some writers say 0 for "no dictionary", and some put it after the pages' own offset.
  const start = Number(
    dictionary !== undefined && dictionary > 0n && dictionary < data ? dictionary : data,
  );
  const length = Number(chunk.total_compressed_size);
  if (start < 0 || length < 0 || start + length > input.sizeBytes) {
    throw new RangeError("a column lies beyond the end of the file");
  }
  return input.read(start, length);
}

/** A number of a page's header, which a damaged one lacks. */
function checkCount(count: number): number {
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new RangeError("the header of a page does not tell how large it is");
}

/** Looks whether a page is what was written, where its writer has told a checksum. */
function checkSum({ crc }: PageHeader, packed: Uint8Array): void {
  if (crc !== undefined && zlib.crc32(packed) !== crc >>> 0) {
    throw new RangeError("a page is not what its checksum says");
  }
}

function toPage(
  header: PageHeader,
  packed: Uint8Array,
  levels: Levels,
  unpack: Unpack,
): DictionaryPage | DataPage | undefined {
  const { dictionary_page_header: dictionary, data_page_header: first } = header;
  if (header.type === "DICTIONARY_PAGE" && dictionary) {
    const values = unpackWhole(unpack, packed, header.uncompressed_page_size);
    return { kind: "dictionary", count: checkCount(dictionary.num_values), values };
  }
  if (header.type === "DATA_PAGE" && first) {
    const page = unpackWhole(unpack, packed, header.uncompressed_page_size);
    return {
      kind: "data",
      count: checkCount(first.num_values),
      encoding: first.encoding,
      ...splitPage(page, levels),
    };
  }
  if (header.type === "DATA_PAGE_V2") return toSecondPage(header, packed, levels, unpack);
  if (header.type === "INDEX_PAGE") return undefined;
  throw new RangeError(`a page is of the kind ${header.type}`);
}

/** A page of the first form: its levels are packed with its values, each after its length. */
function splitPage(page: Uint8Array, levels: Levels) {
  let at = 0;
  const next = (most: number): Runs | undefined => {
    if (most === 0) return undefined;
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    const start = at + 4;
    at = start + view.getUint32(at, true);
    if (at > page.length) throw new RangeError("a page ends before its values do");
    return { bytes: page, start, end: at, bitWidth: bitWidthOf(most) };
  };
  const repetition = next(levels.repetition);
  const definition = next(levels.definition);
  return { repetition, definition, values: page.subarray(at) };
}

/** A page of the second form: its levels lie before its values, which alone may be packed. */
function toSecondPage(
  header: PageHeader,
  packed: Uint8Array,
  levels: Levels,
  unpack: Unpack,
): DataPage {
  const told = header.data_page_header_v2;
  if (told === undefined) throw new RangeError("a page has no header of its own");
  const split = checkCount(told.repetition_levels_byte_length);
  const levelsEnd = split + checkCount(told.definition_levels_byte_length);
  if (levelsEnd > packed.length) throw new RangeError("a page ends before its values do");
  const sizeBytes = header.uncompressed_page_size - levelsEnd;
  const rest = packed.subarray(levelsEnd);
  const isPacked = told.is_compressed !== false && sizeBytes > 0;
  const runs = (start: number, end: number, most: number): Runs | undefined =>
    most === 0 ? undefined : { bytes: packed, start, end, bitWidth: bitWidthOf(most) };
  return {
    kind: "data",
    count: checkCount(told.num_values),
    encoding: told.encoding,
    repetition: runs(0, split, levels.repetition),
    definition: runs(split, levelsEnd, levels.definition),
    values: isPacked ? unpackWhole(unpack, rest, sizeBytes) : rest,
  };
}

function unpackWhole(unpack: Unpack, packed: Uint8Array, sizeBytes: number): Uint8Array {
  const bytes = sizeBytes === 0 ? new Uint8Array(0) : unpack(packed, sizeBytes);
  if (bytes.length === sizeBytes) return bytes;
  throw new RangeError(`a page is of ${bytes.length} bytes where ${sizeBytes} are told`);
}

function bitWidthOf(most: number): number {
  return 32 - Math.clz32(most);
}
