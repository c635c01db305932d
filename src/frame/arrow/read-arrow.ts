import type { ByteSource } from "../csv/read/csv-blocks.ts";
import { openSource, sendReport } from "../file-source.ts";
import type { AnyFrame, Frame } from "../frame.ts";
import type { RowOf, Schema, SchemaSpec } from "../schema.ts";
import type { ArrowOptions } from "./arrow-options.ts";

/**
 * Options for Arrow that a cell reads.
 * @example
 * const exact: ReadArrowOptions = { decimals: "text", columns: ["day", "total"] };
 */
export interface ReadArrowOptions extends ArrowOptions {
  /** the columns and their types: values are converted where nothing is lost by it */
  readonly schema?: Schema | SchemaSpec | undefined;
  /** ends the reading */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads an Arrow file or stream of any tool: from a path (relative to the working folder), a `file:`
 * URL, or the store (`store.url("raw/x.arrow")`). Its buffers may be packed by LZ4 or ZSTD. Every
 * type is read exactly or refused with what to do; docs/formats.md has the table.
 *
 * @throws {HexError} HEX_DATA_INVALID when the file is missing, damaged, or of types that no frame
 * has; HEX_FRAME_INVALID when its values do not fit the schema
 * @example
 * const sales: ByteSource = {
 *   name: "sales",
 *   async *open() {
 *     yield frameToArrow(frame([{ city: "Ulm", total: 3 }]));
 *   },
 * };
 * (await readArrow(sales)).rows(); // → [{ city: "Ulm", total: 3 }]
 */
export function readArrow<const Spec extends SchemaSpec>(
  source: URL | string | ByteSource,
  options: ReadArrowOptions & { readonly schema: Spec },
): Promise<Frame<RowOf<Spec>>>;
export function readArrow(
  source: URL | string | ByteSource,
  options?: ReadArrowOptions,
): Promise<Frame>;
export async function readArrow(
  source: URL | string | ByteSource,
  options: ReadArrowOptions = {},
): Promise<AnyFrame> {
  const bytes = await openSource(source, "an Arrow file");
  const blocks: Uint8Array[] = [];
  for await (const block of bytes.open(options.signal)) blocks.push(block);
  const { joinBytes } = await import("../join-bytes.ts");
  return read(joinBytes(blocks), bytes.name, options);
}

/**
 * The frame of Arrow bytes, of a stream or a file, that any tool has written; it reads the bytes in
 * place where they lie as a frame keeps them.
 * @throws {HexError} HEX_DATA_INVALID when they are damaged, or of types that no frame has;
 * HEX_FRAME_INVALID when the values do not fit the schema
 * @example
 * const copy = await frameFromArrow(frameToArrow(frame([{ total: 3 }])));
 * copy.schema; // → [{ name: "total", type: "integer" }]
 */
export async function frameFromArrow(
  bytes: Uint8Array,
  options: ReadArrowOptions = {},
): Promise<Frame> {
  return read(bytes, undefined, options);
}

async function read(
  bytes: Uint8Array,
  name: string | undefined,
  { schema, report: onReport, ...options }: ReadArrowOptions,
): Promise<Frame> {
  const { openArrow } = await import("./arrow-file.ts");
  const { frame, report } = await openArrow(bytes, { ...options, name });
  await sendReport(report, onReport);
  if (schema === undefined) return frame;
  const { toFrame } = await import("../to-frame.ts");
  return toFrame(frame, schema) ?? frame;
}
