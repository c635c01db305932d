/** From the bytes of a JSON file to a frame, row after row. */
import { expectation, type HexError } from "../../errors.ts";
import { formatCount } from "../../text.ts";
import { type ByteSource, findBadByte, takeBlocks } from "../csv/read/csv-blocks.ts";
import { type FoundBytes, textBlocks } from "../csv/read/csv-bytes.ts";
import type { CsvReport } from "../csv/read/csv-report.ts";
import { type Frame, toFrameOf } from "../frame.ts";
import { type ColumnType, isSchema, type Schema, type SchemaSpec, toSchema } from "../schema.ts";
import { JsonColumn, JsonMisfit, textOf } from "./json-column.ts";
import { ESCAPED_TEXT, JsonFault, JsonScanner, MoreNeeded } from "./json-scan.ts";

/** How a JSON file is read. */
export interface JsonOptions {
  /** the columns and their types, by name; without it they are found in the file */
  readonly schema?: Schema | SchemaSpec | undefined;
  /** "json" reads lists and objects within a row as their JSON text */
  readonly nested?: "json" | undefined;
  /** the encoding by its name; UTF-8 unless told */
  readonly encoding?: string | undefined;
}

interface ReadFile {
  readonly frame: Frame;
  readonly report: CsvReport;
}

/**
 * Reads JSON lines, or an array of objects.
 * @throws {HexError} HEX_DATA_INVALID naming line and column of what cannot be read
 */
export async function readJsonFile(
  source: ByteSource,
  options: JsonOptions = {},
): Promise<ReadFile> {
  const found: FoundBytes = {};
  const reading = new JsonReading(source.name, options);
  const blocks = textBlocks(source, options.encoding, found, undefined, "a JSON file");
  await takeBlocks(blocks, (bytes, end, isLast) => reading.take(bytes, end, isLast));
  return reading.end(found);
}

const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const CLOSE_BRACE = 125;
const CLOSE_BRACKET = 93;
const COMMA = 44;
const LF = 10;
const MOST_COLUMNS = 10_000;

class JsonReading {
  readonly #name: string;
  readonly #options: JsonOptions;
  readonly #schema: Schema | undefined;
  readonly #scanner = new JsonScanner();
  readonly #columns: JsonColumn[] = [];
  readonly #byName = new Map<string, JsonColumn>();
  /** the keys as they are written, by the place in a row where they stood last */
  readonly #keys: KnownKey[] = [];
  /** what stands next: the first sign, a row of lines, the first or another row of an array, nothing */
  #state: "start" | "lines" | "first" | "more" | "ended" = "start";
  #rows = 0;
  #linesBefore = 0;
  /** bytes of the line that were taken already */
  #lineBytes = 0;

  constructor(name: string, options: JsonOptions) {
    const { schema } = options;
    this.#name = name;
    this.#options = options;
    this.#schema = schema === undefined || isSchema(schema) ? schema : toSchema(schema);
    for (const column of this.#schema ?? []) this.#addColumn(column);
  }

  /** Takes the rows at the beginning of bytes; gives how many bytes they are. */
  take(bytes: Buffer, end: number, isLast: boolean): number {
    const scanner = this.#scanner;
    Object.assign(scanner, { bytes, end, isLast, at: 0 });
    let taken = 0;
    try {
      while (this.#takeNext()) taken = scanner.at;
      taken = scanner.at;
    } catch (error) {
      if (!(error instanceof MoreNeeded)) throw this.#toError(error, bytes, end);
    }
    this.#checkUtf8(bytes, taken);
    this.#countLines(bytes, taken);
    return taken;
  }

  /** Takes a row with the comma before it, or the sign around all; false at the end of the file. */
  #takeNext(): boolean {
    const scanner = this.#scanner;
    const byte = scanner.next();
    if (byte === -1) {
      if (this.#state === "first" || this.#state === "more") throw new JsonFault(scanner.at, END);
      return false;
    }
    switch (this.#state) {
      case "start":
        this.#state = byte === OPEN_BRACKET ? "first" : "lines";
        if (byte === OPEN_BRACKET) scanner.at++;
        return true;
      case "lines":
        return this.#takeRow();
      case "ended":
        throw new JsonFault(scanner.at, 'nothing after the "]" of the rows');
      default:
        return this.#takeItem(byte, this.#state === "first");
    }
  }

  /** Takes a row of an array with the comma before it, or the end of the array. */
  #takeItem(byte: number, isFirst: boolean): boolean {
    const scanner = this.#scanner;
    if (byte === CLOSE_BRACKET) {
      this.#state = "ended";
      scanner.at++;
      return true;
    }
    if (!isFirst) {
      if (byte !== COMMA) throw new JsonFault(scanner.at, END);
      scanner.at++;
    }
    this.#takeRow();
    this.#state = "more";
    return true;
  }

  /** Takes the object of a row: first where its values lie, so that none is kept of half a row. */
  #takeRow(): boolean {
    const scanner = this.#scanner;
    if (scanner.next() !== OPEN_BRACE)
      throw new JsonFault(scanner.at, "a row, an object in braces");
    scanner.at++;
    const values: PlacedValue[] = [];
    if (scanner.next() === CLOSE_BRACE) scanner.at++;
    else {
      do {
        scanner.readKey();
        const key = { start: scanner.start, end: scanner.stop, kind: scanner.kind };
        scanner.readValue();
        values.push({ key, kind: scanner.kind, start: scanner.start, end: scanner.stop });
      } while (this.#passComma());
    }
    for (const [place, value] of values.entries()) this.#put(value, place);
    if (this.#rows === 0) this.#checkShape(values.length);
    this.#rows++;
    return true;
  }

  /** Passes over the sign after a value; false when it ends the row. */
  #passComma(): boolean {
    const scanner = this.#scanner;
    const byte = scanner.next();
    if (byte !== COMMA && byte !== CLOSE_BRACE)
      throw new JsonFault(scanner.at, '"," or "}" after a value');
    scanner.at++;
    return byte === COMMA;
  }

  #put({ key, kind, start, end }: PlacedValue, place: number): void {
    const { bytes } = this.#scanner;
    try {
      const column = this.#columnOf(key, place);
      if (column.has(this.#rows)) {
        throw new JsonMisfit(
          "another key than those before it",
          `${JSON.stringify(column.name)} again`,
          "",
        );
      }
      column.put(this.#rows, { bytes, kind, start, end });
    } catch (error) {
      if (!(error instanceof JsonMisfit)) throw error;
      throw this.#misfitError(error, key, start);
    }
  }

  /** The column of a key: most often that of the same place in the row before. */
  #columnOf(key: PlacedKey, place: number): JsonColumn {
    const { bytes } = this.#scanner;
    const known = this.#keys[place];
    if (
      known !== undefined &&
      bytes.compare(known.bytes, 0, known.bytes.length, key.start, key.end) === 0
    ) {
      return known.column;
    }
    const name = textOf({ bytes, ...key });
    const column = this.#byName.get(name) ?? this.#newColumn(name);
    if (key.kind !== ESCAPED_TEXT) {
      this.#keys[place] = { bytes: Buffer.from(bytes.subarray(key.start, key.end)), column };
    }
    return column;
  }

  #newColumn(name: string): JsonColumn {
    if (this.#schema !== undefined) {
      const names = this.#schema.map((column) => column.name).join(", ");
      throw new JsonMisfit(
        `a key of the schema: ${names}`,
        JSON.stringify(name),
        "add it to the schema",
      );
    }
    if (name === "") throw new JsonMisfit("a key that is not empty", '""', "a column has a name");
    if (this.#columns.length === MOST_COLUMNS) {
      throw new JsonMisfit(`of at most ${MOST_COLUMNS.toLocaleString("en")} keys`, "more", PANDAS);
    }
    return this.#addColumn({ name });
  }

  #addColumn({ name, type }: { name: string; type?: ColumnType }): JsonColumn {
    const column = new JsonColumn(name, type, this.#options.nested === "json");
    this.#columns.push(column);
    this.#byName.set(name, column);
    return column;
  }

  /** Looks whether the first row is none, but a whole table that pandas wrote as one object. */
  #checkShape(values: number): void {
    const names = this.#columns.map(({ name }) => name).join();
    const isTable =
      values > 0 && TABLES.includes(names) && this.#columns.some(({ isNested }) => isNested);
    if (isTable) throw new JsonFault(0, `rows, ${PANDAS}`);
  }

  #misfitError({ expected, got, hint }: JsonMisfit, key: PlacedKey, at: number): HexError {
    const { bytes } = this.#scanner;
    const name = bytes.toString("utf8", key.start, key.end);
    const isRow = this.#rows === 0 && hint.startsWith("nested");
    const place = `column "${name}", row ${this.#rows + 1}, ${this.#placeOf(bytes, at)},`;
    const more = isRow ? `${hint}; ${PANDAS}` : hint;
    return expectation("HEX_DATA_INVALID", {
      place,
      expected,
      got,
      ...(more !== "" && { hint: more }),
    });
  }

  #toError(error: unknown, bytes: Buffer, end: number): unknown {
    if (!(error instanceof JsonFault)) return error;
    const { at, expected } = error;
    const bad = findBadByte(bytes.subarray(0, Math.min(end, at)));
    if (bad !== undefined) return this.#utf8Error(bytes, bad);
    const got =
      at >= end
        ? "the end of the file"
        : JSON.stringify(bytes.toString("utf8", at, Math.min(end, at + 20)));
    const place = this.#placeOf(bytes, at);
    const isOther = expected.startsWith("a row,") && this.#rows === 0;
    return expectation("HEX_DATA_INVALID", {
      place,
      expected,
      got,
      ...(isOther && { hint: PANDAS }),
    });
  }

  #checkUtf8(bytes: Buffer, end: number): void {
    const bad = findBadByte(bytes.subarray(0, end));
    if (bad !== undefined) throw this.#utf8Error(bytes, bad);
  }

  #utf8Error(bytes: Buffer, at: number): HexError {
    return expectation("HEX_DATA_INVALID", {
      place: this.#placeOf(bytes, at),
      expected: "text in UTF-8",
      got: `the byte ${(bytes[at] ?? 0).toString(16).padStart(2, "0")}`,
      hint: 'encoding: "windows-1252" may read it',
    });
  }

  /** A place as messages name it: columns count characters, of a line that is longer than a block bytes. */
  #placeOf(bytes: Buffer, at: number): string {
    const before = bytes.subarray(0, at);
    const lineStart = before.lastIndexOf(LF) + 1;
    const line = this.#linesBefore + countByte(before, LF) + 1;
    const inLine =
      before.toString("utf8", lineStart).length + (lineStart === 0 ? this.#lineBytes : 0);
    return `line ${line.toLocaleString("en")}, column ${(inLine + 1).toLocaleString("en")} of ${this.#name}`;
  }

  #countLines(bytes: Buffer, end: number): void {
    const taken = bytes.subarray(0, end);
    this.#linesBefore += countByte(taken, LF);
    const lastLine = taken.lastIndexOf(LF);
    this.#lineBytes = lastLine < 0 ? this.#lineBytes + end : end - lastLine - 1;
  }

  end({ packing, encoding }: FoundBytes): ReadFile {
    const name = this.#name;
    if (this.#columns.length === 0) throw this.#emptyError();
    const columns = this.#columns.map((column) => column.finish(this.#rows));
    const notes = [
      ...(packing === undefined ? [] : [`the file: unpacked by ${packing}`]),
      ...(encoding === undefined ? [] : [`the file: read as ${encoding}`]),
      ...this.#columns.flatMap((column) => column.notes()),
    ];
    const reports = columns.map(({ name: own, type }) => ({ name: own, type }));
    return {
      frame: toFrameOf(columns),
      report: { name, rows: this.#rows, columns: reports, notes },
    };
  }

  #emptyError(): HexError {
    return expectation("HEX_DATA_INVALID", {
      place: this.#name,
      expected: "a JSON file of at least one row with a key",
      got: formatCount(this.#rows, "empty row", "empty rows"),
      hint: "give a schema for a file that may be empty",
    });
  }
}

interface PlacedKey {
  readonly start: number;
  readonly end: number;
  readonly kind: number;
}

interface PlacedValue extends PlacedKey {
  readonly key: PlacedKey;
}

interface KnownKey {
  readonly bytes: Buffer;
  readonly column: JsonColumn;
}

const END = '"," or "]" after a row';
const PANDAS = 'of pandas write it with to_json(orient="records")';
/** The keys of tables that pandas writes as one object. */
const TABLES = ["columns,index,data", "schema,data"];

function countByte(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}
