import { toMessage } from "../../errors.ts";
import type { PageBuild, PageRun } from "../../page/page-state.ts";
import type { ServedPage } from "./served-page.ts";

/** What open pages have to know, as it is now. */
export interface PageSight {
  /** rises with every look */
  readonly look: number;
  /** the newest one; null as long as no run has published */
  readonly version: number | null;
  /** its id, which tells versions of one number apart; null as long as there is nothing to see */
  readonly commit: string | null;
  readonly run: PageRun | null;
  readonly build: PageBuild;
}

type Watched = Pick<ServedPage, "newest" | "publishing" | "project" | "runs" | "log" | "builds">;

/** How often is looked while nothing goes, and while a run does. */
const IDLE_MS = 1_000;
const RUN_MS = 300;

/** Looks for new versions and runs as long as any page listens, however many they are. */
export class PageWatch {
  readonly #page: Watched;
  readonly #listeners = new Set<() => void>();
  #sight: PageSight | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** something has changed since the look began that goes on */
  #isDue = false;
  #looks = 0;

  constructor(page: Watched) {
    this.#page = page;
  }

  /** undefined before the first look */
  get sight(): PageSight | undefined {
    return this.#sight;
  }

  /** Calls back after every look, until the function that it gives is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.look();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      // What was seen is no longer kept up to date.
      this.#sight = undefined;
    };
  }

  /** Looks now, when anybody listens: something has changed. */
  look(): void {
    if (this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    this.#isDue = this.#looking !== undefined;
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
      clearTimeout(this.#timer);
      if (this.#listeners.size === 0) return;
      if (this.#isDue) this.look();
      else this.#timer = setTimeout(() => this.look(), this.#sight?.run ? RUN_MS : IDLE_MS);
    });
  }

  async #lookOnce(): Promise<void> {
    try {
      const seen = await this.#see();
      if (this.#listeners.size === 0) return;
      this.#sight = seen;
      for (const listener of this.#listeners) listener();
    } catch (error) {
      this.#page.log({ level: "warn", event: "page-unseen", message: toMessage(error) });
    }
  }

  async #see(): Promise<PageSight> {
    const { newest, publishing, project, runs, builds } = this.#page;
    const described = await project.recent();
    const build = await builds.read(described);
    const run = await publishing.readRun(described.cells);
    const before = this.#sight?.run;
    // What it has published, or why it has not, is to be seen at once.
    if (before && before.runId !== run?.runId) {
      newest.forget();
      publishing.forget();
    }
    const { number: version, id: commit } = await newest.read();
    this.#looks += 1;
    return { look: this.#looks, version, commit, run: run && runs.redact(run, "progress"), build };
  }
}
