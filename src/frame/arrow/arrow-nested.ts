/** Lists, structs and maps of Arrow as JSON texts. */

import type { ColumnData } from "../column/column-data.ts";
import { toJsonScalar } from "../json.ts";
import { type ArrowArray, isMissing, itemsIn, placesOf } from "./arrow-array.ts";

type ToJson = (row: number) => string;

/** Reads the values of an array that is no list, struct or map; the name is for messages. */
type ReadValues = (array: ArrowArray, name: string) => ColumnData;

/**
 * The rows of an array as JSON: lists and structs as such, a map as a list of pairs, whole numbers
 * with all digits, other values as `frameToJson` has them; null for what is missing.
 */
export function jsonTexts(array: ArrowArray, name: string, read: ReadValues): (string | null)[] {
  const toJson = jsonWriter(array, name, read);
  return Array.from({ length: array.length }, (_, row) => {
    return isMissing(array, row) ? null : toJson(row);
  });
}

function jsonWriter(array: ArrowArray, name: string, read: ReadValues): ToJson {
  const toJson = presentWriter(array, name, read);
  return (row) => (isMissing(array, row) ? "null" : toJson(row));
}

function presentWriter(array: ArrowArray, name: string, read: ReadValues): ToJson {
  const { field, children } = array;
  const writersOf = (parts: readonly ArrowArray[]) => {
    return parts.map((part) => jsonWriter(part, `${name}.${part.field.name}`, read));
  };
  if (field.dictionary !== undefined) return valueWriter(read(array, name));
  switch (field.type.kind) {
    case "list": {
      const [toJson = () => "null"] = writersOf(children);
      return listWriter(spansOf(array), toJson);
    }
    case "map": {
      const [key = () => "null", value = () => "null"] = writersOf(children[0]?.children ?? []);
      return listWriter(spansOf(array), (item) => `[${key(item)},${value(item)}]`);
    }
    case "struct": {
      const keys = children.map((child) => `${JSON.stringify(child.field.name)}:`);
      const writers = writersOf(children);
      return (row) => `{${writers.map((toJson, at) => `${keys[at]}${toJson(row)}`).join(",")}}`;
    }
    default:
      return valueWriter(read(array, name));
  }
}

function listWriter(spanOf: (row: number) => readonly [number, number], toJson: ToJson): ToJson {
  return (row) => {
    const [start, end] = spanOf(row);
    return `[${Array.from({ length: end - start }, (_, at) => toJson(start + at)).join(",")}]`;
  };
}

function valueWriter(data: ColumnData): ToJson {
  return (row) => {
    const value = data.at(row);
    return typeof value === "bigint" ? String(value) : JSON.stringify(toJsonScalar(value));
  };
}

/** Where the list of a row begins and ends. */
function spansOf(array: ArrowArray): (row: number) => readonly [number, number] {
  const { field, buffers } = array;
  const layout = field.type.kind === "list" ? field.type.layout : "small";
  if (layout === "fixed") {
    const width = field.type.kind === "list" ? field.type.width : 0;
    return (row) => [row * width, (row + 1) * width];
  }
  if (layout === "small" || layout === "large") {
    const places = placesOf(array, layout);
    return (row) => [places[row] ?? 0, places[row + 1] ?? 0];
  }
  const [starts = new Uint8Array(0), sizes = new Uint8Array(0)] = buffers;
  const itemsOf = (bytes: Uint8Array) =>
    layout === "view" ? itemsIn(bytes, Int32Array) : itemsIn(bytes, BigInt64Array);
  const [first, size] = [itemsOf(starts), itemsOf(sizes)];
  return (row) => [Number(first[row]), Number(first[row]) + Number(size[row])];
}
