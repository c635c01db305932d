/** The columns of Arrow bytes as their schema tells them. */
import { check, type FlatTable } from "./arrow-message.ts";

export type ArrowUnit = "s" | "ms" | "us" | "ns";

/** How lists and texts tell where their items lie. */
export type ArrowLayout = "small" | "large" | "view" | "large-view" | "fixed";

/** A type of Arrow. */
export type ArrowType =
  | { readonly kind: "null" | "boolean" | "struct" | "map" | "union" | "interval" | "run-ends" }
  | { readonly kind: "whole"; readonly bits: number; readonly isSigned: boolean }
  | { readonly kind: "float"; readonly bits: 16 | 32 | 64 }
  | { readonly kind: "text" | "binary"; readonly layout: ArrowLayout; readonly width: number }
  | { readonly kind: "list"; readonly layout: ArrowLayout; readonly width: number }
  | {
      readonly kind: "decimal";
      readonly precision: number;
      readonly scale: number;
      readonly bits: number;
    }
  | { readonly kind: "date"; readonly unit: "day" | "ms" }
  | { readonly kind: "time"; readonly unit: ArrowUnit; readonly bits: number }
  | { readonly kind: "timestamp"; readonly unit: ArrowUnit; readonly zone: string | undefined }
  | { readonly kind: "duration"; readonly unit: ArrowUnit };

/** A column, or a part of a column of columns. */
export interface ArrowField {
  readonly name: string;
  /** of its values; not of the codes that may stand for them */
  readonly type: ArrowType;
  readonly children: readonly ArrowField[];
  /** the dictionary that its items are codes of */
  readonly dictionary:
    | { readonly id: number; readonly bits: number; readonly isSigned: boolean }
    | undefined;
  /** what the writer said of it, such as the name of an extension */
  readonly metadata: ReadonlyMap<string, string>;
}

/** The key of a field's metadata under which our own files keep the type of a column. */
export const TYPE_KEY = "hex:type";

/** The key of a field's metadata under which writers name what its type stands for. */
export const EXTENSION_KEY = "ARROW:extension:name";

const SCHEMA = { endianness: 4, fields: 6 };
const FIELD = { name: 4, typeId: 8, type: 10, dictionary: 12, children: 14, metadata: 16 };
const UNITS: readonly ArrowUnit[] = ["s", "ms", "us", "ns"];
const FLOAT_BITS = [16, 32, 64] as const;
/** Columns of columns, and fields of a schema in all: more of them are a loop. */
const MOST_DEPTH = 64;
const MOST_FIELDS = 100_000;

/** The fields of a schema. */
export function readFields(schema: FlatTable): ArrowField[] {
  check(
    schema.short(SCHEMA.endianness) === 0,
    "numbers whose highest byte comes first, of a big-endian machine",
  );
  let left = MOST_FIELDS;
  const read = (field: FlatTable, depth: number): ArrowField => {
    check(depth < MOST_DEPTH && left-- > 0, "columns of columns without end");
    const children = field.tables(FIELD.children).map((child) => read(child, depth + 1));
    return {
      name: field.text(FIELD.name) ?? "",
      type: readType(field.byte(FIELD.typeId), field.table(FIELD.type), children.length),
      children,
      dictionary: readDictionary(field.table(FIELD.dictionary)),
      metadata: readMetadata(field),
    };
  };
  return schema.tables(SCHEMA.fields).map((field) => read(field, 0));
}

function readMetadata(field: FlatTable): ReadonlyMap<string, string> {
  return new Map(
    field.tables(FIELD.metadata).map((pair) => [pair.text(4) ?? "", pair.text(6) ?? ""]),
  );
}

function readDictionary(encoding: FlatTable | undefined): ArrowField["dictionary"] {
  if (encoding === undefined) return undefined;
  const index = encoding.table(6);
  const { bits, isSigned } = index === undefined ? { bits: 32, isSigned: true } : readWhole(index);
  return { id: encoding.long(4), bits, isSigned };
}

function readWhole(type: FlatTable) {
  const bits = type.int(4);
  check([8, 16, 32, 64].includes(bits), `whole numbers of ${bits} bits`);
  return { kind: "whole", bits, isSigned: type.byte(6) !== 0 } as const;
}

function readType(id: number, type: FlatTable | undefined, children: number): ArrowType {
  check(type !== undefined, "a column without a type");
  const simple = SIMPLE[id];
  const read = simple ?? PARAMETRIC[id]?.(type);
  check(read !== undefined, `a column of the unknown type ${id}`);
  const needed = CHILDREN[read.kind];
  check(needed === undefined || needed === children, "a column of another number of columns");
  return read;
}

/** How many children a type has. */
const CHILDREN: Readonly<Partial<Record<ArrowType["kind"], number>>> = {
  list: 1,
  map: 1,
  "run-ends": 2,
};

/** Types that need no more than their number. */
const SIMPLE: Readonly<Record<number, ArrowType>> = {
  1: { kind: "null" },
  4: { kind: "binary", layout: "small", width: 0 },
  5: { kind: "text", layout: "small", width: 0 },
  6: { kind: "boolean" },
  11: { kind: "interval" },
  12: { kind: "list", layout: "small", width: 0 },
  13: { kind: "struct" },
  14: { kind: "union" },
  17: { kind: "map" },
  19: { kind: "binary", layout: "large", width: 0 },
  20: { kind: "text", layout: "large", width: 0 },
  21: { kind: "list", layout: "large", width: 0 },
  22: { kind: "run-ends" },
  23: { kind: "binary", layout: "view", width: 0 },
  24: { kind: "text", layout: "view", width: 0 },
  25: { kind: "list", layout: "view", width: 0 },
  26: { kind: "list", layout: "large-view", width: 0 },
};

const PARAMETRIC: Readonly<Record<number, (type: FlatTable) => ArrowType>> = {
  2: readWhole,
  3: (type) => ({ kind: "float", bits: FLOAT_BITS[type.short(4)] ?? invalid() }),
  7: readDecimal,
  8: (type) => ({ kind: "date", unit: type.short(4, 1) === 0 ? "day" : "ms" }),
  9: (type) => ({ kind: "time", unit: readUnit(type, 1), bits: type.int(6, 32) }),
  10: (type) => ({ kind: "timestamp", unit: readUnit(type, 0), zone: type.text(6) || undefined }),
  15: (type) => ({ kind: "binary", layout: "fixed", width: readWidth(type) }),
  16: (type) => ({ kind: "list", layout: "fixed", width: readWidth(type) }),
  18: (type) => ({ kind: "duration", unit: readUnit(type, 1) }),
};

function readUnit(type: FlatTable, none: number): ArrowUnit {
  return UNITS[type.short(4, none)] ?? invalid();
}

function readWidth(type: FlatTable): number {
  const width = type.int(4);
  check(width >= 0, "items of a negative length");
  return width;
}

function readDecimal(type: FlatTable): ArrowType {
  const bits = type.int(8, 128);
  check([32, 64, 128, 256].includes(bits), `decimals of ${bits} bits`);
  const [precision, scale] = [type.int(4), type.int(6)];
  check(Math.abs(scale) <= 1000, `decimals of ${scale} digits after the point`);
  return { kind: "decimal", precision, scale, bits };
}

function invalid(): never {
  check(false, "a type of a unit or width that Arrow does not have");
  throw new Error("unreachable");
}

/** A type in the words of Arrow's own tools. */
export function typeText({ type, dictionary }: ArrowField): string {
  const text = plainTypeText(type);
  if (dictionary === undefined) return text;
  return `dictionary<${text}, ${dictionary.isSigned ? "" : "u"}int${dictionary.bits}>`;
}

function plainTypeText(type: ArrowType): string {
  switch (type.kind) {
    case "whole":
      return `${type.isSigned ? "" : "u"}int${type.bits}`;
    case "float":
      return `float${type.bits}`;
    case "text":
    case "binary":
    case "list":
      return layoutText(type);
    case "decimal":
      return `decimal${type.bits}(${type.precision}, ${type.scale})`;
    case "date":
      return type.unit === "day" ? "date32" : "date64";
    case "time":
      return `time${type.bits}[${type.unit}]`;
    case "timestamp":
    case "duration":
      return unitText(type);
    default:
      return PLAIN_NAMES[type.kind];
  }
}

function unitText(type: Extract<ArrowType, { kind: "timestamp" | "duration" }>): string {
  const zone = type.kind === "timestamp" && type.zone !== undefined ? `, ${type.zone}` : "";
  return `${type.kind}[${type.unit}${zone}]`;
}

const PLAIN_NAMES = {
  null: "null",
  boolean: "bool",
  struct: "struct",
  map: "map",
  union: "union",
  interval: "interval",
  "run-ends": "run_end_encoded",
} as const;

function layoutText({
  kind,
  layout,
  width,
}: Extract<ArrowType, { kind: "text" | "binary" | "list" }>): string {
  const name = { text: "utf8", binary: "binary", list: "list" }[kind];
  switch (layout) {
    case "small":
      return name;
    case "large":
      return `large_${name}`;
    case "view":
      return `${name}_view`;
    case "large-view":
      return `large_${name}_view`;
    case "fixed":
      return `fixed_size_${name}[${width}]`;
  }
}
