/** From the bytes of a source to UTF-8: unpacked, in the encoding that was found or told. */
import { Readable } from "node:stream";
import { expectation, HexError, toMessage } from "../../../errors.ts";
import type { ByteSource } from "./csv-blocks.ts";

/** First bytes of files that are no CSV, with advice. */
const OTHER_FORMATS: readonly (readonly [string, string, string])[] = [
  [
    "504b0304",
    "a ZIP archive or an Excel workbook",
    "readExcel reads a workbook; unpack an archive",
  ],
  ["50415231", "a Parquet file", "readParquet reads it"],
  ["4152524f5731", "an Arrow file", "readArrow reads it"],
  ["425a68", "a bzip2 file", "unpack it, or pack it with gzip or zstd"],
  ["fd377a585a00", "an xz file", "unpack it, or pack it with gzip or zstd"],
  ["d0cf11e0", "an old Excel workbook", "save it as CSV"],
  ["25504446", "a PDF file", "save the table as CSV"],
];

/** Marks at the beginning of a text that tell its encoding. */
const MARKS: readonly (readonly [string, string])[] = [
  ["efbbbf", "utf-8"],
  ["fffe", "utf-16le"],
  ["feff", "utf-16be"],
];

/** The packing and encoding of a file, as found at its beginning. */
export interface FoundBytes {
  packing?: "gzip" | "zstd";
  encoding?: string;
}

/**
 * The text of a source in UTF-8 and blocks, without a byte order mark. It is not checked to be
 * UTF-8 unless it was decoded.
 * @param found is told what was found
 * @param kind what messages call such a file
 * @throws {HexError} HEX_DATA_INVALID for a file that is no text, or damaged
 */
export async function* textBlocks(
  source: ByteSource,
  encoding: string | undefined,
  found: FoundBytes,
  signal?: AbortSignal,
  kind = "a CSV file",
): AsyncGenerator<Uint8Array, void, undefined> {
  const packed = await peek(source.open(signal));
  try {
    checkFormat(source.name, packed.first, kind);
    const plain = unpack(source.name, packed, found);
    const text = plain === packed.blocks ? packed : await peek(plain);
    const { first, blocks } = text;
    const mark = MARKS.find(([bytes]) => startsWith(first, bytes));
    const told = encoding === undefined ? undefined : newDecoder(encoding).encoding;
    // A mark tells more than a name, which may be of more than one encoding, such as "utf-16".
    const known = mark?.[1] ?? told ?? "utf-8";
    if (encoding === undefined && mark === undefined) checkWide(source.name, first);
    if (known !== (told ?? "utf-8") || known !== "utf-8") found.encoding = known;
    const rest = skipBytes(blocks, (mark?.[0].length ?? 0) / 2);
    yield* known === "utf-8" ? rest : decode(source.name, rest, known);
  } finally {
    // What was opened to peek is also open where none of the blocks were asked for.
    await packed.close();
  }
}

interface Peeked {
  /** enough bytes to tell what a file is, or all */
  readonly first: Uint8Array;
  /** all bytes, these too */
  readonly blocks: AsyncIterable<Uint8Array>;
  close(): Promise<unknown>;
}

const PEEKED_BYTES = 8;

async function peek(blocks: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = blocks[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let first = new Uint8Array(0);
  while (first.length < PEEKED_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    held.push(next.value);
    first = new Uint8Array(Buffer.concat([first, next.value]));
  }
  async function* all() {
    yield* held;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  return { first, blocks: all(), close: async () => iterator.return?.() };
}

function startsWith(bytes: Uint8Array, hex: string): boolean {
  return Buffer.from(bytes.subarray(0, hex.length / 2)).toString("hex") === hex;
}

function checkFormat(name: string, first: Uint8Array, expected: string): void {
  const format = OTHER_FORMATS.find(([bytes]) => startsWith(first, bytes));
  if (format === undefined) return;
  const [, got, hint] = format;
  throw expectation("HEX_DATA_INVALID", { place: name, expected, got, hint });
}

/** Every other byte of UTF-16 is zero for Latin letters, and no text of another encoding begins so. */
function checkWide(name: string, first: Uint8Array): void {
  if (first.length < 2 || (first[0] !== 0 && first[1] !== 0)) return;
  const encoding = first[0] === 0 ? "utf-16be" : "utf-16le";
  throw expectation("HEX_DATA_INVALID", {
    place: name,
    expected: "text in UTF-8",
    got: "a zero byte at its beginning, as in UTF-16 without a byte order mark",
    hint: `encoding: "${encoding}" may read it`,
  });
}

function unpack(
  name: string,
  { first, blocks }: Peeked,
  found: FoundBytes,
): AsyncIterable<Uint8Array> {
  if (startsWith(first, "1f8b")) {
    found.packing = "gzip";
    return told(name, "gzip", ungzip(blocks));
  }
  if (startsWith(first, "28b52ffd")) {
    found.packing = "zstd";
    return told(name, "zstd", unzstd(blocks));
  }
  return blocks;
}

async function* ungzip(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  let size = 0;
  let sizeBeforeZeros = 0;
  async function* counted() {
    for await (const block of blocks) {
      const last = block.findLastIndex((byte) => byte !== 0);
      if (last >= 0) sizeBeforeZeros = size + last + 1;
      size += block.length;
      yield block;
    }
  }
  const input = Readable.from(counted());
  const output = createGunzip({ chunkSize: 2 ** 18 });
  input.on("error", (error) => output.destroy(error));
  try {
    yield* input.pipe(output);
  } finally {
    // A reader that stops before the end also closes the file.
    input.destroy();
  }
  // Zeros may fill the end of a file; what stands behind them is not unpacked.
  if (sizeBeforeZeros > output.bytesWritten) throw new Error("more bytes behind its end");
}

async function* unzstd(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import("fzstd");
  let ready: Uint8Array[] = [];
  const stream = new Decompress((block) => ready.push(block));
  let last: Uint8Array = new Uint8Array(0);
  for await (const block of blocks) {
    stream.push(last);
    last = block;
    yield* ready;
    ready = [];
  }
  stream.push(last, true);
  yield* ready;
}

/** Tells a failure of unpacking as one of the file. */
async function* told(
  name: string,
  packing: string,
  blocks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* blocks;
  } catch (cause) {
    if (cause instanceof HexError || (cause instanceof Error && cause.name === "AbortError")) {
      throw cause;
    }
    const got = `a damaged or shortened one: ${toMessage(cause)}`;
    const expected = `a whole ${packing} file`;
    throw expectation("HEX_DATA_INVALID", { place: name, expected, got }, { cause });
  }
}

async function* skipBytes(
  blocks: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const block of blocks) {
    yield block.subarray(Math.min(left, block.length));
    left = Math.max(0, left - block.length);
  }
}

async function* decode(
  name: string,
  blocks: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  const decoder = newDecoder(encoding);
  const encoder = new TextEncoder();
  let lines = 1;
  const read = (block?: Uint8Array) => {
    try {
      return decoder.decode(block, { stream: block !== undefined });
    } catch (cause) {
      const got = "bytes of another encoding";
      const place = `${name}, line ${lines.toLocaleString("en")} or after it,`;
      throw expectation("HEX_DATA_INVALID", { place, expected: encoding, got }, { cause });
    }
  };
  for await (const block of blocks) {
    const text = read(block);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
    yield encoder.encode(text);
  }
  yield encoder.encode(read());
}

/**
 * Decoder of an encoding, by its name in the Encoding Standard.
 * @throws {HexError} HEX_DATA_INVALID for a name that is not known
 */
export function newDecoder(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  } catch (cause) {
    const expected = 'the name of an encoding, such as "windows-1252", "utf-16le" or "shift_jis"';
    const got = JSON.stringify(encoding);
    throw expectation("HEX_DATA_INVALID", { place: "encoding", expected, got }, { cause });
  }
}
