import { createHash, type Hash } from "node:crypto";
import { batchOf, type ColumnData, dictionaryOf } from "../frame/column/column-data.ts";
import type { Frame } from "../frame/frame.ts";

/** A text that was read stays in memory as a string as well, at about so many times its bytes. */
const TEXT_FACTOR = 4;
/** of one row of a filter or an order */
const ROW_BYTES = 4;

/** How much memory frames take together that share columns: each column counts once. */
export class FrameMemory {
  readonly #columns = new Map<ColumnData, { readonly sizeBytes: number; users: number }>();
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(frame: Frame): void {
    const { columns, totalRows, isWhole } = frame.unarranged();
    if (!isWhole) this.#sizeBytes += ROW_BYTES * totalRows;
    for (const { data } of columns) this.#addColumn(data);
  }

  /** Takes back one `add` of the same frame. */
  remove(frame: Frame): void {
    const { columns, totalRows, isWhole } = frame.unarranged();
    if (!isWhole) this.#sizeBytes -= ROW_BYTES * totalRows;
    for (const { data } of columns) this.#removeColumn(data);
  }

  #addColumn(data: ColumnData): void {
    const known = this.#columns.get(data);
    if (known !== undefined) {
      known.users += 1;
      return;
    }
    const sizeBytes = toBytes(data);
    this.#columns.set(data, { sizeBytes, users: 1 });
    this.#sizeBytes += sizeBytes;
  }

  #removeColumn(data: ColumnData): void {
    const known = this.#columns.get(data);
    if (known === undefined) return;
    known.users -= 1;
    if (known.users > 0) return;
    this.#columns.delete(data);
    this.#sizeBytes -= known.sizeBytes;
  }
}

function toBytes(data: ColumnData): number {
  const { values, validity, offsets } = batchOf(data);
  const texts = dictionaryOf(data)?.dictionary;
  const own = values.byteLength + (validity?.byteLength ?? 0);
  if (offsets !== undefined && offsets !== null) {
    return own * TEXT_FACTOR + offsets.byteLength * 3;
  }
  return own + (texts === undefined ? 0 : toBytes(texts));
}

/** Tells what a frame holds; equal for equal frames that were read in the same way. */
export function toFrameDigest(frame: Frame): string {
  const hash = createHash("sha256");
  for (const { name, type, data } of frame.unarranged().columns) {
    hash.update(JSON.stringify([name, type]));
    updateWith(hash, data);
  }
  return hash.digest("hex");
}

function updateWith(hash: Hash, data: ColumnData): void {
  const { values, validity, offsets } = batchOf(data);
  for (const buffer of [values, validity, offsets]) {
    if (buffer === undefined || buffer === null) continue;
    hash.update(String(buffer.byteLength));
    hash.update(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
  }
  const texts = dictionaryOf(data)?.dictionary;
  if (texts !== undefined) updateWith(hash, texts);
}
