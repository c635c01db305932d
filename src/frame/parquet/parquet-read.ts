/** From the pages of a Parquet file to the columns of a frame. */
import { expectation, HexError, toMessage } from "../../errors.ts";
import type { FrameColumn } from "../column/column-data.ts";
import type { ByteSource } from "../csv/read/csv-blocks.ts";
import type { CsvColumnReport, CsvReport } from "../csv/read/csv-report.ts";
import { type Frame, toFrameOf } from "../frame.ts";
import type { ReadColumn } from "./parquet-column.ts";
import {
  type ParquetFooter,
  type ParquetLeaf,
  type ParquetSource,
  readFooter,
} from "./parquet-file.ts";
import { openInput, type ParquetInput } from "./parquet-input.ts";
import { newReading, openLeaf, toldOf } from "./parquet-leaf.ts";
import type { ReadParquetOptions } from "./parquet-options.ts";
import type { DataPage } from "./parquet-pages.ts";
import { checkSource, chooseColumns } from "./parquet-rules.ts";
import { onlyValue, readRuns } from "./parquet-runs.ts";
import { type Reading, readLeaf, takeValues } from "./parquet-take.ts";

/** A Parquet file as it was read. */
interface ReadFile {
  readonly frame: Frame;
  readonly report: CsvReport;
}

/**
 * Reads a Parquet file of any tool, column after column.
 * @param source a path, or bytes that are then held in memory
 * @throws {HexError} HEX_DATA_INVALID when it is none, is damaged, or holds what no frame does
 */
export async function readParquetFile(
  source: string | ByteSource,
  options: ReadParquetOptions = {},
): Promise<ReadFile> {
  const input = await openInput(source);
  try {
    return await readAll(input, options);
  } catch (error) {
    if (error instanceof HexError) throw error;
    throw damageError(input.name, error);
  } finally {
    await input.close();
  }
}

function damageError(name: string, cause: unknown): HexError {
  const got = `one that is damaged, or unlike all others: ${toMessage(cause)}`;
  const expected = "a whole Parquet file";
  return expectation("HEX_DATA_INVALID", { place: name, expected, got }, { cause });
}

async function readAll(input: ParquetInput, options: ReadParquetOptions): Promise<ReadFile> {
  const { name: file } = input;
  const footer = await readFooter(input);
  const sources = chooseColumns(footer, file, options);
  for (const source of sources) checkSource(source, file, options);
  const columns: FrameColumn[] = [];
  const reports: CsvColumnReport[] = [];
  const notes = [...footer.notes, ...indexNotes(footer)];
  for (const source of sources) {
    const { name } = source;
    const reading = newReading(source, options);
    const { type, data } = await readSource({ input, footer, reading }, source);
    columns.push({ name, type, data });
    const told = toldOf(reading);
    reports.push({ name, type, ...(told.why !== undefined && { why: told.why }) });
    notes.push(...told.notes.map((note) => `column ${JSON.stringify(name)}: ${note}`));
  }
  const report = { name: file, rows: footer.rows, columns: reports, notes };
  return { frame: toFrameOf(columns), report };
}

/** What is told of the index of pandas, which Parquet has as columns, or not at all. */
function indexNotes({ added }: ParquetFooter): string[] {
  const text = added.get("pandas");
  const told: unknown = text === undefined ? undefined : JSON.parse(text);
  const indexes: unknown = isRecord(told) ? told["index_columns"] : undefined;
  if (!Array.isArray(indexes)) return [];
  return indexes.flatMap((index: unknown) => {
    if (typeof index === "string") return [`column ${JSON.stringify(index)}: the index of pandas`];
    if (!isRecord(index) || (index["start"] === 0 && index["step"] === 1)) return [];
    const { start, stop, step } = index;
    return [
      `the index of pandas, ${String(start)} to ${String(stop)} by ${String(step)}: not kept`,
    ];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

async function readSource(around: Reading, source: ParquetSource): Promise<ReadColumn> {
  const [leaf] = source.leaves;
  if (!source.isNested && leaf !== undefined) return readFlat(around, leaf, source.name);
  const { readNested } = await import("./parquet-nested.ts");
  return readNested(around, source);
}

async function readFlat(around: Reading, leaf: ParquetLeaf, name: string): Promise<ReadColumn> {
  const { rows, groupRows } = around.footer;
  const column = openLeaf(leaf.kind, rows, around.reading);
  const take = (page: DataPage) => {
    takeValues(column, leaf, page, { rows: page.count, present: presentOf(page) });
    return page.count;
  };
  await readLeaf(around, leaf, { column, name, take, counts: groupRows });
  return column.finish();
}

function presentOf({ definition, count }: DataPage): Uint8Array | undefined {
  if (definition === undefined || onlyValue(definition, count) === 1) return undefined;
  const present = new Uint8Array(count);
  readRuns(definition, present);
  return present;
}
