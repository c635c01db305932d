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
  #version: number | null | undefined;
  #build: PageBuild | undefined;

  /** @param version the one that the page was told of last, when it listens again */
  constructor(version: number | undefined) {
    this.#version = version;
  }

  /** The next thing to tell, or undefined as long as nothing is new. */
  next({ look, version, run, build }: PageSight): PageEvent | undefined {
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
    if (!this.#isNew(version, look)) return undefined;
    this.#version = version;
    return version === null ? undefined : { type: "version-published", version };
  }

  /**
   * A page that opens fetches the newest version at the same time: that one is told a look later,
   * in case it has just missed it.
   */
  #isNew(version: number | null, look: number): boolean {
    if (this.#version === undefined && look === this.#first) return false;
    return version !== this.#version;
  }
}
