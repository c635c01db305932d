/** Columns of Arrow types that lie otherwise in a frame, or that a frame has no type for. */
import { buildColumn } from "../column/column-build.ts";
import { takeRows } from "../column/column-take.ts";
import type { ArrowArray } from "./arrow-array.ts";
import {
  type ColumnPlace,
  fromWide,
  isPlainField,
  joinItems,
  missingOf,
  presence,
  type ReadColumn,
  readPlainColumn,
  toRead,
  UNIT_NAMES,
  valueError,
} from "./arrow-column.ts";
import { readDecimals } from "./arrow-decimals.ts";
import { jsonTexts } from "./arrow-nested.ts";
import type { ArrowOptions } from "./arrow-options.ts";
import { fromCodes, fromRuns, usedValues } from "./arrow-shared.ts";
import { bytesOf } from "./arrow-texts.ts";
import { readDates, readTimes } from "./arrow-times.ts";
import { type ArrowField, EXTENSION_KEY, typeText } from "./arrow-type.ts";

/** Reads the arrays of a column of any type that `checkReadable` lets through, one a batch. */
export function readColumn(
  field: ArrowField,
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
  options: ArrowOptions,
): ReadColumn {
  const extension = field.metadata.get(EXTENSION_KEY);
  if (extension !== undefined) return readExtension(extension, field, arrays, { at, options });
  if (isPlainField(field)) return readPlainColumn(field, arrays, at, options);
  const { type } = field;
  if (field.dictionary !== undefined || type.kind === "run-ends") {
    return readShared(field, arrays, at, options);
  }
  const missing = missingOf(arrays);
  switch (type.kind) {
    case "null":
      at.why("it has no values");
      return toTexts(at, new Array<null>(missing.length).fill(null));
    case "whole":
      return readUnsigned(arrays, at);
    case "float":
      return toRead("number", missing, { values: fromHalfFloats(joinItems(arrays, Uint16Array)) });
    case "date":
      return readDates(arrays, at);
    case "decimal":
      return readDecimals(type, arrays, at, options);
    case "duration":
      at.why(`it counts ${UNIT_NAMES[type.unit]}`);
      return fromWide(joinItems(arrays, BigInt64Array), missing, at);
    case "time":
      return readTimes(type.unit, type.bits, arrays, at);
    case "binary":
      return readBinaries(arrays, at, options);
    default:
      at.why(`it is JSON of Arrow's ${typeText(field)}`);
      return readNested(arrays, at, options);
  }
}

function readNested(
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
  options: ArrowOptions,
): ReadColumn {
  const read = (array: ArrowArray, name: string) => {
    const place: ColumnPlace = { ...at, name, item: "value", why: () => undefined };
    return readColumn(array.field, [array], place, options).data;
  };
  return toTexts(
    at,
    arrays.flatMap((array) => jsonTexts(array, at.name, read)),
  );
}

/** A column of texts, of which null is missing. */
function toTexts({ name }: ColumnPlace, texts: readonly (string | null)[]): ReadColumn {
  return { type: "string", data: buildColumn(name, "string", texts) };
}

/** Extensions that are known; what others mean beyond what is stored is told to be lost. */
function readExtension(
  extension: string,
  field: ArrowField,
  arrays: readonly ArrowArray[],
  { at, options }: { readonly at: ColumnPlace; readonly options: ArrowOptions },
): ReadColumn {
  const stored = { ...field, metadata: new Map<string, string>() };
  if (extension === "arrow.uuid" && field.type.kind === "binary") {
    return readBinaries(arrays, at, { binary: "hex" }, toUuid);
  }
  if (extension === "arrow.bool8" && field.type.kind === "whole") {
    const { data } = readColumn(stored, arrays, at, options);
    const flags = Array.from(data, (item) => (item === null ? null : item !== 0));
    return { type: "boolean", data: buildColumn(at.name, "boolean", flags) };
  }
  if (extension !== "arrow.json")
    at.note(`it is read as ${typeText(field)}, not as the extension ${extension}`);
  return readColumn(stored, arrays, at, options);
}

function toUuid(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

/** Codes into values that are not texts, or values that stand for a run of rows. */
function readShared(
  field: ArrowField,
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
  options: ArrowOptions,
): ReadColumn {
  const shared = field.dictionary === undefined ? fromRuns(arrays) : fromCodes(arrays);
  const [, ofRuns = field] = field.children;
  const ofValues = field.dictionary === undefined ? ofRuns : { ...field, dictionary: undefined };
  const place = { ...at, item: "value" } as const;
  const { type, data } = readColumn(ofValues, usedValues(shared), place, options);
  return { type, data: takeRows(type, data, shared.places) };
}

function readUnsigned(arrays: readonly ArrowArray[], at: ColumnPlace): ReadColumn {
  const missing = missingOf(arrays);
  const isPresent = presence(missing);
  const values = joinItems(arrays, BigInt64Array);
  const row = values.findIndex((value, index) => value < 0n && isPresent(index));
  if (row < 0) return fromWide(values, missing, at);
  const got = String(BigInt.asUintN(64, values[row] ?? 0n));
  throw valueError(
    at,
    row,
    "a whole number of 64 bits with a sign, up to 9223372036854775807",
    got,
    "cast it to text or to a float before writing the file",
  );
}

function fromHalfFloats(items: Uint16Array): Float64Array {
  return Float64Array.from(items, (bits) => {
    const sign = bits >> 15 === 0 ? 1 : -1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

function readBinaries(
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
  { binary = "base64" }: ArrowOptions,
  toText = (text: string) => text,
): ReadColumn {
  const isPresent = presence(missingOf(arrays));
  const { values, offsets } = bytesOf(arrays);
  const { buffer, byteOffset, length } = values;
  const bytes = Buffer.from(buffer, byteOffset, length);
  const texts = Array.from({ length: offsets.length - 1 }, (_, row) => {
    return isPresent(row) ? toText(bytes.toString(binary, offsets[row], offsets[row + 1])) : null;
  });
  return toTexts(at, texts);
}
