import { formatCount } from "../../../text.ts";
import { type Frame, toFrameOf } from "../../frame.ts";
import { isSchema, toSchema } from "../../schema.ts";
import { type CsvLimits, limitError, toCsvLimits } from "../csv-form.ts";
import {
  BadByteError,
  type ByteSource,
  changedError,
  splitText,
  type TakeRows,
  takeBlocks,
  takeCsvRows,
} from "./csv-blocks.ts";
import { type FoundBytes, textBlocks } from "./csv-bytes.ts";
import { CsvColumns } from "./csv-columns.ts";
import { type CsvStart, findStart, NO_BYTE } from "./csv-dialect.ts";
import { badByteError, emptyError, rowError } from "./csv-errors.ts";
import { CsvFields, ESCAPED, RowFaultError } from "./csv-fields.ts";
import {
  type ColumnForms,
  type CsvOptions,
  isRagged,
  toByte,
  toColumnForms,
  toSkippedLines,
} from "./csv-options.ts";
import type { CsvReport } from "./csv-report.ts";

/** A CSV of another tool as it was understood. */
export interface ForeignCsv {
  readonly frame: Frame;
  readonly report: CsvReport;
}

export interface ReadForeignOptions extends CsvOptions {
  readonly limits?: Partial<CsvLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** how much is read at a time; 256 KiB unless told */
  readonly blockBytes?: number | undefined;
}

/**
 * Reads CSV that another tool wrote, by the rules of docs/csv.md: types are what all rows allow, and
 * what was decided is told. Columns that turn out to be texts late are read once more as such.
 * @throws {HexError} HEX_DATA_INVALID when it cannot be read as a table, or is beyond a limit;
 * HEX_FRAME_INVALID when it does not fit the schema
 */
export async function readForeignCsv(
  source: ByteSource,
  options: ReadForeignOptions = {},
): Promise<ForeignCsv> {
  const found: FoundBytes = {};
  const reading = new ForeignReading(source, options, found);
  do {
    const blocks = textBlocks(source, options.encoding, found, options.signal);
    const take: TakeRows = (bytes, end, isLast) => reading.take(bytes, end, isLast);
    await takeBlocks(blocks, take, options.blockBytes);
  } while (reading.isToBeReadAgain());
  return reading.end();
}

class ForeignReading {
  readonly #source: ByteSource;
  readonly #options: ReadForeignOptions;
  readonly #forms: ColumnForms;
  readonly #limits: CsvLimits;
  readonly #found: FoundBytes;
  readonly #columns: CsvColumns;
  readonly #notes: string[] = [];
  #start: CsvStart | undefined;
  /** where the first row begins */
  #rowsStart = 0;
  #fields: CsvFields | undefined;
  /** the rows of the file, once they were counted */
  #rows: number | undefined;
  #bytesTaken = 0;

  constructor(source: ByteSource, options: ReadForeignOptions, found: FoundBytes) {
    this.#source = source;
    this.#options = options;
    this.#found = found;
    this.#forms = toColumnForms(options);
    this.#limits = toCsvLimits(options.limits);
    const { schema } = options;
    const written = schema === undefined || isSchema(schema) ? schema : toSchema(schema);
    this.#columns = new CsvColumns(written, this.#forms, this.#limits);
  }

  take(bytes: Buffer, end: number, isLast: boolean): number {
    if (this.#bytesTaken + end > this.#limits.maxFileBytes) {
      throw limitError("HEX_DATA_INVALID", "the CSV", this.#limits, "maxFileBytes");
    }
    const isFirst = this.#fields === undefined;
    if (isFirst && !this.#open(bytes, end, isLast)) return 0;
    const fields = this.#fields;
    if (fields === undefined) return 0;
    const lines = fields.lines;
    const start = isFirst ? Math.min(end, this.#rowsStart) : 0;
    try {
      const taken = takeCsvRows(fields, bytes, { start, end, isLast }, (from, to) => {
        this.#takeColumns(bytes, fields, to - from);
      });
      this.#bytesTaken += taken;
      return taken;
    } catch (error) {
      throw this.#toError(error, bytes, lines, start);
    }
  }

  /** Opens a pass over the file; false when more bytes are needed. */
  #open(bytes: Buffer, end: number, isLast: boolean): boolean {
    if (this.#start === undefined && !this.#readStart(bytes, end, isLast)) {
      if (end > this.#limits.maxFieldBytes) {
        throw limitError(
          "HEX_DATA_INVALID",
          "the header of the CSV with the lines above it",
          this.#limits,
          "maxFieldBytes",
        );
      }
      return false;
    }
    if (end < this.#rowsStart && !isLast) return false;
    this.#fields = this.#newFields(this.#columns.count);
    return true;
  }

  #newFields(width: number): CsvFields {
    const { delimiter = NO_BYTE, lineEnd = NO_BYTE, lines = 0 } = this.#start ?? {};
    const { quote, escape: escapeSign } = this.#forms;
    const { comment, header = true } = this.#options;
    const dialect = {
      ...{ delimiter, lineEnd, quote, escape: escapeSign, isStrict: false },
      comment: comment === undefined ? NO_BYTE : toByte("comment", comment),
      isRagged: width > 0 && isRagged(this.#options),
    };
    const headerLines = width > 0 && header ? this.#headerLines : 0;
    const linesBefore = lines + headerLines;
    return new CsvFields(dialect, this.#limits, width, linesBefore, this.#headerWidth);
  }

  #headerLines = 0;
  #headerWidth = 0;

  /** Finds dialect and columns; false when more bytes are needed. */
  #readStart(bytes: Buffer, end: number, isLast: boolean): boolean {
    const { delimiter, comment, header = true } = this.#options;
    const start = findStart(bytes, end, isLast, {
      delimiter: delimiter === undefined ? undefined : toByte("delimiter", delimiter),
      quote: this.#forms.quote,
      escape: this.#forms.escape,
      comment: comment === undefined ? NO_BYTE : toByte("comment", comment),
      skipLines: toSkippedLines(this.#options),
    });
    if (start === undefined) return false;
    if (start.start >= end) throw emptyError(this.#source.name);
    this.#start = start;
    const fields = this.#newFields(0);
    let next = 0;
    try {
      next = splitText(fields, bytes, { from: start.start, end, isLast, mostRows: 1 });
    } catch (error) {
      throw this.#toError(error, bytes, start.lines, start.start);
    }
    if (fields.rows === 0) {
      this.#start = undefined;
      return false;
    }
    this.#headerLines = fields.lines - start.lines;
    this.#rowsStart = header ? next : start.start;
    this.#columns.setHeader(headerTexts(bytes, fields, this.#forms), header);
    this.#headerWidth = this.#columns.count;
    return true;
  }

  #takeColumns(bytes: Buffer, fields: CsvFields, length: number): void {
    const expected = (this.#sizeBytes / Math.max(1, length)) * fields.rows * 1.02;
    const block = {
      bytes,
      fields,
      expectedRows: this.#rows ?? Math.min(Math.ceil(expected), this.#limits.maxRows),
    };
    this.#columns.read(block);
    if (fields.wantedWidth <= fields.width) return;
    this.#columns.widen(fields.wantedWidth, fields.rowsBefore + fields.rows);
    fields.width = this.#columns.count;
  }

  /** How many bytes of text there are, where that is known. */
  get #sizeBytes(): number {
    const { packing, encoding } = this.#found;
    return packing === undefined && encoding === undefined ? (this.#source.sizeBytes ?? 0) : 0;
  }

  #toError(error: unknown, bytes: Buffer, lines: number, from: number): unknown {
    const { name } = this.#source;
    if (error instanceof BadByteError) return badByteError(name, bytes, error.at, lines, from);
    if (!(error instanceof RowFaultError)) return error;
    return rowError(error.fault, {
      name,
      columns: this.#columns.names,
      isHeaderless: this.#options.header === false,
      limits: this.#limits,
    });
  }

  /** Ends a pass over the file: keeps the columns that are read, and tells whether others are not. */
  isToBeReadAgain(): boolean {
    const fields = this.#fields;
    const rows = fields === undefined ? 0 : fields.rowsBefore + fields.rows;
    if (this.#rows === undefined) this.#reportRows(fields);
    else if (rows !== this.#rows) throw changedError(this.#source.name);
    this.#rows = rows;
    this.#fields = undefined;
    this.#bytesTaken = 0;
    return this.#columns.endPass(rows);
  }

  #reportRows(fields: CsvFields | undefined): void {
    const { packing, encoding } = this.#found;
    if (packing !== undefined) this.#notes.push(`the file: unpacked by ${packing}`);
    if (encoding !== undefined) this.#notes.push(`the file: read as ${encoding}`);
    if (this.#start?.isDelimiterDeclared)
      this.#notes.push("the file: its first line tells the delimiter");
    const told = (count: number, one: string, many: string) => {
      if (count > 0) this.#notes.push(formatCount(count, one, many));
    };
    told(fields?.blankLines ?? 0, "blank line: passed over", "blank lines: passed over");
    const [short, filled] = ["shorter than the header", "filled with missing values"];
    told(fields?.shortRows ?? 0, `row ${short}: ${filled}`, `rows ${short}: ${filled}`);
  }

  end(): ForeignCsv {
    const { name } = this.#source;
    const { columns, reports, notes } = this.#columns.finish();
    const told = { columns: reports, notes: [...this.#notes, ...notes] };
    return { frame: toFrameOf(columns), report: { name, rows: this.#rows ?? 0, ...told } };
  }
}

/** The texts of a header's fields. */
function headerTexts(bytes: Buffer, fields: CsvFields, forms: ColumnForms): string[] {
  return Array.from({ length: fields.width }, (_, column) => {
    const text = bytes.toString("utf8", fields.starts[column], fields.ends[column]);
    return fields.kinds[column] === ESCAPED ? unescapeText(text, forms) : text;
  });
}

function unescapeText(text: string, forms: ColumnForms): string {
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === forms.quote || code === forms.escape) at++;
    plain += text[at] ?? "";
  }
  return plain;
}
