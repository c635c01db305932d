/** What the values of a Parquet column are, by all that its file says of it. */
import type { SchemaElement } from "hyparquet";
import type { ParquetUnit } from "./parquet-moments.ts";

/** A kind of values that can be read. */
export type ParquetKind =
  | { readonly kind: "whole"; readonly isSigned: boolean; readonly bits: number }
  | { readonly kind: "float" | "boolean" | "text" | "uuid" | "date" | "null" }
  /** bytes of which nothing is said, with their width where all have one */
  | { readonly kind: "binary"; readonly width: number | undefined }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "time"; readonly unit: ParquetUnit }
  | {
      readonly kind: "timestamp";
      /** undefined for the 12 bytes of old writers */
      readonly unit: ParquetUnit | undefined;
      readonly isUtc: boolean;
    }
  | { readonly kind: "duration"; readonly unit: string }
  /** what is refused, as messages call it */
  | { readonly kind: "other"; readonly text: string };

/** What Arrow's own schema, which its writers add to a file, says of a column. */
export interface ArrowHint {
  /** of a length of time, which Parquet does not tell from a whole number */
  readonly duration?: string;
  /** of an instant */
  readonly zone?: string;
}

/** The kind of a column of values. */
export function kindOf(element: SchemaElement, hint: ArrowHint = {}): ParquetKind {
  const { type } = element;
  if (hint.duration !== undefined && type === "INT64") {
    return { kind: "duration", unit: hint.duration };
  }
  return logicalKind(element) ?? convertedKind(element) ?? physicalKind(element);
}

function logicalKind(element: SchemaElement): ParquetKind | undefined {
  const logical = element.logical_type;
  switch (logical?.type) {
    case "STRING":
    case "ENUM":
    case "JSON":
      return { kind: "text" };
    case "INTEGER":
      return { kind: "whole", isSigned: logical.isSigned, bits: logical.bitWidth };
    case "DECIMAL":
      return { kind: "decimal", precision: logical.precision, scale: logical.scale };
    case "DATE":
      return { kind: "date" };
    case "TIME":
      return { kind: "time", unit: logical.unit };
    case "TIMESTAMP":
      return { kind: "timestamp", unit: logical.unit, isUtc: logical.isAdjustedToUTC };
    case "UUID":
      return { kind: "uuid" };
    case "FLOAT16":
      return { kind: "float" };
    case "NULL":
      return { kind: "null" };
    case undefined:
      return undefined;
    default:
      return { kind: "other", text: logical?.type ?? "a type that is not known here" };
  }
}

/** By the older names, which files of old writers have alone. */
function convertedKind(element: SchemaElement): ParquetKind | undefined {
  const { converted_type: converted, precision = 0, scale = 0 } = element;
  const whole = /^(U?)INT_(\d+)$/.exec(converted ?? "");
  if (whole) return { kind: "whole", isSigned: whole[1] === "", bits: Number(whole[2]) };
  switch (converted) {
    case "UTF8":
    case "ENUM":
    case "JSON":
      return { kind: "text" };
    case "DECIMAL":
      return { kind: "decimal", precision, scale };
    case "DATE":
      return { kind: "date" };
    case "TIME_MILLIS":
    case "TIME_MICROS":
      return { kind: "time", unit: converted === "TIME_MILLIS" ? "MILLIS" : "MICROS" };
    case "TIMESTAMP_MILLIS":
    case "TIMESTAMP_MICROS": {
      const unit = converted === "TIMESTAMP_MILLIS" ? "MILLIS" : "MICROS";
      return { kind: "timestamp", unit, isUtc: true };
    }
    case undefined:
      return undefined;
    default:
      return { kind: "other", text: converted };
  }
}

function physicalKind({ type, type_length: width }: SchemaElement): ParquetKind {
  switch (type) {
    case "INT32":
    case "INT64":
      return { kind: "whole", isSigned: true, bits: type === "INT32" ? 32 : 64 };
    case "FLOAT":
    case "DOUBLE":
      return { kind: "float" };
    case "BOOLEAN":
      return { kind: "boolean" };
    case "INT96":
      return { kind: "timestamp", unit: undefined, isUtc: false };
    case "BYTE_ARRAY":
      return { kind: "binary", width: undefined };
    case "FIXED_LEN_BYTE_ARRAY":
      if (width === undefined) return { kind: "other", text: "FIXED_LEN_BYTE_ARRAY of no width" };
      return { kind: "binary", width };
    default:
      return { kind: "other", text: type ?? "a group" };
  }
}
