import { expectation, HexError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { openVersion, type Version } from "../store/version.ts";
import { commitIdOf } from "../store/view-id.ts";
import type { ViewerState } from "./evaluation.ts";
import { PublishedCells, type PublishedCellsOptions } from "./published.ts";

/** A version that is open, with what its cells came to when it was published. */
export interface OpenedVersion {
  readonly version: Version;
  /** undefined where nothing was saved */
  readonly published: PublishedCells | undefined;
}

type Wish = Pick<ViewerState, "version" | "commit">;

/** So many versions stay open, whichever viewers look at. */
const VERSIONS_HELD = 4;
/** For so long the newest version is not looked up again. */
const FRESH_MS = 2_000;

function goneVersion(number: number | null, cause?: unknown): HexError {
  const place = number === null ? "what other tools had left in the store" : `version ${number}`;
  const hint = "reload the page to see the newest one";
  const told = { place, expected: "kept", got: "one that is there no more", hint };
  return expectation("HEX_OUTPUT_GONE", told, { cause });
}

/** Versions of a project, each opened once by its number and its commit. */
export class PinnedVersions {
  readonly #store: Store;
  readonly #around: Omit<PublishedCellsOptions, "version">;
  readonly #frames: readonly string[];
  readonly #held = new Map<string, Promise<OpenedVersion>>();
  #newest: { readonly version: Promise<Version>; readonly openedMs: number } | undefined;

  /** @param frames names of frames for which CSVs of other tools may stand */
  constructor(
    store: Store,
    {
      frames,
      ...around
    }: Omit<PublishedCellsOptions, "version"> & {
      readonly frames: readonly string[];
    },
  ) {
    this.#store = store;
    this.#around = around;
    this.#frames = frames;
  }

  /**
   * The version of a number and a commit, or, for those who know of none, the newest one.
   * @throws {HexError} HEX_OUTPUT_GONE when it is not kept any more; HEX_STORE_UNAVAILABLE,
   * HEX_STORE_DAMAGED
   */
  async open(wish: Wish): Promise<OpenedVersion> {
    if (wish.commit !== null) return this.#openOnce(wish);
    const found = await (wish.version === null ? this.#openNewest() : this.#find(wish));
    return this.#openOnce({ version: found.number, commit: found.id }, found);
  }

  #openOnce(wish: Wish, found?: Version): Promise<OpenedVersion> {
    const key = JSON.stringify([wish.version, wish.commit]);
    const held = this.#held.get(key) ?? this.#open(found ?? this.#find(wish));
    this.#held.delete(key);
    this.#held.set(key, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > VERSIONS_HELD && oldest !== undefined) this.#held.delete(oldest);
    held.catch(() => this.#held.delete(key));
    return held;
  }

  async #open(finding: Version | Promise<Version>): Promise<OpenedVersion> {
    const version = await finding;
    return { version, published: await PublishedCells.open({ ...this.#around, version }) };
  }

  async #find({ version: number, commit }: Wish): Promise<Version> {
    try {
      const found = await openVersion(this.#store, {
        generation: number ?? undefined,
        commitId: commit === null ? undefined : commitIdOf(commit),
        frames: this.#frames,
      });
      if (commit === null || found.id === commit) return found;
    } catch (thrown) {
      if (!(thrown instanceof HexError) || thrown.code !== "HEX_USAGE") throw thrown;
      // Somebody looks at it, so that a store without any version has been one with versions.
      if ((await openVersion(this.#store)).number === null) {
        const place = `version ${number}`;
        const [expected, got] = ["in the store", "a store in which nothing is published"];
        throw expectation("HEX_STORE_UNAVAILABLE", { place, expected, got }, { cause: thrown });
      }
      throw goneVersion(number, thrown);
    }
    throw goneVersion(number);
  }

  #openNewest(): Promise<Version> {
    const nowMs = performance.now();
    if (this.#newest === undefined || nowMs - this.#newest.openedMs > FRESH_MS) {
      const version = openVersion(this.#store, { frames: this.#frames });
      this.#newest = { version, openedMs: nowMs };
      version.catch(() => {
        this.#newest = undefined;
      });
    }
    return this.#newest.version;
  }
}
