import { BARE, QUOTED } from "../../frame/csv/read/csv-fields.ts";
import { type FieldPlaces, grown } from "../../frame/csv/read/csv-items.ts";
import type { WireBody } from "./wire-messages.ts";

/** Where the values of the rows of a block lie; of a missing one nowhere. */
export class RowBlock implements FieldPlaces {
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  kinds = new Uint8Array(0);
  rows = 0;
  rowsBefore = 0;
  readonly width: number;
  /** the buffer in which all rows of the block lie */
  bytes: Buffer | undefined;

  constructor(width: number) {
    this.width = width;
  }

  /** Adds a row, in the form of PostgreSQL's protocol: each value after its length. */
  add({ bytes, start }: WireBody): void {
    const first = this.rows * this.width;
    const end = first + this.width;
    if (end > this.starts.length) this.#makeRoom(end);
    const { starts, ends, kinds } = this;
    let at = start + 2;
    for (let field = first; field < end; field++) {
      const length =
        ((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number);
      at += 4;
      starts[field] = at;
      if (length >= 0) at += length;
      ends[field] = at;
      kinds[field] = length < 0 ? BARE : QUOTED;
    }
    this.rows += 1;
    this.bytes = bytes;
  }

  /** The next block comes. */
  clear(): void {
    this.rowsBefore += this.rows;
    this.rows = 0;
    this.bytes = undefined;
  }

  #makeRoom(fields: number): void {
    this.starts = grown(this.starts, fields, 0, Int32Array);
    this.ends = grown(this.ends, fields, 0, Int32Array);
    this.kinds = grown(this.kinds, fields, 0, Uint8Array);
  }
}
