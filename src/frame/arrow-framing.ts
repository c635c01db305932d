/**
 * Checks the skeleton of Arrow bytes before Flechette walks along it: Flechette trusts the lengths
 * and offsets in there, and a wrong one makes it loop, fill memory or read what is not the file's.
 */
import { Type } from "@uwdata/flechette";

const FILE_MAGIC = "ARROW1";
const FILE_PREFIX_BYTES = 8;
const CONTINUATION = -1;

/** The message headers that a stream of a table has, and where tables keep their fields. */
const SCHEMA = 1;
const DICTIONARY_BATCH = 2;
const RECORD_BATCH = 3;
const MESSAGE = { headerType: 6, header: 8, bodyLength: 10 };
const BATCH = { nodes: 6, buffers: 8, compression: 10, variadic: 12 };
const FIELD = { typeId: 8, children: 14, metadata: 16 };

const FLAT_TYPES: ReadonlySet<number> = new Set([
  ...[Type.Int, Type.Float, Type.Utf8, Type.Bool, Type.Date, Type.Timestamp],
]);

/** The stream of messages in an Arrow stream or file, which ends where its writer ended it. */
export function streamOf(bytes: Uint8Array): Uint8Array {
  const start = String.fromCharCode(...bytes.subarray(0, FILE_MAGIC.length));
  const stream = start === FILE_MAGIC ? bytes.subarray(FILE_PREFIX_BYTES) : bytes;
  const view = viewOf(stream);
  for (let at = 0; ; ) {
    const isLong = view.getInt32(at, true) === CONTINUATION;
    const sizeBytes = view.getInt32(isLong ? at + 4 : at, true);
    at += isLong ? 8 : 4;
    if (sizeBytes === 0) return stream.subarray(0, at);
    check(sizeBytes > 0, "a message of a negative length");
    const message = viewOf(stream.subarray(at, at + sizeBytes));
    at += sizeBytes;
    at += checkMessage(message);
    check(at <= stream.length, "a message that is cut off");
  }
}

/** @returns how long the body after the message is */
function checkMessage(view: DataView): number {
  const message = new FlatTable(view, 0);
  const bodyAt = message.fieldAt(MESSAGE.bodyLength);
  const bodyBytes = bodyAt === undefined ? 0 : long(view, bodyAt);
  check(bodyBytes >= 0, "a body of a negative length");
  const typeAt = message.fieldAt(MESSAGE.headerType);
  const type = typeAt === undefined ? 0 : view.getUint8(typeAt);
  const header = message.table(MESSAGE.header);
  if (type === SCHEMA && header) checkSchema(header);
  else if (type === RECORD_BATCH && header) checkBatch(header, bodyBytes);
  else if (type === DICTIONARY_BATCH) checkTexts(header?.table(6), bodyBytes);
  else throw new Error("a message of another kind");
  return bodyBytes;
}

function checkSchema(schema: FlatTable): void {
  schema.vector(8, 4);
  for (const at of schema.vector(6, 4)) {
    const field = new FlatTable(schema.view, at);
    const typeAt = field.fieldAt(FIELD.typeId);
    const type = typeAt === undefined ? 0 : schema.view.getUint8(typeAt);
    check(FLAT_TYPES.has(type), "a column of a type that no frame has");
    check(field.vector(FIELD.children, 4).length === 0, "a column of columns");
    field.vector(FIELD.metadata, 4);
  }
}

function checkBatch(batch: FlatTable | undefined, bodyBytes: number): void {
  check(batch !== undefined, "a message without a batch");
  const { view } = batch;
  check(batch.fieldAt(BATCH.compression) === undefined, "compressed values");
  batch.vector(BATCH.variadic, 8);
  for (const at of batch.vector(BATCH.nodes, 16)) {
    const [rows, missing] = [long(view, at), long(view, at + 8)];
    check(rows >= 0 && missing >= 0 && missing <= rows, "a column of a negative length");
    check(rows <= bodyBytes * 8, "more rows than values");
  }
  for (const at of batch.vector(BATCH.buffers, 16)) {
    const [start, sizeBytes] = [long(view, at), long(view, at + 8)];
    const isInside = start >= 0 && sizeBytes >= 0 && start + sizeBytes <= bodyBytes;
    check(isInside, "values that lie outside their message");
  }
}

/** Flechette decodes the texts of a dictionary at once, however many it is told there are. */
function checkTexts(batch: FlatTable | undefined, bodyBytes: number): void {
  checkBatch(batch, bodyBytes);
  const [node] = batch?.vector(BATCH.nodes, 16) ?? [];
  const places = batch?.vector(BATCH.buffers, 16)[1];
  check(batch !== undefined && node !== undefined && places !== undefined, "no texts");
  const [texts, placesBytes] = [long(batch.view, node), long(batch.view, places + 8)];
  check(texts === 0 || 4 * (texts + 1) <= placesBytes, "fewer places of texts than texts");
}

/** A table as FlatBuffers lays it out; a pointer outside the view throws a RangeError. */
class FlatTable {
  readonly view: DataView;
  readonly #start: number;
  readonly #fields: number;
  readonly #fieldsBytes: number;

  constructor(view: DataView, at: number) {
    this.view = view;
    this.#start = at + view.getInt32(at, true);
    this.#fields = this.#start - view.getInt32(this.#start, true);
    this.#fieldsBytes = view.getInt16(this.#fields, true);
  }

  fieldAt(field: number): number | undefined {
    if (field >= this.#fieldsBytes) return undefined;
    const offset = this.view.getInt16(this.#fields + field, true);
    return offset === 0 ? undefined : this.#start + offset;
  }

  table(field: number): FlatTable | undefined {
    const at = this.fieldAt(field);
    return at === undefined ? undefined : new FlatTable(this.view, at);
  }

  /** Where each item of a vector lies. */
  vector(field: number, itemBytes: number): number[] {
    const at = this.fieldAt(field);
    if (at === undefined) return [];
    const start = at + this.view.getInt32(at, true);
    const length = this.view.getInt32(start, true);
    const end = start + 4 + length * itemBytes;
    check(length >= 0 && end <= this.view.byteLength, "a list beyond the end of its message");
    return Array.from({ length }, (_, index) => start + 4 + index * itemBytes);
  }
}

function long(view: DataView, at: number): number {
  return Number(view.getBigInt64(at, true));
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

function check(condition: boolean, got: string): asserts condition {
  if (!condition) throw new Error(`it has ${got}`);
}
