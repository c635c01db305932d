import { encodeKey, toVariantName } from "../cell/key-encoding.ts";
import { expectation, HexError } from "../errors.ts";
import type { ByteSource } from "../frame/csv/read/csv-blocks.ts";
import type { Frame } from "../frame/frame.ts";
import type { SchemaSpec } from "../frame/schema.ts";
import { toSha256 } from "../sha256.ts";
import type { StagedFrame } from "../store/publication.ts";
import type { ReadFrameOptions } from "../store/published-frame.ts";
import type { Store } from "../store/store.ts";
import { openObject } from "../store/stored-file.ts";
import { openVersion, type Version } from "../store/version.ts";
import type { FrameOrigin } from "./run-event.ts";

interface RunFramesOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** told when a frame had to be read another way than planned */
  readonly onWarning: (line: string) => void;
  /** the version to read from; the newest unless told */
  readonly version?: Version | undefined;
  /** names of frames for which CSVs of other tools are pinned as well */
  readonly frameNames?: readonly string[] | undefined;
  /** whether columns of large frames are read when they are needed: whoever asks for it looks at `isLost` */
  readonly isLazy?: boolean | undefined;
}

/** Tells the columns that a cell declares for its frame; undefined where it declares none. */
export type FindSchema = () => Promise<SchemaSpec | undefined>;

/** How a CSV of another tool is read that stands for a frame. */
type ForeignOptions = Pick<ReadFrameOptions, "findSchema" | "onCsv">;

/** A frame that a run computed. */
interface ComputedFrame {
  readonly frame: Frame;
  readonly cell: string;
  /** of that cell and all that is above it */
  readonly codeHash: string;
}

/** A frame that a run read, and where it came from. */
interface FrameRead {
  readonly name: string;
  readonly frame: Frame;
  readonly origin: FrameOrigin;
}

/** A frame that a run read of its version, as it was published. */
interface ReadBack {
  readonly frame: Frame;
  /** of its CSV */
  readonly sha256: string;
}

/** The frames one run reads, all from one version, and those it stages for publication at its end. */
export class RunFrames {
  readonly #options: RunFramesOptions;
  readonly #staged = new Map<string, StagedFrame>();
  readonly #readBack = new Map<string, ReadBack>();
  #version: Promise<Version> | undefined;
  #isLazy: boolean;
  #isLost = false;

  constructor(options: RunFramesOptions) {
    this.#options = options;
    this.#isLazy = options.isLazy === true;
    if (options.version !== undefined) this.#version = Promise.resolve(options.version);
  }

  /** Frames that the run publishes when it ends well. */
  get staged(): ReadonlyMap<string, StagedFrame> {
    return this.#staged;
  }

  /** The frames that the run has read of its version, by name. */
  get readBack(): ReadonlyMap<string, ReadBack> {
    return this.#readBack;
  }

  /**
   * Whether a column was needed that no file of the version has undamaged: from now on frames are
   * read as a whole, which may give those of an earlier version.
   */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The version that the run reads from, pinned at the first call; undefined before it. */
  get pinned(): Promise<Version> | undefined {
    return this.#version;
  }

  version(): Promise<Version> {
    const { store, signal, frameNames: frames } = this.#options;
    this.#version ??= openVersion(store, { signal, frames });
    return this.#version;
  }

  /** The bytes of what another tool has written below the store. @throws {HexError} HEX_KEY_INVALID */
  openObject(key: string): ByteSource {
    return openObject(this.#options.store, key);
  }

  /**
   * The frame staged in this run, or else the published one, or else a CSV of another tool.
   * @throws {HexError} HEX_NOT_COMPUTED
   */
  async read(
    { frame: name, flags, formerly }: Variant,
    foreign: ForeignOptions = {},
  ): Promise<FrameRead> {
    const staged = this.#staged.get(name);
    if (staged !== undefined) {
      const { frame, computedAt, codeHash } = staged;
      return { name, frame, origin: { version: null, computedAt, codeHash: codeHash ?? null } };
    }
    const read =
      (await this.#readPublished(name, foreign)) ?? (await this.#readFormer(formerly, foreign));
    if (read !== undefined) return read;
    throw new HexError(
      "HEX_NOT_COMPUTED",
      `Expected frame ${name} to be published in ${this.#options.store.location}, got nothing (run \`hex run --context logic${flags}\` to compute and publish it)`,
    );
  }

  #lose(): void {
    this.#isLost = true;
    this.#isLazy = false;
  }

  async #readPublished(name: string, foreign: ForeignOptions): Promise<FrameRead | undefined> {
    const { signal, onWarning } = this.#options;
    const version = await this.version();
    const lazily = this.#isLazy ? { onLost: () => this.#lose() } : undefined;
    const read = await version.readFrame(name, { signal, onWarning, lazily, ...foreign });
    if (read === undefined) return undefined;
    const { frame, generation, computedAt, codeHash, source, tag } = read;
    const sha256 = source === "version" ? version.frames().get(name)?.csv.sha256 : undefined;
    if (sha256 !== undefined) this.#readBack.set(name, { frame, sha256 });
    return { name, frame, origin: { version: generation, computedAt, codeHash, tag } };
  }

  /** A frame with a state is of a release that would have named it otherwise. */
  async #readFormer(
    name: string | undefined,
    foreign: ForeignOptions,
  ): Promise<FrameRead | undefined> {
    if (name === undefined) return undefined;
    const { state } = (await this.version()).frames().get(name) ?? {};
    return state === undefined ? this.#readPublished(name, foreign) : undefined;
  }

  /** @throws {HexError} HEX_CELL_FAILED when two cells write one frame in a run */
  stage(name: string, computed: ComputedFrame): void {
    this.restage(name, { ...computed, computedAt: new Date(this.#options.now()).toISOString() });
  }

  /** Stages a frame that another run has computed. @throws {HexError} as `stage` */
  restage(name: string, staged: StagedFrame): void {
    const { cell } = staged;
    const writer = this.#staged.get(name)?.cell;
    if (writer !== undefined && writer !== cell) {
      throw expectation("HEX_CELL_FAILED", {
        place: `frame ${name}`,
        expected: "written by one cell",
        got: `cells ${writer} and ${cell}`,
        hint: "give one of them another frame name",
      });
    }
    this.#staged.set(name, staged);
  }
}

/** An input that is part of a frame's key, with its value in this run and its default. */
export interface KeyInput {
  readonly name: string;
  readonly value: unknown;
  readonly initial: unknown;
}

/** A published frame's name, and the flags that make a run compute it. */
export interface Variant {
  readonly frame: string;
  readonly flags: string;
  /** its name with default inputs, as earlier releases have it, which named it by no values */
  readonly formerly?: string | undefined;
}

/** Which frame a cached cell publishes or reads: one for each choice of the inputs in its key. */
export function toVariant(frame: string, keyInputs: readonly KeyInput[]): Variant {
  const isDefault = keyInputs.every(
    ({ value, initial }) => encodeKey({ value }) === encodeKey({ value: initial }),
  );
  if (keyInputs.length === 0) return { frame, flags: "" };
  const encoded = encodeKey(Object.fromEntries(keyInputs.map(({ name, value }) => [name, value])));
  const named = `${frame}/${toVariantName(encoded, toSha256)}`;
  if (isDefault) return { frame: named, flags: "", formerly: frame };
  const flags = keyInputs.map(({ name, value }) => ` --input ${name}=${toFlag(value)}`).join("");
  return { frame: named, flags };
}

/** The frame of which a name is a variant; undefined for the name of no variant. */
export function frameOfVariant(name: string): string | undefined {
  return /^(.+)\/[A-Za-z0-9_-]+\.[0-9a-f]{32}$/.exec(name)?.[1];
}

function toFlag(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
