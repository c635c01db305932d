import { expectation, HexError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import { openVersion, type Version } from "../../store/version.ts";

/** So many versions stay open, whichever viewers look at. */
const VERSIONS_HELD = 4;
/** For so long the newest version is not looked up again. */
const FRESH_MS = 2_000;

/** Versions of a project, each opened once by its number. */
export class PinnedVersions {
  readonly #store: Store;
  readonly #held = new Map<number, Promise<Version>>();
  #newest: { readonly version: Promise<Version>; readonly openedMs: number } | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The version of a number, or, for those who know of none, the newest one.
   * @throws {HexError} HEX_OUTPUT_GONE when it is not kept any more; HEX_STORE_UNAVAILABLE,
   * HEX_STORE_DAMAGED
   */
  async open(number: number | null): Promise<Version> {
    if (number === null) return this.#openNewest();
    const held = this.#held.get(number) ?? this.#openNumbered(number);
    this.#held.delete(number);
    this.#held.set(number, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > VERSIONS_HELD && oldest !== undefined) this.#held.delete(oldest);
    held.catch(() => this.#held.delete(number));
    return held;
  }

  async #openNumbered(number: number): Promise<Version> {
    try {
      return await openVersion(this.#store, { generation: number });
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
