import { LRUCache } from "lru-cache";
import { MANIFEST_KEY } from "./key.ts";
import type { FoundObject, Store } from "./store.ts";
import { type OpenVersionOptions, openVersion, type Version } from "./version.ts";

type VersionName = Pick<OpenVersionOptions, "generation" | "commitId">;

const VERSIONS_HELD = 16;
/** A manifest that is younger may be replaced without its tag telling: clocks of file systems tick slowly. */
const SETTLED_MS = 1_000;

/**
 * Versions of a store that were opened before. Each time it is made sure that the manifest in which they
 * were found is still the one that stands there, so that a version which is kept no more is never given.
 */
export class KnownVersions {
  readonly #store: Store;
  readonly #versions = new LRUCache<string, Version>({ max: VERSIONS_HELD });
  /** of the manifest in which they were found */
  #tag: string | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** As `openVersion`. @throws {HexError} as that */
  async open(name: VersionName): Promise<Version> {
    const key = JSON.stringify([name.generation, name.commitId]);
    if (this.#tag !== undefined && this.#store.peekTag?.(MANIFEST_KEY) === this.#tag) {
      const known = this.#versions.get(key);
      if (known !== undefined) return known;
    }
    // Looked for before it is read: what is read may be newer, never older than what is noted.
    const found = await this.#store.find(MANIFEST_KEY);
    const isSame = found?.tag === this.#tag;
    const known = isSame ? this.#versions.get(key) : undefined;
    if (found !== undefined && known !== undefined) return known;
    const version = await openVersion(this.#store, name);
    this.#note(key, version, found);
    return version;
  }

  #note(key: string, version: Version, found: FoundObject | undefined): void {
    const isSettled = found && Date.now() - found.modifiedAt.getTime() > SETTLED_MS;
    const tag = isSettled ? found.tag : undefined;
    if (tag !== this.#tag) this.#versions.clear();
    this.#tag = tag;
    if (tag !== undefined) this.#versions.set(key, version);
  }
}
