/** An object as it was read: whole, never half written. */
export interface StoredObject {
  /** the bytes; not to be changed by the reader */
  readonly body: Uint8Array;
  /** names this content of the key, to be handed back verbatim in a condition */
  readonly etag: string;
}

/** An object as a listing has it, without its content. */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** when it was last written, by the clock of the store */
  readonly modifiedAt: Date;
}

/** A folder as the listing of the one above has it. */
export interface FolderInfo {
  readonly name: string;
  /**
   * told where asked for: another one once something directly in the folder has come or gone; `null`
   * while it cannot tell, absent where the store has none
   */
  readonly changeTag?: string | null;
}

export interface FolderOptions extends StoreOptions {
  /** whether changes of the folders are asked for; not unless told */
  readonly withTags?: boolean | undefined;
}

/** An object that was found, and its content as the store names it. */
export interface FoundObject extends ObjectInfo {
  /** names this content among those that the key ever has, as far as the store tells without reading it */
  readonly tag: string;
}

/** Under which condition a write takes place: only where nothing is yet, or only over that content. */
type WriteCondition = { readonly ifNoneMatch: "*" } | { readonly ifMatch: string };

/**
 * Why a write under a condition did not take place:
 * - changed: something else is there than the condition allows
 * - missing: nothing is there that could match
 * - undecided: it met other writes, and the store decided nothing
 */
export type ConflictReason = "changed" | "missing" | "undecided";

/** Result of a write; `conflict` means that this call wrote nothing. */
export type WriteResult =
  | { readonly status: "written"; readonly etag: string }
  /** without a reason: the condition does not hold */
  | { readonly status: "conflict"; readonly reason?: ConflictReason };

export interface StoreOptions {
  /** ends the wait: the call then throws the signal's reason */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends StoreOptions {
  /** refuses a larger object before it fills the memory; none: any size is read */
  readonly limitBytes?: number | undefined;
}

export interface WriteFileOptions extends StoreOptions {
  /** sent to clients that fetch the object over HTTP; a directory has no place for it */
  readonly contentType?: string | undefined;
}

export interface WriteOptions extends WriteFileOptions {
  /** none: an object that is there is replaced */
  readonly condition?: WriteCondition | undefined;
}

/**
 * Objects by key under one prefix or directory: all that publication needs of S3 or a disk.
 *
 * Keys are relative, of segments of letters, digits, `_`, `.` and `-` joined by `/`. Every method
 * checks them before it touches anything. Below the key of an object there is no other (`a` and
 * `a/b`): S3 would keep both, a disk cannot.
 *
 * @throws {HexError} HEX_KEY_INVALID (every method) for a key that breaks that rule.
 * @throws {HexError} HEX_STORE_UNAVAILABLE (every method) when the network, the credentials, the
 * bucket or the disk stand in the way. After a failed write it is unknown whether the object was
 * written; reading it tells.
 */
export interface Store {
  /** Where the objects are, ready to print; it holds no secret. */
  readonly location: string;

  /** Whether conditions of writes are certain to be kept; otherwise `probeStore` tries it out. */
  readonly keepsConditions?: true;

  /** Where it is noted how the store was found when it was tried out; absent: in this process alone. */
  readonly probeNotes?: ProbeNotes | undefined;

  /**
   * Whether the place of the store keeps the versions of objects, under which some servers forget the
   * conditions of writes that meet; `undefined` when it does not, or will not say. Asked only when
   * something is found wrong.
   */
  findVersioning?(options?: StoreOptions): Promise<VersioningFault | undefined>;

  /** How far this machine's clock is from that of the store, as "1 h 5 min ahead"; only when it is minutes. */
  readonly clockError?: string | undefined;

  /** How much later it is by the store's clock than by this machine's, as far as it is known; milliseconds. */
  readonly clockOffsetMs?: number | undefined;

  /** Undefined: a store in which nothing is published is taken for a new one. */
  readonly marker?: StoreMarker | undefined;

  /**
   * Reads one object, or `undefined` when there is none under this key.
   *
   * A reader that meets a writer sees the whole older or the whole newer object, never a mix.
   *
   * @throws {HexError} HEX_STORE_DAMAGED when the key is no plain object, as a symbolic link is.
   * @throws {HexError} HEX_DATA_INVALID when the object is larger than `limitBytes`.
   */
  read(key: string, options?: ReadOptions): Promise<StoredObject | undefined>;

  /**
   * Facts about one object without reading it, or `undefined` when there is none.
   *
   * @throws {HexError} HEX_STORE_DAMAGED when the key is no plain object.
   */
  find(key: string, options?: StoreOptions): Promise<FoundObject | undefined>;

  /**
   * The `tag` that `find` would give, told at once and without opening anything; `undefined` where that
   * cannot be told: `find` tells. Absent where it never can.
   */
  peekTag?(key: string): string | undefined;

  /**
   * The bytes of an object that was found, of any size, in blocks as they come.
   *
   * @throws {HexError} HEX_DATA_INVALID when another content is there by now, or comes meanwhile.
   */
  readBlocks(found: FoundObject, options?: StoreOptions): AsyncIterable<Uint8Array>;

  /**
   * Holds an object open whose bytes can be read without a wait, also once it is replaced or removed;
   * `undefined` when there is none. Absent where bytes come over the network.
   *
   * @throws {HexError} HEX_STORE_DAMAGED when the key is no plain object.
   */
  openBytes?(key: string, options?: StoreOptions): Promise<OpenedBytes | undefined>;

  /**
   * Writes one object whole; once it is told as written, it survives a power cut.
   *
   * Of several callers with `ifNoneMatch: "*"` on a missing key exactly one writes. Of several with
   * the same `ifMatch` exactly one writes, and none does where the object is gone or is another.
   * The others get `conflict`. Without a condition the last one stands.
   */
  write(key: string, body: Uint8Array, options?: WriteOptions): Promise<WriteResult>;

  /**
   * Writes one object whole from a file, which never has to fit into memory: `fill` writes it at the
   * path that it is given, and it is gone when the object is written. Gives what `fill` gives. Where
   * `fill` fails, nothing is written and its failure is thrown.
   *
   * Whatever is there is replaced, as by a write without a condition; the same holds for its readers
   * and for a power cut.
   *
   * @throws {HexError} HEX_DATA_INVALID when the file is larger than the store takes in one piece,
   * as S3 does not above 5 GiB.
   */
  writeFile<T>(
    key: string,
    fill: (path: string) => Promise<T>,
    options?: WriteFileOptions,
  ): Promise<T>;

  /**
   * Copies one object over another, without its bytes passing through the caller's memory; false
   * when there is none to copy. As after a write, readers see the whole older or newer object.
   */
  copy(fromKey: string, toKey: string, options?: StoreOptions): Promise<boolean>;

  /** Removes one object; where there is none it does nothing. */
  delete(key: string, options?: StoreOptions): Promise<void>;

  /**
   * Lists the objects below a folder, in no promised order: `""` for all, else a key that ends in
   * `/`. A folder that is not there lists nothing. What is not a legal key is passed over, and so
   * are unfinished writes. Objects that come and go during the listing may be told or not.
   */
  list(prefix: string, options?: StoreOptions): AsyncIterable<ObjectInfo>;

  /**
   * Lists the folders directly below a folder, which is named as for `list`, in no promised order and
   * without looking into them: where the store keeps folders that have become empty, these are told.
   */
  listFolders(prefix: string, options?: FolderOptions): AsyncIterable<FolderInfo>;

  /** Leftovers of writes that never ended; absent where there are none, as on S3. */
  readonly leftovers?: Leftovers;

  /** Lets go of connections. Calls that still run may fail; a second close does nothing. */
  close(): Promise<void>;
}

/** An object that is held open for as long as this is in use. */
export interface OpenedBytes {
  readonly sizeBytes: number;

  /** Fills memory with the bytes from a place on, as far as there are any; gives how many those are. */
  read(into: Uint8Array, start: number): number;
}

/** The remains of writes whose process was killed; `list` passes them over. */
export interface Leftovers {
  /**
   * Lists temporary files and folders that are empty, among them those of writes that still run:
   * only their age tells. Their keys are good for `remove` alone.
   */
  list(options?: StoreOptions): AsyncIterable<ObjectInfo>;

  /** Removes one of them; one that is gone, or in use again, is left as it is. */
  remove(key: string, options?: StoreOptions): Promise<void>;
}

/**
 * Knows whether anything was ever published in a store: one that was and then has nothing is not
 * new, but away, such as a disk that is not mounted.
 */
export interface StoreMarker {
  /** Something that was published is there. */
  note(): Promise<void>;

  /** Whether something was there before, and if so, what to do when it is gone on purpose. */
  readSeen(): Promise<{ readonly hint: string } | undefined>;

  /** Knows what the store has told of tokens before. */
  readonly tokens: TokenMarker;
}

/**
 * Remembers outside a store what was seen in it of tokens, so that their absence from a store which
 * is away, or was emptied, is never taken for there having been none.
 */
export interface TokenMarker {
  /** `made`: the project had a token; `looked`: the store has told that there was none. */
  read(): Promise<"made" | "looked" | undefined>;

  /** The project has a token. */
  noteMade(): Promise<void>;

  /**
   * The store tells that no token was ever made.
   * @returns whether a later process will know that it once told so
   */
  noteLooked(): Promise<boolean>;

  /** The store could not be made to tell it after all. */
  forgetLooked(): Promise<void>;
}

/** Remembers, for the processes of one machine, how a store was found when it was tried out. */
export interface ProbeNotes {
  /** `good` for a while, `bad` until it is found good; `undefined` when nothing is known. */
  read(): Promise<"good" | "bad" | undefined>;

  note(found: "good" | "bad"): Promise<void>;
}

/** That a store keeps versions, as a phrase, and what to do where that breaks the conditions of writes. */
export interface VersioningFault {
  readonly text: string;
  readonly cure: string;
}
