import { type FieldItems, MissingRows } from "../../frame/csv/read/csv-items.ts";
import { TextItems, WordSet } from "../../frame/csv/read/csv-text-items.ts";
import type { ColumnType } from "../../frame/schema.ts";
import { NumericItems } from "./numeric-items.ts";
import {
  BooleanItems,
  DayItems,
  FloatItems,
  MomentItems,
  SmallItems,
  WideItems,
} from "./postgres-items.ts";
import type { ReadPostgresOptions } from "./postgres-options.ts";
import type { WireColumn, WireFormat } from "./wire-messages.ts";

/** A type as the server's catalogue has it. */
export interface CatalogType {
  /** as SQL writes it, such as `integer[]` */
  readonly name: string;
  /** arrays, and rows of several values */
  readonly isNested: boolean;
}

/** The items that a column of a result is read into, and how its values have to come for them. */
export interface ColumnReading {
  readonly format: WireFormat;
  readonly items: FieldItems & { readonly type?: ColumnType };
}

/** Object ids that PostgreSQL never changes. */
const TYPE = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  float4: 700,
  float8: 701,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
} as const;

/** Types that are known without a look into the catalogue: those above, and plain texts. */
const KNOWN: ReadonlySet<number> = new Set([...Object.values(TYPE), 18, 19, 25, 705, 1042, 1043]);

export function isKnownType(type: number): boolean {
  return KNOWN.has(type);
}

/** Types of which a parameter keeps the day and the clock of a Date, but not its zone. */
export function isZoneless(type: number): boolean {
  return type === TYPE.timestamp || type === TYPE.date;
}

export function isBytes({ type }: WireColumn): boolean {
  return type === TYPE.bytea;
}

/** How a column is read; as text where that was asked for, and for all types but those above. */
export function toReading(
  column: WireColumn,
  wanted: ColumnType | undefined,
  options: ReadPostgresOptions,
): ColumnReading {
  const binary = wanted === "string" ? undefined : binaryItems(column, options);
  if (binary !== undefined) return { format: "binary", items: binary };
  const isNumber = column.type === TYPE.numeric && wanted !== "string";
  const items =
    isNumber && options.decimals !== "text"
      ? new NumericItems(scaleOf(column), options.decimals === "number")
      : newTextItems(column, wanted);
  return { format: "text", items };
}

function binaryItems({ type }: WireColumn, { infinity }: ReadPostgresOptions) {
  const isInfinityMissing = infinity === "missing";
  switch (type) {
    case TYPE.bool:
      return new BooleanItems();
    case TYPE.int2:
    case TYPE.int4:
      return new SmallItems();
    case TYPE.int8:
    case TYPE.oid:
      return new WideItems();
    case TYPE.float4:
    case TYPE.float8:
      return new FloatItems();
    case TYPE.date:
      return new DayItems(isInfinityMissing);
    case TYPE.timestamp:
      return new MomentItems("datetime", isInfinityMissing);
    case TYPE.timestamptz:
      return new MomentItems("instant", isInfinityMissing);
    default:
      return undefined;
  }
}

/** The digits after the point, where the type says them: numeric(12, 2). */
function scaleOf({ modifier }: WireColumn): number | undefined {
  return modifier < 4 ? undefined : (modifier - 4) & 0x7ff;
}

function newTextItems(column: WireColumn, wanted: ColumnType | undefined): TextItems {
  const none = new WordSet([]);
  const place = `column ${JSON.stringify(column.name)}`;
  const forms = { quote: -1, escape: -1, missing: none, words: none, isOwn: false, place };
  const ItemsOf = isBytes(column) && wanted !== "string" ? HexItems : TextItems;
  return new ItemsOf(new MissingRows(), forms, true);
}

/** Bytes, which PostgreSQL writes as `\x` and their digits. */
class HexItems extends TextItems {
  protected override take(
    bytes: Buffer,
    start: number,
    end: number,
    row: number,
    kind: number,
  ): boolean {
    return super.take(bytes, start + 2, end, row, kind);
  }
}
