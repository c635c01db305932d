import type { FrameColumn } from "../../column/column-data.ts";
import { type Frame, toFrameOf } from "../../frame.ts";
import { isSchema, type Schema, toSchema } from "../../schema.ts";
import { type CsvLimits, limitError, toCsvLimits } from "../csv-limits.ts";
import { type ByteSource, changedError } from "./byte-source.ts";
import { BadByteError, splitText, type TakeRows, takeBlocks, takeRows } from "./csv-blocks.ts";
import { type FoundBytes, textBlocks } from "./csv-bytes.ts";
import { type ColumnForms, type ColumnPlan, CsvColumn } from "./csv-column.ts";
import { type CsvStart, findStart } from "./csv-dialect.ts";
import { badByteError, emptyError, headerError, rowError, schemaError } from "./csv-errors.ts";
import { CsvFields, ESCAPED, NO_BYTE, RowFaultError } from "./csv-fields.ts";
import { toColumnNames } from "./csv-names.ts";
import { type CsvOptions, isRagged, toByte, toColumnForms, toSkippedLines } from "./csv-options.ts";
import type { CsvColumnReport, CsvReport } from "./csv-report.ts";
import { textReason } from "./csv-text-reason.ts";

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

/** A column with its place in the rows; once it is read, with its values. */
interface Slot {
  readonly index: number;
  readonly name: string;
  column: CsvColumn;
  /** why it became a column of texts, when values of other kinds stand in it */
  why?: string;
  read?: FrameColumn;
  notes: readonly string[];
}

class ForeignReading {
  readonly #source: ByteSource;
  readonly #options: ReadForeignOptions;
  readonly #forms: ColumnForms;
  readonly #limits: CsvLimits;
  readonly #found: FoundBytes;
  readonly #schema: Schema | undefined;
  readonly #notes: string[] = [];
  #start: CsvStart | undefined;
  /** where the first row begins */
  #rowsStart = 0;
  #slots: Slot[] = [];
  #fields: CsvFields | undefined;
  /** the rows of the file, once they were counted */
  #rows: number | undefined;
  #bytesTaken = 0;
  #isNameless = false;

  constructor(source: ByteSource, options: ReadForeignOptions, found: FoundBytes) {
    this.#source = source;
    this.#options = options;
    this.#found = found;
    this.#forms = toColumnForms(options);
    this.#limits = toCsvLimits(options.limits);
    const { schema } = options;
    this.#schema = schema === undefined || isSchema(schema) ? schema : toSchema(schema);
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
      const taken = takeRows(fields, bytes, { start, end, isLast }, (from, to) => {
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
    this.#fields = this.#newFields(this.#slots.length);
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
    this.#setColumns(headerTexts(bytes, fields, this.#forms), header);
    return true;
  }

  #setColumns(texts: readonly string[], isHeader: boolean): void {
    if (texts.length > this.#limits.maxColumns) throw headerError(this.#limits);
    this.#headerWidth = texts.length;
    const { names, notes } = toColumnNames(isHeader ? texts : texts.map(() => ""));
    this.#isNameless = isHeader && texts[0] === "" && texts.length > 1;
    this.#slots = names.map((name, index) => {
      const told = isHeader ? notes.get(index) : undefined;
      return this.#newSlot(index, name, told === undefined ? [] : [told]);
    });
    this.#checkSchema();
  }

  #newSlot(index: number, name: string, notes: readonly string[]): Slot {
    const asked = this.#schema?.find((column) => column.name === name)?.type;
    return { index, name, column: new CsvColumn(name, asked ?? "found", this.#forms), notes };
  }

  #checkSchema(): void {
    const schema = this.#schema;
    if (schema === undefined) return;
    const names = this.#slots.slice(this.#isNameless ? 1 : 0).map(({ name }) => name);
    const isSame = names.every((name) => schema.some((column) => column.name === name));
    const all = this.#slots.map(({ name }) => name);
    if (!isSame || !schema.every(({ name }) => all.includes(name))) throw schemaError(schema, all);
  }

  #takeColumns(bytes: Buffer, fields: CsvFields, length: number): void {
    const expected = (this.#sizeBytes / Math.max(1, length)) * fields.rows * 1.02;
    const block = {
      bytes,
      fields,
      expectedRows: this.#rows ?? Math.min(Math.ceil(expected), this.#limits.maxRows),
    };
    for (const { column, index, read } of this.#slots) {
      if (read === undefined) column.read(block, index);
    }
    if (fields.wantedWidth > fields.width) this.#addColumns(fields);
  }

  /** How many bytes of text there are, where that is known. */
  get #sizeBytes(): number {
    const { packing, encoding } = this.#found;
    return packing === undefined && encoding === undefined ? (this.#source.sizeBytes ?? 0) : 0;
  }

  /** A row has more fields than there are columns. */
  #addColumns(fields: CsvFields): void {
    if (fields.wantedWidth > this.#limits.maxColumns) throw headerError(this.#limits);
    const rows = fields.rowsBefore + fields.rows;
    const names = new Set(this.#slots.map(({ name }) => name));
    for (let index = this.#slots.length; index < fields.wantedWidth; index++) {
      let name = `column${index + 1}`;
      while (names.has(name)) name += "_1";
      names.add(name);
      const told = `column ${index + 1}: not in the header, ${JSON.stringify(name)} here; first in row ${rows + 1}`;
      const slot = this.#newSlot(index, name, [told]);
      slot.column.skip(rows);
      this.#slots.push(slot);
    }
    this.#checkSchema();
    fields.width = this.#slots.length;
  }

  #toError(error: unknown, bytes: Buffer, lines: number, from: number): unknown {
    const { name } = this.#source;
    if (error instanceof BadByteError) return badByteError(name, bytes, error.at, lines, from);
    if (!(error instanceof RowFaultError)) return error;
    return rowError(error.fault, {
      name,
      columns: this.#slots.map((slot) => slot.name),
      isHeaderless: this.#options.header === false,
      limits: this.#limits,
    });
  }

  /** Ends a pass over the file: keeps the columns that are read, and tells whether others are not. */
  isToBeReadAgain(): boolean {
    const fields = this.#fields;
    const rows = fields === undefined ? 0 : fields.rowsBefore + fields.rows;
    if (this.#rows === undefined) this.#tellRows(fields);
    else if (rows !== this.#rows) throw changedError(this.#source.name);
    this.#rows = rows;
    const open = this.#slots.filter(({ read }) => read === undefined);
    const hasBareNumbers = open.some(({ column }) => column.quotedNumbers === "none");
    for (const slot of open) {
      const plan = this.#nextPlan(slot, rows, hasBareNumbers);
      if (plan === undefined) this.#keep(slot, rows);
      else slot.column = new CsvColumn(slot.name, plan, this.#forms);
    }
    this.#fields = undefined;
    this.#bytesTaken = 0;
    return this.#slots.some(({ read }) => read === undefined);
  }

  #nextPlan(slot: Slot, rows: number, hasBareNumbers: boolean): ColumnPlan | undefined {
    const { column } = slot;
    const plan = column.nextPlan;
    if (plan !== undefined) {
      const why = column.why(rows);
      if (why !== undefined) slot.why ??= why;
      return plan;
    }
    if (!hasBareNumbers || column.quotedNumbers !== "all") return undefined;
    slot.why = "its numbers are all quoted, while others in the file are not";
    return "texts";
  }

  #keep(slot: Slot, rows: number): void {
    const { column, name } = slot;
    slot.read = { name, ...column.finish(rows) };
    slot.notes = [...slot.notes, ...column.notes()];
    const { nullCount } = slot.read.data;
    if (this.#slots.length === 1 && nullCount > 0) {
      const told = `column ${JSON.stringify(name)}: ${nullCount.toLocaleString("en")} missing, blank lines among them`;
      slot.notes = [...slot.notes, told];
    }
    const isFound = column.plan !== "string" && (column.plan === "found" || slot.why === undefined);
    const reason = slot.read.type === "string" && isFound ? textReason(slot.read) : undefined;
    if (reason !== undefined) slot.why = reason;
  }

  #tellRows(fields: CsvFields | undefined): void {
    const { packing, encoding } = this.#found;
    if (packing !== undefined) this.#notes.push(`the file: unpacked by ${packing}`);
    if (encoding !== undefined) this.#notes.push(`the file: read as ${encoding}`);
    if (this.#start?.isTold) this.#notes.push("the file: its first line tells the delimiter");
    const told = (count: number, one: string, many: string) => {
      if (count > 0) this.#notes.push(`${count.toLocaleString("en")} ${count === 1 ? one : many}`);
    };
    told(fields?.blankLines ?? 0, "blank line: passed over", "blank lines: passed over");
    const [short, filled] = ["shorter than the header", "filled with missing values"];
    told(fields?.shortRows ?? 0, `row ${short}: ${filled}`, `rows ${short}: ${filled}`);
  }

  end(): ForeignCsv {
    const slots = this.#slots.filter((slot) => !this.#isDropped(slot));
    const { length } = this.#slots;
    const dropped = "column 1: without a name and counting from 0, dropped as the index of pandas";
    const columns = this.#arranged(slots.flatMap(({ read }) => (read === undefined ? [] : [read])));
    const told = slots.map(({ name, read, why }): CsvColumnReport => {
      const type = read?.type ?? "string";
      return why === undefined ? { name, type } : { name, type, why };
    });
    const notes = [
      ...this.#notes,
      ...(slots.length < length ? [dropped] : []),
      ...slots.flatMap((slot) => slot.notes),
    ];
    const { name } = this.#source;
    return {
      frame: toFrameOf(columns),
      report: { name, rows: this.#rows ?? 0, columns: told, notes },
    };
  }

  /** The row counter that pandas writes before the columns; any other nameless column is kept. */
  #isDropped({ index, name, read }: Slot): boolean {
    if (!this.#isNameless || index > 0 || read === undefined) return false;
    if (this.#schema?.some((column) => column.name === name)) return false;
    if (isCounter(read)) return true;
    if (this.#schema === undefined) return false;
    throw schemaError(
      this.#schema,
      this.#slots.map((slot) => slot.name),
    );
  }

  /** The columns in the order of the schema, or of the file. */
  #arranged(columns: readonly FrameColumn[]): FrameColumn[] {
    const byName = new Map(columns.map((column) => [column.name, column]));
    const order = this.#schema ?? columns;
    return order.flatMap(({ name }) => byName.get(name) ?? []);
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

/** Whether a column counts its rows from 0. */
function isCounter({ type, data }: FrameColumn): boolean {
  if (type !== "integer" || data.nullCount > 0) return false;
  for (let row = 0; row < data.length; row++) if (data.at(row) !== row) return false;
  return true;
}
