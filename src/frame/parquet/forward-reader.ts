/**
 * The place of a reader in bytes. It never goes back: a damaged length of less than nothing would
 * have the library read the same bytes for ever.
 */
export class ForwardReader {
  readonly view: DataView<ArrayBuffer>;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // The view of a copy where the bytes are shared with other threads.
    const { buffer, byteOffset, byteLength } = bytes;
    const own = buffer instanceof ArrayBuffer ? buffer : undefined;
    this.view =
      own === undefined
        ? new DataView(new Uint8Array(bytes).buffer)
        : new DataView(own, byteOffset, byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  set offset(offset: number) {
    if (!(offset >= this.#offset)) throw new RangeError("a length in it is less than nothing");
    this.#offset = offset;
  }
}
