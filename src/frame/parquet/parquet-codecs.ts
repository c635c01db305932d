/** How pages are unpacked, by the codec that their file names. */
import zlib from "node:zlib";
import { expectation } from "../../errors.ts";

/** Unpacks bytes that are so many when they are unpacked. */
export type Unpack = (bytes: Uint8Array, sizeBytes: number) => Uint8Array;

const same: Unpack = (bytes) => bytes;

/**
 * The unpacking of a codec, whose code is loaded only where a file needs it.
 * @throws {HexError} HEX_DATA_INVALID for a codec that is not known here
 */
export async function openCodec(codec: string, file: string): Promise<Unpack> {
  switch (codec) {
    case "UNCOMPRESSED":
      return same;
    case "GZIP":
      return (bytes, sizeBytes) => zlib.gunzipSync(bytes, { maxOutputLength: sizeBytes });
    case "BROTLI":
      return (bytes, maxOutputLength) => zlib.brotliDecompressSync(bytes, { maxOutputLength });
    case "ZSTD":
      return openZstd();
    case "SNAPPY":
      return (await import("hysnappy")).snappyUncompressor();
    case "LZ4":
    case "LZ4_RAW": {
      const { compressors } = await import("hyparquet-compressors");
      const unpack = compressors[codec];
      if (unpack !== undefined) return unpack;
    }
  }
  throw expectation("HEX_DATA_INVALID", {
    place: `the pages of ${file}`,
    expected: "packed by SNAPPY, ZSTD, GZIP, BROTLI or LZ4, or not at all",
    got: codec,
    hint: "write the file with another compression",
  });
}

/** Node's own from 22.15 on; before that a WebAssembly decoder, ten times as fast as one in JavaScript. */
async function openZstd(): Promise<Unpack> {
  const own: unknown = Reflect.get(zlib, "zstdDecompressSync");
  if (isUnpack(own)) return (bytes) => own(bytes);
  const { ZSTDDecoder } = await import("zstddec");
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (bytes, sizeBytes) => decoder.decode(bytes, sizeBytes);
}

function isUnpack(value: unknown): value is (bytes: Uint8Array) => Uint8Array {
  return typeof value === "function";
}
