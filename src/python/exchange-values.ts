import { expectation } from "../errors.ts";
import { dateText } from "../frame/column/moment.ts";
import { isDanfo } from "../frame/danfo.ts";
import { Frame } from "../frame/frame.ts";
import { toJsonNumber } from "../frame/json.ts";
import { toFrame } from "../frame/to-frame.ts";

/** The key of an object that stands for what JSON has not; see `values.py`. */
const TAG = "$";

/** Keeps a frame for Python; gives the name under which it finds it. */
export type KeepFrame = (frame: Frame) => Promise<string>;

/**
 * A value of a cell as JSON that Python reads exactly: bigints, times, NaN and the infinities, −0 and
 * frames are tagged.
 * @param place how a message names the value
 * @throws {HexError} HEX_CELL_FAILED for what is neither a frame nor plain data
 */
export async function toPythonValue(
  value: unknown,
  place: string,
  keepFrame: KeepFrame,
): Promise<unknown> {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "undefined":
      return null;
    case "number": {
      const told = toJsonNumber(value);
      return typeof told === "string" ? tagged("number", told) : told;
    }
    case "bigint":
      return tagged("int", value.toString());
    case "object":
      return value === null ? null : toPythonObject(value, place, keepFrame);
    default:
      throw notData(place, `a ${typeof value}`);
  }
}

async function toPythonObject(
  value: object,
  place: string,
  keepFrame: KeepFrame,
): Promise<unknown> {
  if (value instanceof Date) return toPythonInstant(value, place);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, each] of value.entries()) {
      items.push(await toPythonValue(each, `${place}[${index}]`, keepFrame));
    }
    return items;
  }
  const frame = value instanceof Frame || isDanfo(value) ? toFrame(value) : undefined;
  if (frame !== undefined) return tagged("frame", await keepFrame(frame));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notData(place, `an object of class ${value.constructor.name}`);
  }
  const entries: [string, unknown][] = [];
  for (const [key, each] of Object.entries(value)) {
    entries.push([key, await toPythonValue(each, `${place}.${key}`, keepFrame)]);
  }
  return Object.hasOwn(value, TAG) ? tagged("dict", entries) : Object.fromEntries(entries);
}

function toPythonInstant(value: Date, place: string) {
  if (Number.isNaN(value.getTime())) throw notData(place, "an invalid date");
  return tagged("instant", dateText(value));
}

function tagged(kind: string, value: unknown) {
  return { [TAG]: kind, v: value };
}

function notData(place: string, got: string) {
  return expectation("HEX_CELL_FAILED", {
    place,
    expected: "a frame or plain data, as a Python cell reads it",
    got,
  });
}

const NUMBERS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  "-0.0": -0,
};

/** A value of Python as JavaScript has it. */
export function fromPythonValue(told: unknown): unknown {
  if (Array.isArray(told)) return told.map(fromPythonValue);
  if (typeof told !== "object" || told === null) return told;
  const kind: unknown = Reflect.get(told, TAG);
  const value: unknown = Reflect.get(told, "v");
  if (kind === "number") return NUMBERS[String(value)];
  const entries = kind === "dict" ? (value as [string, unknown][]) : Object.entries(told);
  return Object.fromEntries(entries.map(([key, each]) => [key, fromPythonValue(each)]));
}
