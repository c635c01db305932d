import * as v from "valibot";
import { RUN_CONTEXTS } from "../../cell/run-context.ts";
import { type ErrorCode, expectation, type HexError, toFound } from "../../errors.ts";

/** The newest format of what history keeps that this code reads and writes. */
export const FORMAT = 1;

export const text = v.string("a text");
export const word = v.pipe(v.string("a text"), v.nonEmpty("a text that is not empty"));
export const count = v.pipe(
  v.number("a number"),
  v.safeInteger("a whole number"),
  v.minValue(0, "0 or more"),
);
export const ordinal = v.pipe(count, v.minValue(1, "1 or more"));
export const time = v.pipe(
  v.string("a time"),
  v.isoTimestamp("a time such as 2026-01-31T12:00:00Z"),
);
export const format = v.literal(FORMAT, `${FORMAT}`);
export const context = v.picklist(RUN_CONTEXTS, `one of ${RUN_CONTEXTS.join(", ")}`);

/** Why a run or a cell failed; a code of a newer release is kept as it is. */
export const runError = v.object({
  code: v.custom<ErrorCode>(isErrorCode, "a code such as HEX_CELL_FAILED"),
  message: text,
});

/** What was found where, for messages. */
export interface StoredPlace {
  readonly key: string;
  /** the store, as messages name it */
  readonly location: string;
}

/**
 * Reads a stored object by its schema.
 *
 * @throws {HexError} HEX_STORE_DAMAGED
 */
export function parseStored<Schema extends v.GenericSchema>(
  bytes: Uint8Array,
  schema: Schema,
  { key, location }: StoredPlace,
): v.InferOutput<Schema> {
  const place = `\`${key}\` in ${location}`;
  const value = toJson(bytes);
  if (value === undefined) throw damage(place, "JSON in UTF-8", "something else");
  const told = v.safeParse(v.object({ format: v.number() }), value);
  if (told.success && told.output.format > FORMAT) {
    const got = `format ${told.output.format}, written by a newer hex-runtime`;
    throw damage(place, `of format ${FORMAT} or older`, got, "upgrade hex-runtime here");
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  const isMissing = issue.input === undefined;
  const got = toFound(issue.input);
  const where = path === null ? place : `\`${path}\` of ${place}`;
  throw damage(where, isMissing ? "there" : issue.message, got);
}

/** The bytes of an object, for people to read as well. */
export function toStoredBytes(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 1)}\n`);
}

/** The failure that tells of an object that is not what history wrote. */
export function damage(place: string, expected: string, got: string, hint?: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place,
    expected,
    got,
    hint: hint ?? "it was changed by something else: put an older copy of it back, or remove it",
  });
}

function isErrorCode(code: unknown): boolean {
  return typeof code === "string" && /^HEX_[A-Z_]+$/.test(code);
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Neither UTF-8 nor JSON: the caller tells it.
    return undefined;
  }
}
