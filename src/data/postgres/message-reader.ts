import type { WireBody } from "./wire-messages.ts";

/** Takes what a server sends, message by message. */
export interface MessageTaker {
  /** A message; its bytes hold until `onBlockEnd`. */
  onMessage(kind: number, body: WireBody): void;
  /** All messages that are there were given. */
  onBlockEnd(): void;
}

const BLOCK_BYTES = 2 ** 17;
/** The kind of a message, and its length without the kind. */
const HEAD_BYTES = 5;

/** Cuts the bytes of a connection into messages, in one buffer that is used again and again. */
export class MessageReader {
  readonly #taker: MessageTaker;
  #buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #held = 0;

  constructor(taker: MessageTaker) {
    this.#taker = taker;
  }

  take(chunk: Uint8Array): void {
    for (let start = 0; start < chunk.length; ) {
      const count = Math.min(chunk.length - start, this.#buffer.length - this.#held);
      this.#buffer.set(chunk.subarray(start, start + count), this.#held);
      this.#held += count;
      start += count;
      this.#giveMessages();
    }
  }

  #giveMessages(): void {
    const bytes = this.#buffer;
    let at = 0;
    let wanted = 0;
    while (at + HEAD_BYTES <= this.#held) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > this.#held) {
        wanted = end - at;
        break;
      }
      this.#taker.onMessage(Number(bytes[at]), { bytes, start: at + HEAD_BYTES, end });
      at = end;
    }
    this.#taker.onBlockEnd();
    this.#held -= at;
    if (wanted <= bytes.length) bytes.copyWithin(0, at, at + this.#held);
    else {
      this.#buffer = Buffer.allocUnsafeSlow(wanted * 2);
      bytes.copy(this.#buffer, 0, at, at + this.#held);
    }
  }
}
