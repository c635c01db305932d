/** Bytes that can be read from their beginning as often as they are needed. */
export interface ByteSource {
  /** what messages call it, such as its path or address */
  readonly name: string;
  /** the bytes in order, in blocks; the same bytes each time, or an error */
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}
