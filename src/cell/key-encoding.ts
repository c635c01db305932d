import { expectation, type HexError } from "../errors.ts";

/** How deep lists and objects may lie in each other: no widget gives more than two. */
const DEPTH_LIMIT = 20;
const READABLE_MAX_LENGTH = 27;
/** 128 bits: with 64, two inputs that share a name could be found in minutes */
const HASH_LENGTH = 32;

/**
 * The one text that stands for these inputs: equal inputs give one text, different inputs different
 * texts. It is JSON, extended by the words that JSON lacks. What is the same, and what is not:
 * - the order of names does not matter, that of a list does
 * - `undefined` as the value of a name is the same as no such name; `null` is a value of its own
 * - `NaN`, `Infinity` and `-Infinity` are values, each equal to itself; `-0` is `0`, which JSON
 *   and widgets cannot tell apart
 * - `1`, `"1"` and `true` differ; a day is text
 * - text is compared as it is, code unit by code unit: "é" composed and decomposed differ, as they
 *   do in the data that a cell filters by them
 *
 * @throws {HexError} HEX_INPUT_INVALID for text that is no Unicode (half a surrogate pair, which
 * UTF-8 and so a hash cannot keep) and for what is no plain data
 */
export function encodeKey(values: Readonly<Record<string, unknown>>): string {
  return encodeObject(values, [], "the inputs");
}

/**
 * A name for the inputs that fits in a frame's name as one segment: their beginning, readable, and
 * a hash of all of them, such as `region-EU_year-2024.1a2b3c4d5e6f70811a2b3c4d5e6f7081`. At most 60
 * letters, digits, `_`, `-` and one dot.
 *
 * @param hash gives at least 32 lower-case hexadecimal digits, as SHA-256 does
 */
export function toVariantName(encoded: string, hash: (text: string) => string): string {
  const readable = encoded
    .replace(/["{}]/g, "")
    .replaceAll(":", "-")
    .replaceAll(",", "_")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .slice(0, READABLE_MAX_LENGTH);
  const digits = hash(encoded).slice(0, HASH_LENGTH);
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new TypeError("The hash is too short, or not in hex");
  // A word alone could be one that Windows keeps for a device, such as `con`.
  return `${readable.includes("-") ? readable : "none"}.${digits}`;
}

type Path = readonly string[];

function encode(value: unknown, path: Path): string {
  switch (typeof value) {
    case "string":
      return encodeText(value, placeOf(path));
    case "number":
      // String(-0) is "0"; any other two numbers have different texts.
      return String(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (path.length > DEPTH_LIMIT) {
        throw refusal(placeOf(path.slice(0, 1)), `at most ${DEPTH_LIMIT} levels deep`, "more");
      }
      return Array.isArray(value)
        ? `[${Array.from(value, (each, index) => encode(each, [...path, `${index}`])).join(",")}]`
        : encodeObject(value, path, placeOf(path));
    default:
      throw refusal(placeOf(path), "plain data", typeof value);
  }
}

function encodeObject(value: object, path: Path, place: string): string {
  if (!isPlain(value)) throw refusal(place, "plain data", "an object of a class");
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => {
      const key = encodeText(name, `each name in ${place}`);
      return `${key}:${encode(each, [...path, name])}`;
    });
  return `{${entries.join(",")}}`;
}

function encodeText(text: string, place: string): string {
  if (!/\p{Surrogate}/u.test(text)) return JSON.stringify(text);
  throw refusal(place, "Unicode text", "half a surrogate pair");
}

/** Whether it is an object literal or parsed JSON, of any realm. */
function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function placeOf(path: Path): string {
  return `\`${path.join(".").slice(0, 80)}\` in the inputs`;
}

function refusal(place: string, expected: string, got: string): HexError {
  return expectation("HEX_INPUT_INVALID", { place, expected, got });
}
