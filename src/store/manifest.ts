import * as v from "valibot";
import { expectation, type HexError } from "../errors.ts";
import { COLUMN_TYPES } from "../frame/schema.ts";
import { isFrameName, isStoreKey, MANIFEST_KEY, RUNS_PREFIX } from "./key.ts";

/** The newest format of the manifest that this code reads and writes. */
const FORMAT = 1;
const SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

const count = v.pipe(
  v.number("a number"),
  v.safeInteger("a whole number"),
  v.minValue(0, "0 or more"),
);
const ordinal = v.pipe(count, v.minValue(1, "1 or more"));
const word = v.pipe(v.string("a text"), v.nonEmpty("a text that is not empty"));
const time = v.pipe(v.string("a time"), v.isoTimestamp("a time such as 2026-01-31T12:00:00Z"));
const names = v.pipe(v.string(), v.check(isFrameName, "a frame's name"));

const StoredFile = v.object({
  /** never outside the runs' folder: who can write a manifest must not make us read other things */
  key: v.pipe(v.string("a key"), v.check(isRunKey, `a key below ${RUNS_PREFIX}`)),
  sha256: v.pipe(
    v.string("a SHA-256"),
    v.regex(/^[0-9a-f]{64}$/, "a SHA-256 of 64 hexadecimal digits"),
  ),
  sizeBytes: count,
});

const PublishedFrame = v.object({
  rows: count,
  columns: v.array(
    v.object({
      name: v.string("a column's name"),
      type: v.picklist(COLUMN_TYPES, `one of ${COLUMN_TYPES.join(", ")}`),
    }),
    "a list of columns",
  ),
  csv: StoredFile,
  arrow: StoredFile,
  /** the cell that wrote it */
  cell: word,
  computedAt: time,
});

const Manifest = v.object({
  format: v.literal(FORMAT, `${FORMAT}`),
  /** rises by one with every publication */
  generation: ordinal,
  /** makes every manifest differ from every other, so that no ETag comes back */
  commitId: word,
  runId: word,
  attempt: ordinal,
  /** the run context, such as `logic` */
  context: word,
  publishedAt: time,
  /** the inputs of the run by name */
  inputs: v.record(v.string(), v.unknown(), "the inputs by name"),
  /** of the code that computed it */
  codeHash: v.string("a text"),
  frames: v.record(names, PublishedFrame, "the frames by name"),
});

/** One file of a published frame. */
export type StoredFile = Readonly<v.InferOutput<typeof StoredFile>>;

/** One frame of a version, as the manifest holds it. */
export type PublishedFrame = Readonly<v.InferOutput<typeof PublishedFrame>>;

/** The one small object that points at everything that is published together. */
export type Manifest = Readonly<v.InferOutput<typeof Manifest>>;

/**
 * Reads a manifest.
 *
 * @param location the store, as the message names it
 * @throws {HexError} HEX_STORE_DAMAGED
 */
export function parseManifest(bytes: Uint8Array, location: string): Manifest {
  const place = `\`${MANIFEST_KEY}\` in ${location}`;
  if (bytes.length > SIZE_LIMIT_BYTES) {
    throw damage(place, `at most ${SIZE_LIMIT_BYTES} bytes`, `${bytes.length} bytes`);
  }
  const value = toJson(bytes);
  if (value === undefined) throw damage(place, "JSON in UTF-8", "something else");
  const format = v.safeParse(v.object({ format: v.number() }), value);
  if (format.success && format.output.format > FORMAT) {
    const expected = `of format ${FORMAT} or older`;
    const got = `format ${format.output.format}, written by a newer hex-runtime`;
    throw damage(place, expected, got, "upgrade hex-runtime here, or use another store");
  }
  const parsed = v.safeParse(Manifest, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  const got = issue.input === undefined ? "nothing" : JSON.stringify(issue.input).slice(0, 80);
  throw damage(path === null ? place : `\`${path}\` of ${place}`, issue.message, got);
}

/** The bytes of a manifest, for people to read as well. */
export function toManifestBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`);
}

function isRunKey(key: string): boolean {
  return key.startsWith(RUNS_PREFIX) && isStoreKey(key);
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Neither UTF-8 nor JSON: the caller tells it.
    return undefined;
  }
}

function damage(place: string, expected: string, got: string, hint?: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place,
    expected,
    got,
    hint: hint ?? "it was changed by something else: put an older copy of it back",
  });
}
