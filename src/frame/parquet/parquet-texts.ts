/** Values of Parquet that a frame has as texts. */
import type { Refuse } from "./parquet-column.ts";
import { type ByteItems, countOf, type Items, isBytes } from "./parquet-items.ts";
import type { ParquetKind } from "./parquet-kind.ts";
import { clockText } from "./parquet-moments.ts";
import { decimalText, unscaledAt, wrongItems } from "./parquet-numbers.ts";

/** How bytes become texts, and what is told of values that cannot. */
interface TextReading {
  readonly binary: "base64" | "hex" | undefined;
  readonly refuse: Refuse;
}

/** The texts of values: their own bytes where they are texts. */
export function textsOf(
  kind: ParquetKind,
  items: Items,
  { binary = "base64", refuse }: TextReading,
): ByteItems {
  switch (kind.kind) {
    case "text":
      if (isBytes(items)) return items;
      break;
    case "uuid":
      return toTexts(items, (at) => uuidText(items, at));
    case "binary":
      return toTexts(items, (at) => bytesAt(items, at).toString(binary));
    case "time":
      return toTexts(items, (at) => {
        const time = unscaledAt(items, at);
        const text = clockText(time, kind.unit);
        if (text === undefined) refuse(at, `${time} ${kind.unit.toLowerCase()}`);
        return text ?? "";
      });
    case "decimal":
      return toTexts(items, (at) => decimalText(unscaledAt(items, at), kind.scale));
    case "null":
      return toTexts(items, () => "");
    default:
      break;
  }
  throw wrongItems();
}

function toTexts(items: Items, textAt: (at: number) => string): ByteItems {
  const count = countOf(items);
  const offsets = new Int32Array(count + 1);
  const pieces: string[] = [];
  let end = 0;
  for (let at = 0; at < count; at++) {
    // All of them are ASCII.
    const text = textAt(at);
    pieces.push(text);
    end += text.length;
    offsets[at + 1] = end;
  }
  return { bytes: new Uint8Array(Buffer.from(pieces.join(""), "latin1")), offsets };
}

function bytesAt(items: Items, at: number): Buffer {
  if (!isBytes(items)) throw wrongItems();
  const { bytes, offsets } = items;
  return Buffer.from(bytes.subarray(offsets[at], offsets[at + 1]));
}

function uuidText(items: Items, at: number): string {
  return bytesAt(items, at)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
