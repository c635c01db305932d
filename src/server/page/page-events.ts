import { isDeepStrictEqual } from "node:util";
import type { PageBuild, PageEvent, PageRun } from "../../page/page-state.ts";
import type { PageSight } from "./page-watch.ts";

/**
 * What one open page has to hear: what the page is made of and the run that goes, at once, and
 * whatever changes. A page that is slow misses what has changed again meanwhile.
 */
export class PageEvents {
  #first: number | undefined;
  #run: PageRun | null | undefined;
  #commit: string | null | undefined;
  #build: PageBuild | undefined;

  /** @param commit of the version that the page was told of last, when it listens again */
  constructor(commit: string | undefined) {
    this.#commit = commit;
  }

  /** The next thing to tell, or undefined as long as nothing is new. */
  next({ look, version, commit, run, build }: PageSight): PageEvent | undefined {
    this.#first ??= look;
    if (!isDeepStrictEqual(build, this.#build)) {
      this.#build = build;
      return { type: "build-told", build };
    }
    if (this.#run === undefined ? run !== null : !isDeepStrictEqual(run, this.#run)) {
      this.#run = run;
      return { type: "run-changed", run };
    }
    this.#run = run;
    if (!this.#isNew(commit, look)) return undefined;
    this.#commit = commit;
    if (commit === null) return undefined;
    return { type: "version-published", version, commit };
  }

  /**
   * A page that opens fetches the newest version at the same time: that one is told a look later,
   * in case it has just missed it.
   */
  #isNew(commit: string | null, look: number): boolean {
    if (this.#commit === undefined && look === this.#first) return false;
    return commit !== this.#commit;
  }
}
