import { createHash } from "node:crypto";
import { toMessage } from "../../errors.ts";
import type { PageAssets } from "../../page/page-assets.ts";
import type { PageBuild, PageRun } from "../../page/page-state.ts";
import type { Config } from "../../project/config.ts";
import type { Described } from "../../work/described-project.ts";
import type { ServedPage } from "./served-page.ts";

/** The current state of the project, as open pages need it. */
export interface PageSnapshot {
  /** rises with every look */
  readonly look: number;
  /** the newest one; null as long as no run has published */
  readonly version: number | null;
  /** its id: versions of one number may differ; null as long as there is nothing to see */
  readonly commit: string | null;
  readonly run: PageRun | null;
  readonly build: PageBuild;
}

type Watched = Pick<ServedPage, "newest" | "publishing" | "project" | "runs" | "log" | "builds">;

/** Pauses between looks, without and with a running run. */
const IDLE_MS = 1_000;
const RUN_MS = 300;

/** Looks for new versions and runs for all open pages, as long as there is one. */
export class PageWatch {
  readonly #page: Watched;
  readonly #listeners = new Set<() => void>();
  #snapshot: PageSnapshot | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** something has changed since the current look began */
  #isDue = false;
  #looks = 0;

  constructor(page: Watched) {
    this.#page = page;
  }

  /** undefined before the first look */
  get snapshot(): PageSnapshot | undefined {
    return this.#snapshot;
  }

  /** Calls back after every look, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.look();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      this.#snapshot = undefined;
    };
  }

  /** Looks now if any page listens: something has changed. */
  look(): void {
    if (this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    this.#isDue = this.#looking !== undefined;
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
      clearTimeout(this.#timer);
      if (this.#listeners.size === 0) return;
      if (this.#isDue) this.look();
      else this.#timer = setTimeout(() => this.look(), this.#snapshot?.run ? RUN_MS : IDLE_MS);
    });
  }

  async #lookOnce(): Promise<void> {
    try {
      const seen = await this.#see();
      if (this.#listeners.size === 0) return;
      this.#snapshot = seen;
      for (const listener of this.#listeners) listener();
    } catch (error) {
      this.#page.log({ level: "warn", event: "page-unseen", message: toMessage(error) });
    }
  }

  async #see(): Promise<PageSnapshot> {
    const { newest, publishing, project, runs, builds } = this.#page;
    const described = await project.recent();
    const build = await builds.read(described);
    const run = await publishing.readRun(described.cells);
    const before = this.#snapshot?.run;
    // A run has ended: its version or its failure is read at once.
    if (before && before.runId !== run?.runId) {
      newest.forget();
      publishing.forget();
    }
    const { number: version, id: commit } = await newest.read();
    this.#looks += 1;
    return { look: this.#looks, version, commit, run: run && runs.redact(run, "progress"), build };
  }
}

/** The build of the served page: open pages reload when it changes. */
export class PageBuilds {
  readonly #config: Pick<Config, "name" | "page" | "inputs">;
  readonly #readAssets: () => Promise<PageAssets | undefined>;
  #known: { readonly described: Described; readonly build: PageBuild } | undefined;

  constructor(
    config: Pick<Config, "name" | "page" | "inputs">,
    readAssets: () => Promise<PageAssets | undefined>,
  ) {
    this.#config = config;
    this.#readAssets = readAssets;
  }

  async read(described: Described): Promise<PageBuild> {
    if (this.#known?.described === described) return this.#known.build;
    const { name, page, inputs } = this.#config;
    const cells = described.cells.map((cell) => [cell.name, cell.title, cell.codeHash]);
    const assets = await this.#readAssets();
    const build: PageBuild = {
      // The name of each file holds the hash of its content.
      code: toDigest([...(assets?.files.keys() ?? [])].sort()),
      app: toDigest([name, page, [...inputs], cells]),
    };
    this.#known = { described, build };
    return build;
  }
}

function toDigest(data: unknown): string {
  return createHash("sha256").update(JSON.stringify(data)).digest("base64url").slice(0, 16);
}
