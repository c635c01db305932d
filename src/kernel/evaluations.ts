import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import { expectation, HexError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { commitIdOf, openVersion, type Version } from "../store/version.ts";
import type { ViewerState } from "./evaluation.ts";
import { type FoundResult, PublishedCells, type PublishedCellsOptions } from "./published.ts";
import { goneError } from "./request.ts";

/** A version that is open, with the results of its publication. */
export interface OpenedVersion {
  readonly version: Version;
  /** undefined where nothing was saved */
  readonly published: PublishedCells | undefined;
}

type VersionQuery = Pick<ViewerState, "version" | "commit">;

interface VersionsOptions extends Omit<PublishedCellsOptions, "version"> {
  readonly store: Store;
  /** names of frames for which CSVs of other tools may stand */
  readonly frames: readonly string[];
}

/** The newest version is not looked up again for so long. */
const FRESH_MS = 2_000;

/** Versions of a project, each opened once by its number and its commit. */
export class PinnedVersions {
  readonly #options: VersionsOptions;
  readonly #opened = new LRUCache<string, Promise<OpenedVersion>>({ max: 4 });
  #newest: { readonly version: Promise<Version>; readonly openedMs: number } | undefined;

  constructor(options: VersionsOptions) {
    this.#options = options;
  }

  /**
   * The version of a number and a commit, or the newest one where the query names none.
   * @throws {HexError} HEX_OUTPUT_GONE when it is not kept any more; HEX_STORE_UNAVAILABLE,
   * HEX_STORE_DAMAGED
   */
  async open(query: VersionQuery): Promise<OpenedVersion> {
    if (query.commit !== null) return this.#openOnce(query);
    const found = await (query.version === null ? this.#openNewest() : this.#find(query));
    return this.#openOnce({ version: found.number, commit: found.id }, found);
  }

  #openOnce(query: VersionQuery, found?: Version): Promise<OpenedVersion> {
    const key = JSON.stringify([query.version, query.commit]);
    const opened = this.#opened.get(key) ?? this.#open(found ?? this.#find(query));
    this.#opened.set(key, opened);
    opened.catch(() => this.#opened.delete(key));
    return opened;
  }

  async #open(finding: Version | Promise<Version>): Promise<OpenedVersion> {
    const version = await finding;
    return { version, published: await PublishedCells.open({ ...this.#options, version }) };
  }

  async #find({ version: number, commit }: VersionQuery): Promise<Version> {
    const { store, frames } = this.#options;
    try {
      const found = await openVersion(store, {
        generation: number ?? undefined,
        commitId: commit === null ? undefined : commitIdOf(commit),
        frames,
      });
      if (commit === null || found.id === commit) return found;
    } catch (thrown) {
      if (!(thrown instanceof HexError) || thrown.code !== "HEX_USAGE") throw thrown;
      // A viewer looks at it, so that a store without any version has been one with versions.
      if ((await openVersion(store)).number === null) {
        const place = `version ${number}`;
        const [expected, got] = ["in the store", "a store in which nothing is published"];
        throw expectation("HEX_STORE_UNAVAILABLE", { place, expected, got }, { cause: thrown });
      }
      throw goneVersion(number, { cause: thrown });
    }
    throw goneVersion(number);
  }

  #openNewest(): Promise<Version> {
    const { store, frames } = this.#options;
    const nowMs = performance.now();
    if (this.#newest === undefined || nowMs - this.#newest.openedMs > FRESH_MS) {
      const version = openVersion(store, { frames });
      this.#newest = { version, openedMs: nowMs };
      version.catch(() => {
        this.#newest = undefined;
      });
    }
    return this.#newest.version;
  }
}

function goneVersion(number: number | null, options?: ErrorOptions): HexError {
  const place = number === null ? "what other tools had left in the store" : `version ${number}`;
  return goneError(place, "one", "reload the page to see the newest one", options);
}

/** One computation of the cells for one state. */
interface KnownEvaluation {
  readonly id: string;
  /** stands for the state */
  readonly state: string;
  readonly opened: OpenedVersion;
  /** name of a cell -> id of its result */
  readonly results: Map<string, string>;
}

/** The evaluations of this process; their results are cached as long as there is memory. */
export class Evaluations {
  readonly #byId = new LRUCache<string, KnownEvaluation>({
    max: 4_096,
    dispose: (evaluation) => {
      const { state } = evaluation;
      if (this.#byState.get(state) === evaluation) this.#byState.delete(state);
    },
  });
  /** a state -> its newest evaluation */
  readonly #byState = new Map<string, KnownEvaluation>();

  /**
   * The id of the evaluation in which a state has these results: the one before when they are the
   * same, and that of the version when they are those of its publication.
   */
  settle(state: string, opened: OpenedVersion, results: ReadonlyMap<string, FoundResult>): string {
    const { version, published } = opened;
    if (version.evaluation !== null && published?.holds(results)) return version.evaluation;
    const known = this.#byState.get(state);
    const isSame =
      known !== undefined &&
      [...results].every(([name, { result }]) => (known.results.get(name) ?? result) === result);
    const settled = isSame ? known : { id: randomUUID(), state, opened, results: new Map() };
    for (const [name, { result }] of results) settled.results.set(name, result);
    this.#byState.set(state, settled);
    this.#byId.set(settled.id, settled);
    return settled.id;
  }

  find(id: string): Pick<KnownEvaluation, "opened" | "results"> | undefined {
    return this.#byId.get(id);
  }
}
