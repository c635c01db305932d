import { createHash } from "node:crypto";
import { namesBelow } from "../../cell/graph.ts";
import {
  findPageData,
  type PageContent,
  type PageData,
  type PageFacts,
  toPageContent,
} from "../../page/to-page-state.ts";
import { planDescribed } from "../../project/project-description.ts";
import { PromiseCache } from "../../project/promise-cache.ts";
import { frameNames } from "../../project/secrets.ts";
import { parseSavedOutputs, type SavedOutputs } from "../../run/saved-outputs.ts";
import type { Version } from "../../store/version.ts";
import type { Described } from "../../work/described-project.ts";
import type { ProjectRuns } from "../../work/project-runs.ts";

/** The content of a version's page, ready to be sent. */
export interface ReadyContent {
  /** the published frames that it shows */
  readonly data: readonly PageData[];
  /** all but the cells */
  readonly head: Omit<PageContent, "cells">;
  /** the cells as JSON, which may be megabytes */
  readonly cells: Uint8Array;
  /** names this content, of which no other has the name */
  readonly contentId: string;
}

/** How many versions are cached: the newest, and some that open pages are pinned to. */
const VERSIONS_HELD = 3;

/** Contents of pages: made once for each version and each change of the cells. */
export class PageContents {
  readonly #runs: Pick<ProjectRuns, "config" | "redactor">;
  readonly #onWarning: (line: string) => void;
  readonly #saved = new PromiseCache<SavedOutputs | undefined>(VERSIONS_HELD);
  #ready = new PromiseCache<ReadyContent>(VERSIONS_HELD);
  #described: Described | undefined;

  constructor(runs: Pick<ProjectRuns, "config" | "redactor">, onWarning: (line: string) => void) {
    this.#runs = runs;
    this.#onWarning = onWarning;
  }

  /** @throws {HexError} HEX_STORE_UNAVAILABLE */
  async read(version: Version, described: Described): Promise<ReadyContent> {
    if (this.#described !== described) {
      this.#described = described;
      this.#ready = new PromiseCache(VERSIONS_HELD);
    }
    const ready = this.#ready;
    return ready.get(toKey(version), 1, async () => {
      const saved = await this.#readSaved(version);
      return this.#toReady(version, described, saved);
    });
  }

  #readSaved(version: Version): Promise<SavedOutputs | undefined> {
    return this.#saved.get(toKey(version), 1, async () => {
      const bytes = await version.readOutputs({ onWarning: this.#onWarning });
      return bytes && parseSavedOutputs(bytes);
    });
  }

  #toReady(version: Version, { cells }: Described, saved: SavedOutputs | undefined): ReadyContent {
    const { config, redactor } = this.#runs;
    redactor.spare(frameNames(version));
    const { number, id, publishedAt, commit, evaluation } = version;
    const configured = [...config.inputs].filter(toIsShown(cells));
    const facts: PageFacts = {
      config,
      cells,
      version: {
        number,
        commit: id,
        evaluation,
        publishedAt,
        frames: version.frames(),
        foreign: version.foreign(),
        saved: saved && toStanding(saved, { version, cells, configured }),
        defaults: commit?.defaults,
      },
    };
    const { cells: shown, ...head } = redactor.redact(toPageContent(facts), "page");
    const bytes = Buffer.from(JSON.stringify(shown));
    const contentId = createHash("sha256").update(JSON.stringify(head)).update(bytes);
    const data = findPageData(facts);
    return { data, head, cells: bytes, contentId: contentId.digest("base64url") };
  }
}

/** A version that was published anew under a number, as after the store was emptied, is another one. */
function toKey({ number, id }: Version): string {
  return `${number} ${id}`;
}

interface Viewed {
  readonly version: Version;
  readonly cells: Described["cells"];
  /** the configured values of the inputs on which a page hangs */
  readonly configured: readonly InputEntry[];
}

/** The outputs that a page may open on: those of the frames that are published. */
function toStanding(
  saved: SavedOutputs,
  { version, cells, configured }: Viewed,
): SavedOutputs | undefined {
  if (saved.inputs === null) {
    // An older run noted only what it was asked for.
    const asked = version.commit?.asked ?? version.commit?.inputs ?? {};
    const before = Object.entries(asked).filter(toIsShown(cells));
    return isSame(before, configured) ? saved : undefined;
  }
  const frames = version.frames();
  const isPublished = ([name, digest]: readonly [string, string]) =>
    frames.get(name)?.csv.sha256 === digest;
  const moving = findForeign(cells, version);
  const standing = saved.cells.filter(
    ({ name, state, shown }) =>
      !moving.has(name) &&
      Object.entries(state?.frames ?? {}).every(isPublished) &&
      (shown?.at !== "frame" || isPublished([shown.frame, shown.sha256])),
  );
  return { ...saved, cells: standing };
}

/** The cells that show what other tools have left: nobody knows of which content that was saved. */
function findForeign(cells: Described["cells"], version: Version): ReadonlySet<string> {
  const foreign = version.foreign();
  const isForeign = ({ name, kind, frame }: Described["cells"][number]) =>
    kind === "cached" && foreign.has(frame ?? name);
  const own = cells.filter(isForeign).map(({ name }) => name);
  return new Set([...own, ...namesBelow(cells, own)]);
}

type InputEntry = readonly [name: string, value: unknown];

/** Whether the page depends on an input: others only feed published frames. */
function toIsShown(cells: Described["cells"]): (entry: InputEntry) => boolean {
  const planned = planDescribed(cells, "app").cells;
  const pruned = new Set(
    planned.filter(({ action }) => action === "pruned").map(({ name }) => name),
  );
  return ([name]) => !pruned.has(name);
}

/** Whether two sets of values are equal in any order. */
function isSame(left: readonly InputEntry[], right: readonly InputEntry[]): boolean {
  const toText = (values: readonly InputEntry[]) =>
    JSON.stringify(values.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return toText(left) === toText(right);
}
