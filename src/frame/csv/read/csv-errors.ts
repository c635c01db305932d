/** The sentences in which a CSV of another tool is refused. */
import { expectation, HexError } from "../../../errors.ts";
import type { Schema } from "../../schema.ts";
import { type CsvLimits, limitError } from "../csv-form.ts";
import { newDecoder } from "./csv-bytes.ts";
import { LF } from "./csv-dialect.ts";
import type { RowFault } from "./csv-fields.ts";

/** The shape that a row must have, and its place. */
export interface RowPlace {
  /** the path or address of the file */
  readonly name: string;
  /** the columns of the header; none while it is read itself */
  readonly columns: readonly string[];
  /** whether the first line is a row */
  readonly isHeaderless: boolean;
  readonly limits: CsvLimits;
}

/** Why a row cannot be read. */
export function rowError(fault: RowFault, at: RowPlace): HexError {
  const line = `line ${fault.line.toLocaleString("en")} of ${at.name}`;
  const isHeader = at.columns.length === 0;
  const place = isHeader ? `${line} (its header)` : `${line} (row ${fault.row})`;
  switch (fault.kind) {
    case "fields":
      return fieldsError(fault, at, place);
    case "quote":
      return expectation("HEX_DATA_INVALID", {
        place: `${place}, field ${fault.column + 1},`,
        expected: "a quoted field with a delimiter or the end of the line after its closing quote",
        got: JSON.stringify(fault.seen),
        hint: 'a quote within quotes is written twice; escape: "\\\\" reads \\", quote: "" takes quotes as text',
      });
    case "unclosed":
      return expectation("HEX_DATA_INVALID", {
        place: `${place}, field ${fault.column + 1},`,
        expected: "a quoted field that ends",
        got: `${JSON.stringify(fault.seen)} and no closing quote up to the end of the file`,
        hint: 'quote: "" takes quotes as text',
      });
    case "long": {
      const column = `column ${fault.column + 1} of ${isHeader ? "the header of the CSV" : line}`;
      return limitError("HEX_DATA_INVALID", column, at.limits, "maxFieldBytes");
    }
    case "rows":
      return limitError("HEX_DATA_INVALID", at.name, at.limits, "maxRows");
    case "end":
      return new HexError("HEX_DATA_INVALID", `Expected ${place} to end with a line end`);
  }
}

function fieldsError(fault: RowFault, at: RowPlace, place: string): HexError {
  const { fields, row } = fault;
  const { length } = at.columns;
  const count = (number: number) => `${number} ${number === 1 ? "field" : "fields"}`;
  const above = at.isHeaderless ? "the first row" : "the header";
  const isTitle = row === 1 && fields > length && !at.isHeaderless;
  const ragged = 'ragged: "missing" takes rows of any length';
  const title = `skipLines: ${fault.line - 1} if that line is the header and what stands above is a title`;
  const lone = 'delimiter: "\\t" if each line is one text';
  const hints = [...(isTitle ? [title] : []), ragged, ...(isTitle && length === 1 ? [lone] : [])];
  return expectation("HEX_DATA_INVALID", {
    place,
    expected: `of ${count(length)}, as ${above}`,
    got: count(fields),
    hint: hints.join("; "),
  });
}

/** A byte that is no text in UTF-8, with the encoding that may read it. */
export function badByteError(
  name: string,
  bytes: Buffer,
  at: number,
  linesBefore: number,
  from: number,
): HexError {
  let line = linesBefore + 1;
  for (let place = from; place < at; place++) if (bytes[place] === LF) line++;
  const shown = bytes.subarray(at, at + 20).subarray(0, lineLength(bytes, at, 20));
  const before = bytes.subarray(Math.max(bytes.lastIndexOf(LF, at) + 1, at - 20, from), at);
  const seen = Buffer.concat([before, shown]);
  const text = newDecoder("windows-1252").decode(seen);
  return expectation("HEX_DATA_INVALID", {
    place: `line ${line.toLocaleString("en")} of ${name}`,
    expected: "text in UTF-8",
    got: `the byte 0x${(bytes[at] ?? 0).toString(16).toUpperCase()}`,
    hint: `encoding: "windows-1252" reads ${JSON.stringify(text)} there; other names are those of the Encoding Standard, such as "iso-8859-2" or "shift_jis"`,
  });
}

function lineLength(bytes: Buffer, at: number, most: number): number {
  const end = bytes.subarray(at, at + most).findIndex((byte) => byte === LF || byte === 13);
  return end < 0 ? most : end;
}

/** A file in which nothing stands: an export that failed leaves one. */
export function emptyError(name: string): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: name,
    expected: "a CSV file with at least a header",
    got: "no line in it",
    hint: "write it again, with its header also when there are no rows",
  });
}

/** A header that has more columns than a table may have. */
export function headerError(limits: CsvLimits): HexError {
  return limitError("HEX_DATA_INVALID", "the header of the CSV", limits, "maxColumns");
}

/** A file of other columns than the schema names. */
export function schemaError(schema: Schema, found: readonly string[]): HexError {
  return expectation("HEX_FRAME_INVALID", {
    place: "the frame",
    expected: `of the columns ${schema.map(({ name }) => name).join(", ")}`,
    got: found.join(", "),
  });
}
