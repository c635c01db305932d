/** The columns of batches as buffers: what the messages say, unpacked and checked to be whole. */
import { type ArrowArray, isSet } from "./arrow-array.ts";
import { checkArray } from "./arrow-check.ts";
import { type ArrowBytes, type ArrowMessage, check, type FlatTable } from "./arrow-message.ts";
import type { ArrowField } from "./arrow-type.ts";

/** How the buffers of a batch are packed. */
export type ArrowCodec = "lz4" | "zstd";

/** Unpacks a buffer of which it is known how long it becomes. */
export type Unpack = (codec: ArrowCodec, packed: Uint8Array, sizeBytes: number) => Uint8Array;

/** Where the fields of a batch lie. */
export const BATCH = { length: 4, nodes: 6, buffers: 8, compression: 10, variadic: 12 };
/** Where the fields of a dictionary lie. */
export const DICTIONARY = { id: 4, data: 6, isDelta: 8 };
const MOST_ROWS = 200_000_000;
const NO_BYTES = new Uint8Array(0);

/** Whether any of the buffers is packed. */
export function isPacked(batches: readonly ArrowMessage[]): boolean {
  return batches.some(({ kind, header }) => {
    const batch = kind === "rows" ? header : header.table(DICTIONARY.data);
    return batch?.fieldAt(BATCH.compression) !== undefined;
  });
}

/**
 * The columns of all batches of rows, with the dictionaries as they are when a batch comes.
 * @returns for each field its arrays, one a batch
 */
export function readArrays(
  fields: readonly ArrowField[],
  batches: readonly ArrowMessage[],
  unpack: Unpack,
): { readonly columns: readonly (readonly ArrowArray[])[]; readonly rows: number } {
  const coded = new Map<number, ArrowField>();
  for (const field of fields) collectDictionaries(field, coded);
  const dictionaries = new Map<number, readonly ArrowArray[]>();
  const columns = fields.map((): ArrowArray[] => []);
  let rows = 0;
  for (const { kind, header, body } of batches) {
    if (kind === "dictionary") {
      const data = header.table(DICTIONARY.data);
      const id = header.long(DICTIONARY.id);
      const field = coded.get(id);
      check(data !== undefined && field !== undefined, "a dictionary that no column uses");
      const reader = new BatchReader(data, body, { dictionaries, unpack });
      const before = header.byte(DICTIONARY.isDelta) === 0 ? [] : (dictionaries.get(id) ?? []);
      dictionaries.set(id, [...before, reader.read({ ...field, dictionary: undefined })]);
      continue;
    }
    const reader = new BatchReader(header, body, { dictionaries, unpack });
    const { length } = reader;
    rows += length;
    check(rows <= MOST_ROWS, `more than ${MOST_ROWS} rows`);
    for (const [index, field] of fields.entries()) {
      const array = reader.read(field);
      check(array.length === length, `columns of ${length} and of ${array.length} rows`);
      columns[index]?.push(array);
    }
  }
  return { columns, rows };
}

function collectDictionaries(field: ArrowField, coded: Map<number, ArrowField>): void {
  if (field.dictionary !== undefined) coded.set(field.dictionary.id, field);
  for (const child of field.children) collectDictionaries(child, coded);
}

interface Around {
  readonly dictionaries: ReadonlyMap<number, readonly ArrowArray[]>;
  readonly unpack: Unpack;
}

/** Takes the columns of a batch one after the other, in the order of the schema. */
export class BatchReader {
  readonly length: number;
  readonly #batch: FlatTable;
  readonly #body: ArrowBytes;
  readonly #around: Around;
  readonly #codec: ArrowCodec | undefined;
  readonly #nodes: IterableIterator<number>;
  readonly #buffers: IterableIterator<number>;
  readonly #variadic: IterableIterator<number>;

  /** @param skipped how many plain columns of the batch are passed over, each of two buffers */
  constructor(batch: FlatTable, body: ArrowBytes, around: Around, skipped = 0) {
    this.#batch = batch;
    this.#body = body;
    this.#around = around;
    this.length = toLength(batch.long(BATCH.length));
    const compression = batch.table(BATCH.compression);
    const codec = compression === undefined ? undefined : compression.byte(4);
    check(codec === undefined || codec <= 1, "buffers of an unknown packing");
    this.#codec = codec === undefined ? undefined : codec === 0 ? "lz4" : "zstd";
    this.#nodes = batch.vector(BATCH.nodes, 16).slice(skipped).values();
    this.#buffers = batch
      .vector(BATCH.buffers, 16)
      .slice(2 * skipped)
      .values();
    this.#variadic = batch.vector(BATCH.variadic, 8).values();
  }

  read(field: ArrowField): ArrowArray {
    const { value: node } = this.#nodes.next();
    check(node !== undefined, "fewer columns than its schema");
    const length = toLength(this.#batch.longAt(node));
    const nullCount = toLength(this.#batch.longAt(node + 8));
    const validity = hasValidity(field) ? this.#buffer() : NO_BYTES;
    const buffers = Array.from({ length: this.#countOf(field) }, () => this.#buffer());
    const isCoded = field.dictionary !== undefined;
    const array = {
      field,
      length,
      ...(field.type.kind === "null" && !isCoded
        ? { nullCount: length, validity }
        : toMissing(length, nullCount, validity)),
      buffers,
      children: isCoded ? [] : field.children.map((child) => this.read(child)),
      dictionary: isCoded ? this.#dictionary(field, length) : undefined,
    };
    checkArray(array);
    return array;
  }

  #dictionary({ dictionary }: ArrowField, length: number): readonly ArrowArray[] {
    const values = this.#around.dictionaries.get(dictionary?.id ?? -1);
    check(values !== undefined || length === 0, "codes of a dictionary that is not there");
    return values ?? [];
  }

  #countOf(field: ArrowField): number {
    const count = bufferCount(field);
    if (count !== undefined) return count;
    const { value: at } = this.#variadic.next();
    check(at !== undefined, "views without a number of their buffers");
    return 1 + toLength(this.#batch.longAt(at));
  }

  #buffer(): Uint8Array {
    const { value: at } = this.#buffers.next();
    check(at !== undefined, "fewer buffers than its schema");
    const [start, sizeBytes] = [this.#batch.longAt(at), this.#batch.longAt(at + 8)];
    const isInside = start >= 0 && sizeBytes >= 0 && start + sizeBytes <= this.#body.length;
    check(isInside, "values that lie outside their message");
    const bytes = this.#body.subarray(start, start + sizeBytes);
    if (this.#codec === undefined || sizeBytes === 0) return bytes;
    const { buffer, byteOffset } = bytes;
    const unpackedBytes = Number(new DataView(buffer, byteOffset, 8).getBigInt64(0, true));
    const packed = bytes.subarray(8);
    return unpackedBytes === -1 ? packed : this.#around.unpack(this.#codec, packed, unpackedBytes);
  }
}

function hasValidity({ type, dictionary }: ArrowField): boolean {
  if (dictionary !== undefined) return true;
  return type.kind !== "null" && type.kind !== "run-ends" && type.kind !== "union";
}

/** How many buffers a column has besides its validity; undefined when its batch says how many. */
function bufferCount({ type, dictionary }: ArrowField): number | undefined {
  if (dictionary !== undefined) return 1;
  switch (type.kind) {
    case "null":
    case "struct":
    case "run-ends":
      return 0;
    case "list":
      if (type.layout === "fixed") return 0;
      return type.layout === "view" || type.layout === "large-view" ? 2 : 1;
    case "text":
    case "binary":
      if (type.layout === "view") return undefined;
      return type.layout === "fixed" ? 1 : 2;
    default:
      return 1;
  }
}

function toLength(length: number): number {
  check(length >= 0 && length <= MOST_ROWS, "a column of a negative or huge length");
  return length;
}

/** What is missing by the bits, whatever number the batch tells. */
function toMissing(length: number, nullCount: number, validity: Uint8Array) {
  if (nullCount === 0) return { nullCount: 0, validity: NO_BYTES };
  check(validity.length * 8 >= length, "fewer marks of missing than rows");
  const missing = length - countBits(validity, length);
  return { nullCount: missing, validity: missing === 0 ? NO_BYTES : validity };
}

function countBits(bits: Uint8Array, length: number): number {
  let count = 0;
  for (let at = 0; at < length >> 3; at++) count += BIT_COUNTS[bits[at] ?? 0] ?? 0;
  for (let row = length & ~7; row < length; row++) count += Number(isSet(bits, row));
  return count;
}

const BIT_COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  return byte.toString(2).replaceAll("0", "").length;
});
