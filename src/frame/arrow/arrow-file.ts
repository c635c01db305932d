/** From the bytes of an Arrow stream or file to a frame. */
import { expectation, HexError } from "../../errors.ts";
import type { CsvReport } from "../csv/read/csv-report.ts";
import { type Frame, toFrameOf } from "../frame.ts";
import type { Schema } from "../schema.ts";
import { isPacked, readArrays } from "./arrow-batch.ts";
import { type ColumnPlace, isPlainField, readPlainColumn } from "./arrow-column.ts";
import { damageError, readMessages } from "./arrow-message.ts";
import type { ArrowOptions } from "./arrow-options.ts";
import { type ArrowField, readFields, TYPE_KEY } from "./arrow-type.ts";

/** How Arrow bytes are read, and what they are called. */
interface OpenOptions extends Omit<ArrowOptions, "report"> {
  /** as messages name it: a path, an address, or "the Arrow file" */
  readonly name?: string | undefined;
  /** the columns of whole numbers of 64 bits that are bigints, however small they are */
  readonly bigints?: ReadonlySet<string> | undefined;
}

/** A frame of Arrow bytes, and what was decided about them. */
interface OpenedArrow {
  readonly frame: Frame;
  readonly report: CsvReport;
}

/**
 * Reads Arrow bytes of any tool.
 * @throws {HexError} HEX_DATA_INVALID when they are damaged, or hold what a frame does not
 */
export async function openArrow(
  bytes: Uint8Array,
  { name = "the Arrow file", ...options }: OpenOptions = {},
): Promise<OpenedArrow> {
  try {
    return await open(bytes, name, options);
  } catch (error) {
    if (error instanceof HexError) throw error;
    throw damageError(bytes, name, error);
  }
}

/**
 * Reads Arrow bytes that a frame was written as, which have to hold what the schema says.
 * @throws {HexError} HEX_DATA_INVALID when they do not, or are damaged
 */
export async function openOwnArrow(bytes: Uint8Array, schema: Schema): Promise<Frame> {
  const bigints = new Set(schema.filter(({ type }) => type === "bigint").map(({ name }) => name));
  const { frame } = await openArrow(bytes, { bigints });
  const isSame = schema.every(({ name }, index) => frame.columnNames[index] === name);
  if (!isSame || frame.numColumns !== schema.length) {
    throw expectation("HEX_DATA_INVALID", {
      place: "the Arrow file",
      expected: `of the columns ${schema.map(({ name }) => name).join(", ")}`,
      got: frame.columnNames.join(", "),
    });
  }
  for (const [index, { name, type }] of frame.schema.entries()) {
    const wanted = schema[index]?.type;
    if (type === wanted) continue;
    throw expectation("HEX_DATA_INVALID", {
      place: `column ${JSON.stringify(name)} of the Arrow file`,
      expected: `of type ${wanted} as in the schema`,
      got: type,
    });
  }
  return frame;
}

async function open(
  bytes: Uint8Array,
  name: string,
  { columns: wanted, bigints, ...options }: Omit<OpenOptions, "name">,
): Promise<OpenedArrow> {
  const { schema, batches } = readMessages(bytes);
  const all = readFields(schema);
  checkNames(all, name, wanted);
  const isRead = (field: ArrowField) => wanted === undefined || wanted.includes(field.name);
  const { checkReadable, readColumn } = await loadReaders(all.filter(isRead));
  for (const field of all.filter(isRead)) {
    checkReadable(field, { name: field.name, place: name }, options);
  }
  const unpack = isPacked(batches) ? (await import("./arrow-unpack.ts")).unpack : notPacked;
  const { columns: arrays, rows } = readArrays(all, batches, unpack);
  const notes: string[] = [];
  const columns = all.flatMap((field, index) => {
    if (!isRead(field)) return [];
    const why: string[] = [];
    const at: ColumnPlace = {
      name: field.name,
      place: name,
      item: "row",
      isBigint: bigints?.has(field.name) === true || field.metadata.get(TYPE_KEY) === "bigint",
      why: (text) => why.push(text),
      note: (text) => notes.push(`column ${JSON.stringify(field.name)}: ${text}`),
    };
    return [{ name: field.name, why, ...readColumn(field, arrays[index] ?? [], at, options) }];
  });
  const frame = toFrameOf(columns.map(({ name, type, data }) => ({ name, type, data })));
  const reported = columns.map(({ name, type, why: [why] }) => {
    return { name, type, ...(why !== undefined && { why }) };
  });
  return { frame, report: { name, rows, columns: reported, notes } };
}

/** Most files have nothing of what other columns are read by. */
async function loadReaders(fields: readonly ArrowField[]) {
  if (fields.every(isPlainField)) {
    return { checkReadable: () => undefined, readColumn: readPlainColumn };
  }
  const [{ readColumn }, { checkReadable }] = await Promise.all([
    import("./arrow-odd-column.ts"),
    import("./arrow-readable.ts"),
  ]);
  return { checkReadable, readColumn };
}

function notPacked(): never {
  throw new Error("Buffers that are not packed are not unpacked");
}

/** Checks that the columns that are read have names, each its own. */
function checkNames(
  fields: readonly ArrowField[],
  place: string,
  wanted?: readonly string[],
): void {
  const all = fields.map(({ name }) => name);
  const names = wanted === undefined ? all : all.filter((name) => wanted.includes(name));
  const absent = wanted?.find((name) => !all.includes(name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const fault =
    (absent !== undefined && [`to have the column ${JSON.stringify(absent)}`, all.join(", ")]) ||
    (twice !== undefined && ["of columns of different names", `${JSON.stringify(twice)} twice`]) ||
    (names.length === 0 && ["of at least one column, as a frame is", "none"]) ||
    (names.includes("") && ["of columns with names", `column ${all.indexOf("") + 1} without one`]);
  if (fault === false) return;
  const [expected = "", got = ""] = fault;
  const hint = absent === undefined ? "change that before writing the file" : "";
  throw expectation("HEX_DATA_INVALID", { place, expected, got, ...(hint !== "" && { hint }) });
}
