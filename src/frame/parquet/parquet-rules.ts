/** Which columns of a Parquet file are read, and what is refused by name. */
import { expectation, type HexError } from "../../errors.ts";
import type { ParquetFooter, ParquetLeaf, ParquetSource } from "./parquet-file.ts";
import type { ParquetKind } from "./parquet-kind.ts";
import type { ReadParquetOptions } from "./parquet-options.ts";

/**
 * The columns that are read, in the order of the file.
 * @throws {HexError} HEX_DATA_INVALID when one is not there, is there twice, or has no name
 */
export function chooseColumns(
  { columns }: ParquetFooter,
  file: string,
  { columns: wanted }: ReadParquetOptions,
): readonly ParquetSource[] {
  const names = columns.map(({ name }) => name);
  const absent = wanted?.find((name) => !names.includes(name));
  if (absent !== undefined) {
    const expected = `a Parquet file with the column ${JSON.stringify(absent)}`;
    throw expectation("HEX_DATA_INVALID", {
      place: file,
      expected,
      got: `one of ${names.join(", ")}`,
    });
  }
  const read = columns.filter(({ name }) => wanted === undefined || wanted.includes(name));
  const own = read.map(({ name }) => name);
  const double = own.find((name, index) => own.indexOf(name) !== index);
  const fault =
    double !== undefined
      ? {
          expected: "of different names",
          got: `${JSON.stringify(double)} twice`,
          hint: "rename one of them before writing the file",
        }
      : own.includes("")
        ? {
            expected: "with names",
            got: `none for column ${own.indexOf("") + 1}`,
            hint: "name it before writing the file",
          }
        : own.length === 0
          ? {
              expected: "one or more",
              got: "none",
              hint: "a frame has at least one; write the file with one",
            }
          : undefined;
  if (fault === undefined) return read;
  throw expectation("HEX_DATA_INVALID", { place: `the columns of ${file}`, ...fault });
}

/**
 * Checks that a column can be read with the options.
 * @throws {HexError} HEX_DATA_INVALID naming the column, its type and what to do
 */
export function checkSource(
  source: ParquetSource,
  file: string,
  options: ReadParquetOptions,
): void {
  const fault = sourceFault(source, options);
  if (fault === undefined) return;
  throw expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(fault.name)} of ${file}`,
    expected: "of a type that a frame has",
    got: fault.got,
    hint: fault.hint,
  });
}

interface SourceFault {
  readonly name: string;
  readonly got: string;
  readonly hint: string;
}

const CAST = "cast it before writing the file, or leave it out with columns";

function sourceFault(source: ParquetSource, options: ReadParquetOptions): SourceFault | undefined {
  const { name, tree } = source;
  if (tree.element.logical_type?.type === "VARIANT") return { name, got: "VARIANT", hint: CAST };
  if (source.isNested && options.nested !== "json") {
    return { name, got: nestedText(source), hint: 'nested: "json" reads it as JSON text' };
  }
  for (const leaf of source.leaves) {
    const hint = cureOf(leaf.kind, options);
    const path = leaf.tree.path.slice(1).join(".");
    if (hint !== undefined) return { name: path || name, got: kindText(leaf.kind), hint };
  }
  return undefined;
}

/** What a column of columns is, in Parquet's own words. */
function nestedText({ tree }: Pick<ParquetSource, "tree">): string {
  const { logical_type: logical, converted_type: converted } = tree.element;
  const type = logical?.type ?? converted;
  if (type === "LIST" || type === "MAP") return `a ${type}`;
  return tree.children.length > 0 ? "a group of columns" : "a repeated column";
}

/** What helps against a kind that is refused; undefined when it is read. */
function cureOf(kind: ParquetKind, options: ReadParquetOptions): string | undefined {
  switch (kind.kind) {
    case "other":
      return CAST;
    case "decimal":
      if (kind.scale === 0 || options.decimals !== undefined) return undefined;
      return 'decimals: "text" reads its digits, decimals: "number" the nearest 64-bit floats';
    case "duration":
      if (options.durations === "count") return undefined;
      return `durations: "count" reads its whole ${UNIT_NAMES[kind.unit] ?? kind.unit}`;
    case "binary":
      if (options.binary !== undefined) return undefined;
      return 'binary: "base64" or binary: "hex" reads it as text';
    default:
      return undefined;
  }
}

export const UNIT_NAMES: Readonly<Record<string, string>> = {
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
};

/** A kind as Parquet's own tools write it. */
function kindText(kind: ParquetKind): string {
  if (kind.kind === "other") return kind.text;
  if (kind.kind === "decimal") return `DECIMAL(${kind.precision}, ${kind.scale})`;
  if (kind.kind === "duration") return `a duration in ${kind.unit}`;
  const width = kind.kind === "binary" ? kind.width : undefined;
  return width === undefined
    ? "BYTE_ARRAY without a logical type"
    : `FIXED_LEN_BYTE_ARRAY(${width}) without a logical type`;
}

/** What a value of a kind has to be, and what to do about one that is not. */
function valueRule(kind: ParquetKind): readonly [expected: string, hint: string] {
  const missing = "make it missing before writing the file";
  switch (kind.kind) {
    case "whole":
      return [
        "a whole number of 64 bits with a sign, up to 9223372036854775807",
        "cast it to text or to a float before writing the file",
      ];
    case "decimal":
      return [
        "a whole number of 64 bits",
        'decimals: "text" reads its digits, decimals: "number" the nearest 64-bit floats',
      ];
    case "date":
      return ["a day of the years 1 to 9999", missing];
    case "timestamp":
      return [
        "a time of the years 1 to 9999, of whole microseconds",
        'round it to microseconds before writing the file, or read it with nanoseconds: "cut"',
      ];
    case "time":
      return ["a time from 00:00 to 24:00", missing];
    default:
      return ["text in UTF-8", "write it as binary"];
  }
}

/** A value that no column of a frame can hold. Rows count from 0. */
export function valueError(
  { kind }: Pick<ParquetLeaf, "kind">,
  { name, file, row }: { readonly name: string; readonly file: string; readonly row: number },
  got: string,
): HexError {
  const [expected, hint] = valueRule(kind);
  const place = `column ${JSON.stringify(name)}, row ${row + 1} of ${file}`;
  return expectation("HEX_DATA_INVALID", { place, expected, got, hint });
}
