/** Buffers of Arrow that are packed: LZ4 as pandas and pyarrow write by default, or ZSTD. */
import { decompress } from "fzstd";
import type { ArrowCodec } from "./arrow-batch.ts";
import { check } from "./arrow-message.ts";

/** No byte of a packed buffer stands for more than so many. */
const MOST_RATIO = { lz4: 256, zstd: 2 ** 16 } as const;
/** Room for buffers that are smaller than what packs them. */
const LEAST_BYTES = 2 ** 17;

const MAGIC = 0x184d2204;
const MOST_BYTES = 2 ** 32;
const OTHER_LENGTH = "a packed buffer of another length";

/** Unpacks a buffer of which it is known how long it becomes. */
export function unpack(codec: ArrowCodec, packed: Uint8Array, sizeBytes: number): Uint8Array {
  const most = Math.min(packed.length * MOST_RATIO[codec] + LEAST_BYTES, MOST_BYTES);
  check(sizeBytes >= 0 && sizeBytes <= most, "a packed buffer of an impossible length");
  const bytes = new Uint8Array(sizeBytes);
  if (codec === "lz4") unpackLz4(packed, bytes);
  else check(unpackZstd(packed, bytes) === sizeBytes, OTHER_LENGTH);
  return bytes;
}

function unpackZstd(packed: Uint8Array, bytes: Uint8Array): number {
  try {
    return decompress(packed, bytes).length;
  } catch {
    return -1;
  }
}

/** Unpacks an LZ4 frame: a header, blocks, and an end. Its checksums are not looked at. */
function unpackLz4(packed: Uint8Array, to: Uint8Array): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  check(view.getUint32(0, true) === MAGIC, "a packed buffer that is no LZ4");
  const flags = view.getUint8(4);
  const [hasBlockSums, hasSize, hasDictionary] = [flags & 16, flags & 8, flags & 1];
  check(flags >> 6 === 1 && hasDictionary === 0, "a packed buffer of an unknown LZ4");
  let at = 7 + (hasSize === 0 ? 0 : 8);
  let end = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const size = word & 0x7fff_ffff;
    check(at + size <= packed.length, "a packed buffer that is cut off");
    const block = packed.subarray(at, at + size);
    if (word === size) end = unpackBlock(block, to, end);
    else {
      check(end + size <= to.length, OTHER_LENGTH);
      to.set(block, end);
      end += size;
    }
    at += size + (hasBlockSums === 0 ? 0 : 4);
  }
  check(end === to.length, OTHER_LENGTH);
}

/** Sequences of bytes as they are, and of bytes that stood before; gives where they end. */
function unpackBlock(from: Uint8Array, to: Uint8Array, start: number): number {
  let [at, end] = [0, start];
  const lengthOf = (nibble: number) => {
    let sum = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; sum += more) more = byteAt(from, at++);
    return sum;
  };
  while (at < from.length) {
    const token = byteAt(from, at++);
    const literals = lengthOf(token >> 4);
    check(at + literals <= from.length && end + literals <= to.length, OTHER_LENGTH);
    copy(from, at, to, end, literals);
    at += literals;
    end += literals;
    if (at === from.length) return end;
    const distance = byteAt(from, at) | (byteAt(from, at + 1) << 8);
    at += 2;
    const matched = 4 + lengthOf(token & 15);
    check(distance > 0 && distance <= end && end + matched <= to.length, OTHER_LENGTH);
    if (distance >= matched) copy(to, end - distance, to, end, matched);
    else for (let byte = end; byte < end + matched; byte++) to[byte] = to[byte - distance] ?? 0;
    end += matched;
  }
  return end;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  check(byte !== undefined, "a packed buffer that is cut off");
  return byte;
}

/** Short pieces are copied faster one byte after the other. */
function copy(from: Uint8Array, at: number, to: Uint8Array, end: number, length: number): void {
  if (length < 32) for (let byte = 0; byte < length; byte++) to[end + byte] = from[at + byte] ?? 0;
  else to.set(from.subarray(at, at + length), end);
}
