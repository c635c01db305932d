/** A Parquet file by its footer: its columns, where their pages lie, and what others added to it. */
import { type Field, TimeUnit, Type, tableFromIPC } from "@uwdata/flechette";
import { type ColumnMetaData, parquetMetadata, parquetSchema, type SchemaTree } from "hyparquet";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { expectation } from "../../errors.ts";
import { parseSchema } from "../schema.ts";
import { ForwardReader } from "./forward-reader.ts";
import type { ParquetInput } from "./parquet-input.ts";
import { type ArrowHint, kindOf, type ParquetKind } from "./parquet-kind.ts";
import type { Levels } from "./parquet-pages.ts";

/** A part of a column that holds values: of a plain column its only one. */
export interface ParquetLeaf {
  readonly tree: SchemaTree;
  readonly kind: ParquetKind;
  readonly levels: Levels;
  /** for each group of rows where its pages lie */
  readonly chunks: readonly ColumnMetaData[];
}

/** A column of the file. */
export interface ParquetSource {
  readonly name: string;
  readonly tree: SchemaTree;
  /** its parts in the order of the file */
  readonly leaves: readonly ParquetLeaf[];
  /** whether it holds lists, structs or maps */
  readonly isNested: boolean;
  readonly hint: ArrowHint;
  /** whether its whole numbers are bigints, however small they are */
  readonly isBigint: boolean;
}

/** The name under which our own files have their schema, which tells bigints from integers. */
export const SCHEMA_KEY = "hex:schema";

/** What a footer says. */
export interface ParquetFooter {
  readonly rows: number;
  readonly groupRows: readonly number[];
  readonly columns: readonly ParquetSource[];
  /** what writers added, by their names for it */
  readonly added: ReadonlyMap<string, string>;
  /** what is to be told of the file */
  readonly notes: readonly string[];
}

const MAGIC = 0x31_52_41_50;
const ENCRYPTED = 0x45_52_41_50;
const TAIL_BYTES = 8;
const MOST_ROWS = 500_000_000;

/**
 * Reads the footer of a file.
 * @throws {HexError} HEX_DATA_INVALID for another kind of file, or one that is encrypted
 */
export async function readFooter(input: ParquetInput): Promise<ParquetFooter> {
  const { name, sizeBytes } = input;
  const tail = await input.read(Math.max(0, sizeBytes - TAIL_BYTES), TAIL_BYTES);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const magic = tail.length < TAIL_BYTES ? undefined : view.getUint32(4, true);
  if (magic !== MAGIC) throw formatError(name, sizeBytes, magic);
  const footerBytes = view.getUint32(0, true);
  if (footerBytes + TAIL_BYTES > sizeBytes)
    throw new RangeError("its footer is longer than itself");
  const footer = await input.read(sizeBytes - footerBytes - TAIL_BYTES, footerBytes + TAIL_BYTES);
  // First without the library's own reader, which damaged lengths lead round in circles.
  deserializeTCompactProtocol(new ForwardReader(footer.subarray(0, footerBytes)));
  return toFooter(parquetMetadata(footer, { geoparquet: false }));
}

function formatError(name: string, sizeBytes: number, magic: number | undefined) {
  const isEncrypted = magic === ENCRYPTED;
  const got = isEncrypted ? "an encrypted one" : "one that does not end as such";
  return expectation("HEX_DATA_INVALID", {
    place: name,
    expected: "a Parquet file",
    got: sizeBytes === 0 ? "an empty file" : got,
    ...(isEncrypted && { hint: "write it without encryption" }),
  });
}

function toFooter(metadata: ReturnType<typeof parquetMetadata>): ParquetFooter {
  const groupRows = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const rows = groupRows.reduce((sum, count) => sum + count, 0);
  if (rows !== Number(metadata.num_rows) || !(rows >= 0 && rows <= MOST_ROWS)) {
    throw new RangeError(`its footer tells of ${metadata.num_rows} rows, its groups of ${rows}`);
  }
  const added = new Map(
    metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ""] as const),
  );
  const { hints, notes } = readHints(added.get("ARROW:schema"));
  const bigints = readBigints(added.get(SCHEMA_KEY));
  let next = 0;
  const columns = parquetSchema(metadata).children.map((tree, index): ParquetSource => {
    const hint = hints[index]?.name === tree.element.name ? hints[index].hint : {};
    const leaves = leavesOf(tree, { repetition: 0, definition: 0 }).map(
      ({ tree: leaf, levels }) => {
        const at = next++;
        const chunks = metadata.row_groups.map(({ columns: all }) => toChunk(all[at]));
        return {
          tree: leaf,
          levels,
          chunks,
          kind: kindOf(leaf.element, leaf === tree ? hint : {}),
        };
      },
    );
    const isNested = tree.children.length > 0 || tree.element.repetition_type === "REPEATED";
    const { name } = tree.element;
    return { name, tree, leaves, isNested, hint, isBigint: bigints.has(name) };
  });
  return { rows, groupRows, columns, added, notes };
}

function toChunk(
  column: ReturnType<typeof parquetMetadata>["row_groups"][number]["columns"][number] | undefined,
): ColumnMetaData {
  if (column?.meta_data === undefined) throw new RangeError("a group of rows lacks a column");
  if (column.file_path !== undefined) throw new RangeError("a column lies in another file");
  return column.meta_data;
}

/** The levels below a part of the schema, by how it may be missing or repeated. */
export function levelsBelow({ element }: SchemaTree, { repetition, definition }: Levels): Levels {
  return {
    repetition: repetition + (element.repetition_type === "REPEATED" ? 1 : 0),
    definition: definition + (element.repetition_type === "REQUIRED" ? 0 : 1),
  };
}

function leavesOf(tree: SchemaTree, above: Levels): { tree: SchemaTree; levels: Levels }[] {
  const levels = levelsBelow(tree, above);
  if (tree.element.type !== undefined) return [{ tree, levels }];
  return tree.children.flatMap((child) => leavesOf(child, levels));
}

function readBigints(schema: string | undefined): ReadonlySet<string> {
  const columns = schema === undefined ? [] : parseSchema(JSON.parse(schema));
  return new Set(columns.filter(({ type }) => type === "bigint").map(({ name }) => name));
}

interface NamedHint {
  readonly name: string;
  readonly hint: ArrowHint;
}

interface ReadHints {
  readonly hints: readonly NamedHint[];
  readonly notes: readonly string[];
}

/** What Arrow's schema adds to what Parquet says of the columns. */
function readHints(schema: string | undefined): ReadHints {
  if (schema === undefined) return { hints: [], notes: [] };
  try {
    const { fields } = tableFromIPC(new Uint8Array(Buffer.from(schema, "base64"))).schema;
    return { hints: fields.map(toHint), notes: [] };
  } catch {
    const note =
      "the file: Arrow's schema in it cannot be read, which tells durations from numbers";
    return { hints: [], notes: [note] };
  }
}

function toHint({ name, type }: Field): NamedHint {
  if (type.typeId === Type.Duration) return { name, hint: { duration: UNITS[type.unit] } };
  const zone = type.typeId === Type.Timestamp ? type.timezone : undefined;
  return { name, hint: zone ? { zone } : {} };
}

const UNITS = {
  [TimeUnit.SECOND]: "s",
  [TimeUnit.MILLISECOND]: "ms",
  [TimeUnit.MICROSECOND]: "us",
  [TimeUnit.NANOSECOND]: "ns",
} as const;
