import { type ArrowArray, isMissing, itemsIn, placesOf } from "./arrow-array.ts";
import { check } from "./arrow-message.ts";
import type { ArrowLayout, ArrowType } from "./arrow-type.ts";

/**
 * Checks that the buffers of an array have what its rows need, so that they can be read without
 * looking again.
 * @throws {ArrowDamage} when they do not
 */
export function checkArray(array: ArrowArray): void {
  const { field, length, buffers, children } = array;
  const [first = new Uint8Array(0)] = buffers;
  if (field.dictionary !== undefined) {
    check(first.length * 8 >= length * field.dictionary.bits, "fewer codes than rows");
    checkCodes(array);
    return;
  }
  const { type } = field;
  const bits = bitsOf(type);
  if (bits !== undefined) check(first.length * 8 >= length * bits, "fewer values than rows");
  if (type.kind === "text" || type.kind === "binary") checkTexts(array, type.layout);
  if (type.kind === "list") checkLists(array, type);
  if (type.kind === "map") checkPlaces(array, "small", children[0]?.length ?? 0);
  if (type.kind === "run-ends") checkRuns(array);
  if (type.kind !== "struct") return;
  check(
    children.every((child) => child.length >= length),
    "parts of fewer rows than their whole",
  );
}

/** How many bits an item has, where all have as many. */
function bitsOf(type: ArrowType): number | undefined {
  switch (type.kind) {
    case "whole":
    case "float":
    case "decimal":
    case "time":
      return type.bits;
    case "boolean":
      return 1;
    case "date":
      return type.unit === "day" ? 32 : 64;
    case "timestamp":
    case "duration":
      return 64;
    case "binary":
      return type.layout === "fixed" ? type.width * 8 : undefined;
    default:
      return undefined;
  }
}

/** The codes of an array, as numbers. */
export function codesOf({ field, length, buffers }: ArrowArray) {
  const { bits, isSigned } = field.dictionary ?? { bits: 32, isSigned: true };
  const bytes = buffers[0] ?? new Uint8Array(0);
  switch (bits) {
    case 8:
      return isSigned ? itemsIn(bytes, Int8Array, length) : itemsIn(bytes, Uint8Array, length);
    case 16:
      return isSigned ? itemsIn(bytes, Int16Array, length) : itemsIn(bytes, Uint16Array, length);
    case 32:
      return isSigned ? itemsIn(bytes, Int32Array, length) : itemsIn(bytes, Uint32Array, length);
    default:
      // Codes are far below 2^53.
      return Float64Array.from(itemsIn(bytes, BigInt64Array, length), Number);
  }
}

function checkCodes(array: ArrowArray): void {
  const codes = codesOf(array);
  const values = (array.dictionary ?? []).reduce((sum, { length }) => sum + length, 0);
  if (codes instanceof Int32Array && areInside(codes, values)) return;
  for (let row = 0; row < codes.length; row++) {
    const code = Number(codes[row]);
    if (code >= 0 && code < values) continue;
    check(isMissing(array, row), "a code without a value");
  }
}

/** Whether all codes of the usual width stand for something, missing ones too. */
function areInside(codes: Int32Array, values: number): boolean {
  for (let row = 0; row < codes.length; row++) {
    // A code below 0 is a huge one without its sign.
    if ((codes[row] as number) >>> 0 >= values) return false;
  }
  return true;
}

function checkTexts(array: ArrowArray, layout: ArrowLayout): void {
  const [first = new Uint8Array(0), values = new Uint8Array(0)] = array.buffers;
  if (layout === "view") checkViews(array, first);
  else if (layout !== "fixed") checkPlaces(array, layout, values.length);
}

function checkPlaces(array: ArrowArray, layout: ArrowLayout, room: number): void {
  if (array.length === 0) return;
  const places = placesOf(array, layout);
  let last = 0;
  for (let row = 0; row < places.length; row++) {
    const place = places[row] ?? 0;
    check(place >= last, "a value that ends before it begins");
    last = place;
  }
  check(last <= room, "a value beyond the end of all values");
}

function checkViews(array: ArrowArray, views: Uint8Array): void {
  const { length, buffers } = array;
  const words = itemsIn(views, Int32Array, length * 4);
  for (let row = 0; row < length; row++) {
    const sizeBytes = words[4 * row] ?? 0;
    if (sizeBytes <= 12 && sizeBytes >= 0) continue;
    const start = words[4 * row + 3] ?? 0;
    const room = buffers[1 + (words[4 * row + 2] ?? 0)]?.length ?? -1;
    const isInside = sizeBytes >= 0 && start >= 0 && start + sizeBytes <= room;
    check(isInside || isMissing(array, row), "a value beyond the end of all values");
  }
}

function checkLists(array: ArrowArray, type: Extract<ArrowType, { kind: "list" }>): void {
  const { length, buffers, children } = array;
  const room = children[0]?.length ?? 0;
  const [starts = new Uint8Array(0), sizes = new Uint8Array(0)] = buffers;
  const { layout } = type;
  if (layout === "fixed") check(room >= length * type.width, "fewer values than its lists");
  else if (layout === "view") {
    checkSpans(array, itemsIn(starts, Int32Array), itemsIn(sizes, Int32Array));
  } else if (layout === "large-view") {
    checkSpans(array, itemsIn(starts, BigInt64Array), itemsIn(sizes, BigInt64Array));
  } else checkPlaces(array, layout, room);
}

type Spans = Int32Array | BigInt64Array;

function checkSpans(array: ArrowArray, starts: Spans, sizes: Spans): void {
  const { length, children } = array;
  check(starts.length >= length && sizes.length >= length, "fewer places of values than rows");
  for (let row = 0; row < length; row++) {
    const [start, size] = [Number(starts[row]), Number(sizes[row])];
    const isInside = start >= 0 && size >= 0 && start + size <= (children[0]?.length ?? 0);
    check(isInside || isMissing(array, row), "a value beyond the end of all values");
  }
}

function checkRuns({ length, children }: ArrowArray): void {
  const [ends, values] = children;
  check(ends !== undefined && values !== undefined && ends.nullCount === 0, "runs without an end");
  check(ends.field.type.kind === "whole" && ends.field.type.bits > 8, "runs without an end");
  check(values.length >= ends.length, "fewer values than runs");
  let last = 0;
  const ordered = runEndsOf(ends);
  for (const end of ordered) {
    check(Number(end) > last, "a run that ends before it begins");
    last = Number(end);
  }
  check(last >= length, "runs that end before the last row");
}

/** Where the runs of an array end. */
export function runEndsOf({ field, buffers, length }: ArrowArray) {
  const bytes = buffers[0] ?? new Uint8Array(0);
  const bits = field.type.kind === "whole" ? field.type.bits : 32;
  if (bits === 16) return itemsIn(bytes, Int16Array, length);
  return bits === 32 ? itemsIn(bytes, Int32Array, length) : itemsIn(bytes, BigInt64Array, length);
}
