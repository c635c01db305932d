import { expectation, HexError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { openVersion, type Version } from "../store/version.ts";
import type { ViewerState } from "./ask.ts";
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

/** Versions of a project, each opened once by its number and its commit. */
export class PinnedVersions {
  readonly #store: Store;
  readonly #around: Omit<PublishedCellsOptions, "version">;
  readonly #held = new Map<string, Promise<OpenedVersion>>();
  #newest: { readonly version: Promise<Version>; readonly openedMs: number } | undefined;

  constructor(store: Store, around: Omit<PublishedCellsOptions, "version">) {
    this.#store = store;
    this.#around = around;
  }

  /**
   * The version of a number and a commit, or, for those who know of none, the newest one.
   * @throws {HexError} HEX_OUTPUT_GONE when it is not kept any more; HEX_STORE_UNAVAILABLE,
   * HEX_STORE_DAMAGED
   */
  async open(wish: Wish): Promise<OpenedVersion> {
    if (wish.version !== null && wish.commit !== null) return this.#openOnce(wish);
    const found = await (wish.version === null ? this.#openNewest() : this.#find(wish));
    return this.#openOnce({ version: found.number, commit: found.commit?.commitId ?? null }, found);
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
      return await openVersion(this.#store, {
        generation: number ?? undefined,
        commitId: commit ?? undefined,
      });
    } catch (thrown) {
      if (!(thrown instanceof HexError) || thrown.code !== "HEX_USAGE") throw thrown;
      const place = `version ${number}`;
      // Somebody looks at it, so that a store without any version has been one with versions.
      if ((await openVersion(this.#store)).number === null) {
        const [expected, got] = ["in the store", "a store in which nothing is published"];
        throw expectation("HEX_STORE_UNAVAILABLE", { place, expected, got }, { cause: thrown });
      }
      const hint = "reload the page to see the newest one";
      throw expectation(
        "HEX_OUTPUT_GONE",
        { place, expected: "kept", got: "one that is there no more", hint },
        { cause: thrown },
      );
    }
  }

  #openNewest(): Promise<Version> {
    const nowMs = performance.now();
    if (this.#newest === undefined || nowMs - this.#newest.openedMs > FRESH_MS) {
      const version = openVersion(this.#store);
      this.#newest = { version, openedMs: nowMs };
      version.catch(() => {
        this.#newest = undefined;
      });
    }
    return this.#newest.version;
  }
}
