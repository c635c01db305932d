import * as v from "valibot";
import { expectation, type HexError, toFound } from "../errors.ts";
import type { ReadOptions, Store, StoreOptions, WriteOptions, WriteResult } from "./store.ts";

/** Where a document lies, as messages name it. */
export interface DocumentPlace {
  readonly key: string;
  /** of the store */
  readonly location: string;
}

/** A document as it was read, with the ETag that a condition on it needs. */
export interface StoredDocument<T> {
  readonly value: T;
  readonly etag: string;
}

/** One document of a store, at its key. */
export interface DocumentAt<T> extends DocumentPlace {
  /**
   * Reads the document, or `undefined` when there is none.
   * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
   */
  read(options?: ReadOptions): Promise<StoredDocument<T> | undefined>;

  /** Writes the document as `Store.write` does. @throws {HexError} HEX_STORE_UNAVAILABLE */
  write(value: T, options?: StoreOptions & Pick<WriteOptions, "condition">): Promise<WriteResult>;
}

/** How the documents of one kind are written and checked. */
export interface DocumentSpec<T> {
  readonly schema: v.GenericSchema<unknown, T>;
  /** the newest format that this code reads and writes; none: these documents have no number */
  readonly format?: number;
  /** spaces a level, where people read it as well; none unless told */
  readonly indent?: number;
  /** refuses to read a larger one into memory; none unless told */
  readonly limitBytes?: number;
  /** what to do about a damaged one */
  readonly cure?: string;
  /** what to do about one of a newer format */
  readonly upgrade?: string;
  /** a rule that the schema cannot state: what is expected and found where it is broken */
  readonly check?: (
    value: T,
    key: string,
  ) => { readonly expected: string; readonly got: string } | undefined;
}

const CURE = "it was changed by something else: put an older copy of it back, or remove it";

type DocumentStore = Pick<Store, "location" | "read" | "write">;

/** A kind of JSON objects in the store. Everything that comes from there is checked by a schema. */
export class DocumentKind<T> {
  readonly #spec: DocumentSpec<T>;

  constructor(spec: DocumentSpec<T>) {
    this.#spec = spec;
  }

  /** The document of this kind under a key. */
  at(store: DocumentStore, key: string): DocumentAt<T> {
    const { location } = store;
    return {
      key,
      location,
      read: async (options) => {
        const { limitBytes } = this.#spec;
        const object = await store.read(key, { limitBytes, ...options });
        return object && { value: this.parse(object.body, { key, location }), etag: object.etag };
      },
      write: (value, options) =>
        store.write(key, this.toBytes(value), { ...options, contentType: "application/json" }),
    };
  }

  /** Reads the bytes of a document. @throws {HexError} HEX_STORE_DAMAGED */
  parse(bytes: Uint8Array, place: DocumentPlace): T {
    const value = toJson(bytes);
    if (value === undefined) throw this.damage(place, "JSON in UTF-8", "something else");
    this.#refuseNewer(value, place);
    const parsed = v.safeParse(this.#spec.schema, value, { abortEarly: true });
    if (!parsed.success) throw this.#toDamage(parsed.issues[0], place);
    const broken = this.#spec.check?.(parsed.output, place.key);
    if (broken !== undefined) throw this.damage(place, broken.expected, broken.got);
    return parsed.output;
  }

  /** Reads the bytes of a document; `undefined` for anything else, where that is no failure. */
  tryParse(bytes: Uint8Array): T | undefined {
    const parsed = v.safeParse(this.#spec.schema, toJson(bytes));
    return parsed.success ? parsed.output : undefined;
  }

  toBytes(value: T): Uint8Array {
    return new TextEncoder().encode(`${JSON.stringify(value, undefined, this.#spec.indent)}\n`);
  }

  #refuseNewer(value: unknown, place: DocumentPlace): void {
    const { format: newest, upgrade = "upgrade hex-runtime here" } = this.#spec;
    const parsed = v.safeParse(v.object({ format: v.number() }), value);
    if (newest === undefined || !parsed.success || parsed.output.format <= newest) return;
    const got = `format ${parsed.output.format}, written by a newer hex-runtime`;
    const expected = `of format ${newest} or older`;
    throw expectation("HEX_STORE_DAMAGED", {
      place: documentName(place),
      expected,
      got,
      hint: upgrade,
    });
  }

  #toDamage(issue: v.BaseIssue<unknown>, place: DocumentPlace): HexError {
    const path = v.getDotPath(issue);
    // The library's text for a key that is not there has no place in our sentence.
    const expected = issue.input === undefined ? "there" : issue.message;
    return this.damage(place, expected, toFound(issue.input), path);
  }

  /** The failure over an object that is not what was written under its key. */
  damage(
    place: DocumentPlace,
    expected: string,
    got: string,
    path: string | null = null,
  ): HexError {
    const { cure = CURE } = this.#spec;
    const name = path === null ? documentName(place) : `\`${path}\` of ${documentName(place)}`;
    return expectation("HEX_STORE_DAMAGED", { place: name, expected, got, hint: cure });
  }
}

/** A document as messages name it. */
export function documentName({ key, location }: DocumentPlace): string {
  return `\`${key}\` in ${location}`;
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Neither UTF-8 nor JSON: the caller says so.
    return undefined;
  }
}

/** Schemas that documents share. */
export const textSchema = v.string("a text");
export const wordSchema = v.pipe(textSchema, v.nonEmpty("a text that is not empty"));
export const countSchema = v.pipe(
  v.number("a number"),
  v.safeInteger("a whole number"),
  v.minValue(0, "0 or more"),
);
export const ordinal = v.pipe(countSchema, v.minValue(1, "1 or more"));
export const time = v.pipe(
  v.string("a time"),
  v.isoTimestamp("a time such as 2026-01-31T12:00:00Z"),
);
export const sha256 = v.pipe(
  v.string("a SHA-256"),
  v.regex(/^[0-9a-f]{64}$/, "a SHA-256 of 64 hexadecimal digits"),
);
