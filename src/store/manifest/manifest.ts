import * as v from "valibot";
import { expectation } from "../../errors.ts";
import { COLUMN_TYPES } from "../../frame/schema.ts";
import {
  countSchema,
  DocumentKind,
  ordinal,
  type StoredDocument,
  sha256,
  textSchema,
  time,
  wordSchema,
} from "../document.ts";
import { isFrameName, isStoreKey, MANIFEST_KEY, RUNS_PREFIX } from "../key.ts";
import type { Store, StoreOptions } from "../store.ts";

/** The newest format of the manifest that this code reads and writes. */
const FORMAT = 1;
const SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

const names = v.pipe(v.string(), v.check(isFrameName, "a frame's name"));

const StoredFile = v.object({
  /** never outside the runs' folder: who can write a manifest must not make us read other things */
  key: v.pipe(v.string("a key"), v.check(isRunKey, `a key below ${RUNS_PREFIX}`)),
  sha256,
  sizeBytes: countSchema,
});

/** An Arrow file, and where the SHA-256 of its blocks are, one after the other, if it is large. */
const ArrowFile = v.object({
  ...StoredFile.entries,
  sums: v.optional(v.object({ ...StoredFile.entries, blockBytes: ordinal })),
});

const columns = v.array(
  v.object({
    name: v.string("a column's name"),
    type: v.picklist(COLUMN_TYPES, `one of ${COLUMN_TYPES.join(", ")}`),
  }),
  "a list of columns",
);

/** All that a cell's result hangs on, of the shape that runs give it. */
export const CellState = v.object({
  /** over the code of the cell and of all above it */
  code: textSchema,
  /** over the content of the files that these name; empty for none */
  data: textSchema,
  inputs: v.record(v.string(), v.unknown(), "the inputs by name"),
  /** keyed digest of the secrets that they may see; empty for none */
  secrets: textSchema,
  /** SHA-256 of the CSV of each frame that it is computed from, by name; empty where none was */
  frames: v.record(v.string(), textSchema, "the frames by name"),
});

const PublishedFrame = v.object({
  rows: countSchema,
  columns,
  csv: StoredFile,
  schema: StoredFile,
  /** the fast path; absent where it would be larger than what is read at once */
  arrow: v.optional(ArrowFile),
  /** for other tools; absent unless the config asks for it */
  parquet: v.optional(StoredFile),
  /** the formats beside CSV whose newest file is put where other tools look; absent in old versions */
  shared: v.optional(v.array(v.picklist(["arrow", "parquet"]))),
  /** the cell that wrote it */
  cell: wordSchema,
  computedAt: time,
  /** of the code of that cell */
  codeHash: textSchema,
  /** the cells that read columns of it in the run that published it, by name */
  readers: v.optional(
    v.record(
      v.string(),
      v.object({ code: textSchema, columns: v.array(v.string()) }),
      "cells by name",
    ),
  ),
  /** what that cell hung on when it computed it; absent where nobody noted it */
  state: v.optional(CellState),
});

/** The whole frame that a cell showed: in a file of its own, or the very frame that is published. */
const ShownFrame = v.variant("at", [
  v.object({ at: v.literal("file"), ...StoredFile.entries, rows: countSchema, columns }),
  /** with the SHA-256 of that frame's CSV: one of other content is not what was shown */
  v.object({ at: v.literal("frame"), frame: names, sha256 }),
]);

const Commit = v.object({
  /** rises by one with every publication */
  generation: ordinal,
  /** names one publication, so that its writer knows it again */
  commitId: wordSchema,
  runId: wordSchema,
  attempt: ordinal,
  /** the run context, such as `logic` */
  context: wordSchema,
  /** which door the run came in by, such as `schedule` */
  trigger: v.optional(wordSchema),
  /** who published it, as `user@host` */
  publishedBy: v.optional(wordSchema),
  publishedAt: time,
  /** what is remarkable about it, such as `rollback to 3` */
  note: v.optional(wordSchema),
  /** the value that every input had in the run, by name */
  inputs: v.record(v.string(), v.unknown(), "the inputs by name"),
  /** those of them that the run was asked for; absent where `inputs` holds no others */
  asked: v.optional(v.record(v.string(), v.unknown(), "the inputs by name")),
  /** what every input is when nobody asks for it, and the code by which it came to be so */
  defaults: v.optional(
    v.record(v.string(), v.object({ value: v.unknown(), code: textSchema }), "the inputs by name"),
  ),
  /** of the code of the whole project */
  codeHash: textSchema,
  frames: v.record(names, PublishedFrame, "the frames by name"),
  /** what every cell showed with default inputs */
  outputs: v.optional(StoredFile),
  /** the whole frames of these outputs, by the name of the cell */
  shown: v.optional(v.record(v.string(), ShownFrame, "the cells by name")),
});

const Manifest = v.object({
  format: v.literal(FORMAT, `${FORMAT}`),
  /** the highest fence that was published with or sealed, 0 before: who has a lower one is too late */
  fence: countSchema,
  /** the runs that others went past, the newest first: they are too late under any fence */
  passed: v.optional(v.array(wordSchema, "ids of runs")),
  /** the last collection of unused objects: by it every writer sees that he has to look again */
  collection: v.optional(v.object({ id: wordSchema, at: time })),
  /** the newest first, each with all that reading it needs; empty where a first run was passed */
  commits: v.pipe(
    v.array(Commit, "a list of versions"),
    v.check((commits) => isFalling(commits), "a list of versions, the newest first"),
  ),
});

/** One file of a published frame. */
export type StoredFile = Readonly<v.InferOutput<typeof StoredFile>>;

/** The Arrow file of a published frame. */
export type ArrowFile = Readonly<v.InferOutput<typeof ArrowFile>>;

/** One frame of a version, as the manifest holds it. */
export type PublishedFrame = Readonly<v.InferOutput<typeof PublishedFrame>>;

/** All that a published frame's content hangs on. */
export type StoredState = Readonly<v.InferOutput<typeof CellState>>;

/** Where the whole frame is that a cell showed. */
export type PublishedShown = Readonly<v.InferOutput<typeof ShownFrame>>;

/** One publication, as the manifest holds it. */
export type Commit = Readonly<v.InferOutput<typeof Commit>>;

/** The one small object that points at everything that is published together. */
export type Manifest = Readonly<v.InferOutput<typeof Manifest>>;

const kind = new DocumentKind({
  schema: Manifest,
  format: FORMAT,
  indent: 1,
  cure: "it was changed by something else: put an older copy of it back",
  upgrade: "upgrade hex-runtime here, or use another store",
});

/** Reads the bytes of a manifest. @throws {HexError} HEX_STORE_DAMAGED @internal */
export function parseManifest(bytes: Uint8Array, location: string): Manifest {
  const place = { key: MANIFEST_KEY, location };
  if (bytes.length <= SIZE_LIMIT_BYTES) return kind.parse(bytes, place);
  throw kind.damage(place, `at most ${SIZE_LIMIT_BYTES} bytes`, `${bytes.length} bytes`);
}

/** The bytes of a manifest. @throws {HexError} HEX_DATA_INVALID for one that nobody could read back */
export function toManifestBytes(manifest: Manifest): Uint8Array {
  const bytes = kind.toBytes(manifest);
  if (bytes.length <= SIZE_LIMIT_BYTES) return bytes;
  throw expectation("HEX_DATA_INVALID", {
    place: `\`${MANIFEST_KEY}\``,
    expected: `at most ${SIZE_LIMIT_BYTES} bytes`,
    got: `${bytes.length} bytes for ${manifest.commits.length} versions`,
    hint: "publish fewer frames or columns, or keep fewer versions",
  });
}

/**
 * Reads the manifest, or `undefined` when nothing was ever published.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, also when something was published that is not there;
 * HEX_STORE_DAMAGED
 */
export async function readManifest(
  store: Pick<Store, "location" | "read" | "marker">,
  { signal }: StoreOptions = {},
): Promise<StoredDocument<Manifest> | undefined> {
  const object = await store.read(MANIFEST_KEY, { signal });
  if (object === undefined) {
    await refuseAway(store);
    return undefined;
  }
  const value = parseManifest(object.body, store.location);
  // One that was only sealed has nothing that could be missed.
  if (value.commits.length > 0) await store.marker?.note();
  return { value, etag: object.etag };
}

async function refuseAway({ marker, location }: Pick<Store, "location" | "marker">): Promise<void> {
  const seen = await marker?.readSeen();
  if (seen === undefined) return;
  throw expectation("HEX_STORE_UNAVAILABLE", {
    place: `the store ${location}`,
    expected: "there with all that was published in it",
    got: "nothing",
    hint: seen.hint,
  });
}

function isFalling(commits: readonly { readonly generation: number }[]): boolean {
  return commits.every(({ generation }, index) => {
    const newer = commits[index - 1];
    return newer === undefined || newer.generation > generation;
  });
}

function isRunKey(key: string): boolean {
  return key.startsWith(RUNS_PREFIX) && isStoreKey(key);
}
