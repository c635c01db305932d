/**
 * The messages of an Arrow stream or file. Every length and offset that is read lies inside of what
 * it belongs to, or the bytes are refused: a wrong one never makes a reader loop or fill memory.
 */
import { expectation, type HexError } from "../../errors.ts";

const FILE_MAGIC = "ARROW1";
const CONTINUATION = -1;

/** The kinds of messages that a table has, by their number. */
const KINDS = [undefined, "schema", "dictionary", "rows"] as const;
const FOOTER = { schema: 6, dictionaries: 8, batches: 10 };
const MESSAGE = { version: 4, headerType: 6, header: 8, bodyLength: 10 };
/** Before it, buffers were laid out otherwise: Arrow 0.8 of 2017. */
const FIRST_VERSION = 3;

/** What stands at the beginning of files of other formats, with advice. */
const OTHERS: readonly (readonly [string, string, string])[] = [
  ["PAR1", "a Parquet file", "readParquet reads it"],
  ["FEA1", "a Feather file of version 1", "write it again with version 2, which is Arrow"],
];

/** Bytes in memory, or in a file, of which parts are read when they are asked for. */
export type ArrowBytes = Pick<Uint8Array, "length" | "subarray">;

/** A dictionary or a batch of rows; its buffers lie in its body. */
export interface ArrowMessage {
  readonly kind: "dictionary" | "rows";
  readonly header: FlatTable;
  readonly body: ArrowBytes;
}

/** A stream or file as its messages. */
export interface ArrowMessages {
  readonly schema: FlatTable;
  readonly batches: readonly ArrowMessage[];
}

/** Damage of Arrow bytes, to be told with their name. */
class ArrowDamage extends Error {}

/** The messages of an Arrow stream or file, told apart by the file's first bytes. */
export function readMessages(bytes: ArrowBytes): ArrowMessages {
  return startsWith(bytes, FILE_MAGIC) ? readFile(bytes) : readStream(bytes);
}

/** A stream is its messages up to the end that its writer has marked. */
function readStream(bytes: ArrowBytes): ArrowMessages {
  const batches: ArrowMessage[] = [];
  let schema: FlatTable | undefined;
  for (let at = 0; ; ) {
    const message = readMessage(bytes, at);
    if (message === undefined) break;
    const { kind, header, body, end } = message;
    if (kind === "schema") schema ??= header;
    else batches.push({ kind, header, body });
    at = end;
  }
  check(schema !== undefined, "no schema");
  return { schema, batches };
}

/** A file says at its end where its messages are; dictionaries may stand after rows that use them. */
function readFile(bytes: ArrowBytes): ArrowMessages {
  const end = bytes.length - FILE_MAGIC.length;
  check(
    startsWith(bytes.subarray(Math.max(end, FILE_MAGIC.length)), FILE_MAGIC),
    "no end of a file",
  );
  const sizeBytes = intAt(bytes, end - 4);
  check(sizeBytes > 0 && sizeBytes <= end - 4, "an end of an impossible length");
  const footer = new FlatTable(viewOf(bytes.subarray(end - 4 - sizeBytes, end - 4)), 0);
  const schema = footer.table(FOOTER.schema);
  check(schema !== undefined, "no schema");
  const blocks = [...footer.vector(FOOTER.dictionaries, 24), ...footer.vector(FOOTER.batches, 24)];
  const batches = blocks.map((block) => {
    const message = readMessage(bytes, footer.longAt(block));
    check(message !== undefined && message.kind !== "schema", "a batch that is none");
    const { kind, header, body } = message;
    return { kind, header, body };
  });
  return { schema, batches };
}

/** The message at a place; undefined where the end of a stream is marked. */
function readMessage(bytes: ArrowBytes, place: number) {
  const isLong = intAt(bytes, place) === CONTINUATION;
  const start = place + (isLong ? 8 : 4);
  const sizeBytes = intAt(bytes, start - 4);
  if (sizeBytes === 0) return undefined;
  check(sizeBytes > 0 && start + sizeBytes <= bytes.length, "a message that is cut off");
  const message = new FlatTable(viewOf(bytes.subarray(start, start + sizeBytes)), 0);
  const bodyBytes = message.long(MESSAGE.bodyLength);
  const end = start + sizeBytes + bodyBytes;
  check(bodyBytes >= 0 && end <= bytes.length, "a message that is cut off");
  check(message.short(MESSAGE.version) >= FIRST_VERSION, "a layout from before Arrow 0.8");
  const header = message.table(MESSAGE.header);
  check(header !== undefined, "a message without content");
  const kind = KINDS[message.byte(MESSAGE.headerType)];
  check(kind !== undefined, "a message that belongs to no table");
  return { kind, header, body: partOf(bytes, end - bodyBytes, end), end };
}

/** A number of 32 bits; beyond the bytes it throws a RangeError. */
function intAt(bytes: ArrowBytes, place: number): number {
  return viewOf(bytes.subarray(Math.max(place, 0), Math.max(place, 0) + 4)).getInt32(0, true);
}

/** The bytes of a file stay there. */
function partOf(bytes: ArrowBytes, start: number, end: number): ArrowBytes {
  if (bytes instanceof Uint8Array) return bytes.subarray(start, end);
  return {
    length: end - start,
    subarray: (from = 0, to = end - start) => bytes.subarray(start + from, start + to),
  };
}

function startsWith(bytes: ArrowBytes, text: string): boolean {
  return String.fromCharCode(...bytes.subarray(0, text.length)) === text;
}

/**
 * Why bytes cannot be read as Arrow, as a failure of them; one that is told already stays as it is.
 * @param place what the bytes are called
 */
export function damageError(bytes: Uint8Array, place: string, cause: unknown): HexError {
  const other = OTHERS.find(([magic]) => startsWith(bytes, magic));
  const isCut = cause instanceof RangeError;
  const reason = cause instanceof ArrowDamage ? cause.message : "it ends where more has to be";
  const got =
    other?.[1] ??
    (bytes.length === 0
      ? "no bytes"
      : isCut
        ? "one that is cut off or damaged"
        : `a damaged one: ${reason}`);
  const hint = other?.[2] ?? "write it again; a stream has to be closed by its writer";
  const expected = "an Arrow file or stream";
  return expectation("HEX_DATA_INVALID", { place, expected, got, hint }, { cause });
}

/** A table as FlatBuffers lays it out; a pointer outside the view throws a RangeError. */
export class FlatTable {
  readonly view: DataView;
  readonly #start: number;
  readonly #fields: number;
  readonly #fieldsBytes: number;

  constructor(view: DataView, at: number) {
    this.view = view;
    this.#start = at + view.getInt32(at, true);
    this.#fields = this.#start - view.getInt32(this.#start, true);
    this.#fieldsBytes = view.getUint16(this.#fields, true);
  }

  /** Where a field lies, or undefined when it has its default. */
  fieldAt(field: number): number | undefined {
    if (field >= this.#fieldsBytes) return undefined;
    const offset = this.view.getUint16(this.#fields + field, true);
    return offset === 0 ? undefined : this.#start + offset;
  }

  byte(field: number): number {
    const at = this.fieldAt(field);
    return at === undefined ? 0 : this.view.getUint8(at);
  }

  short(field: number, none = 0): number {
    const at = this.fieldAt(field);
    return at === undefined ? none : this.view.getInt16(at, true);
  }

  int(field: number, none = 0): number {
    const at = this.fieldAt(field);
    return at === undefined ? none : this.view.getInt32(at, true);
  }

  long(field: number): number {
    const at = this.fieldAt(field);
    return at === undefined ? 0 : this.longAt(at);
  }

  longAt(at: number): number {
    return Number(this.view.getBigInt64(at, true));
  }

  text(field: number): string | undefined {
    const at = this.fieldAt(field);
    if (at === undefined) return undefined;
    const start = at + this.view.getInt32(at, true);
    const length = this.view.getInt32(start, true);
    check(length >= 0 && start + 4 + length <= this.view.byteLength, "a name that is cut off");
    const { buffer, byteOffset } = this.view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + start + 4, length));
  }

  table(field: number): FlatTable | undefined {
    const at = this.fieldAt(field);
    return at === undefined ? undefined : new FlatTable(this.view, at);
  }

  /** Where each item of a list lies. */
  vector(field: number, itemBytes: number): number[] {
    const at = this.fieldAt(field);
    if (at === undefined) return [];
    const start = at + this.view.getInt32(at, true);
    const length = this.view.getInt32(start, true);
    const end = start + 4 + length * itemBytes;
    check(length >= 0 && end <= this.view.byteLength, "a list beyond the end of its message");
    return Array.from({ length }, (_, index) => start + 4 + index * itemBytes);
  }

  /** The tables of a list. */
  tables(field: number): FlatTable[] {
    return this.vector(field, 4).map((at) => new FlatTable(this.view, at));
  }
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Refuses bytes for what they have, unless a condition holds. */
export function check(condition: boolean, got: string): asserts condition {
  if (!condition) throw new ArrowDamage(`it has ${got}`);
}
