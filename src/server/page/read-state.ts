import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { HexError } from "../../errors.ts";
import type { PageState, PageViewer } from "../../page/page-state.ts";
import { toPageFreshness } from "../../page/to-page-state.ts";
import type { Version } from "../../store/version.ts";
import { DAY, HOUR, MINUTE } from "../../text.ts";
import { type Caller, isAnyone, mayDo } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import type { ReadyContent } from "./page-contents.ts";
import type { ServedPage } from "./served-page.ts";

/** The state of a page for one viewer, and its name. */
export interface ReadState extends StateName {
  /** all but the cells, without secrets */
  readonly toHead: () => Head;
  readonly content: ReadyContent;
}

/** Reads the states of pages that open: they need no cell to run, and wait for no run. */
export class PageStates {
  readonly #page: ServedPage;
  readonly #named = new NamedStates();

  constructor(page: ServedPage) {
    this.#page = page;
  }

  /**
   * @param number of a version; default: the newest one
   * @throws {HttpFailure} 410 when the version is not kept; HexError HEX_STORE_UNAVAILABLE
   */
  async read(caller: Caller, number?: number): Promise<ReadState> {
    const page = this.#page;
    const described = await page.project.recent();
    const version = number === undefined ? await page.newest.read() : await pin(number, page);
    const [content, run, failure, build] = await Promise.all([
      page.contents.read(version, described),
      page.publishing.readRun(described.cells),
      page.publishing.readFailure(version, described.cells),
      page.builds.read(described),
    ]);
    warm(page, version);
    const viewer = toViewer(caller);
    const head = {
      ...content.head,
      data: toPageFreshness(content.data, page.now()),
      run,
      failure: failure && (viewer.mayRefresh ? failure : { ...failure, message: null }),
      viewer,
      build,
    } satisfies Head;
    const toHead = () => page.runs.redact(head, "page");
    return { ...this.#named.find({ head, toHead, content }), toHead, content };
  }
}

/** Lets viewers' processes read the frames ahead, so that the next request is faster. */
function warm({ viewers, warmed }: ServedPage, { number, id }: Version): void {
  if (warmed.commit === id) return;
  warmed.commit = id;
  void viewers.warm(id === null ? null : { version: number, commit: id });
}

/** @throws {HttpFailure} 410 when the version is not kept */
async function pin(number: number, { newest }: ServedPage): Promise<Version> {
  try {
    return await newest.pin(number);
  } catch (thrown) {
    if (!(thrown instanceof HexError) || thrown.code !== "HEX_USAGE") throw thrown;
    throw new HttpFailure(410, `Expected version ${number} to be kept, got one that is not`);
  }
}

function toViewer(caller: Caller): PageViewer {
  return {
    mayRefresh: mayDo(caller, "run"),
    maySeeRuns: mayDo(caller, "read"),
    mayRollBack: mayDo(caller, "admin"),
    maySignIn: isAnyone(caller),
    isSignedIn: caller.isSignedIn === true,
  };
}

type Head = Omit<PageState, "cells">;

interface State {
  readonly head: Head;
  /** the head without secrets */
  readonly toHead: () => Head;
  readonly content: ReadyContent;
}

interface StateName {
  /** a weak one: it is of the same state, however that is packed */
  readonly etag: string;
  /** about the size of its JSON */
  readonly sizeBytes: number;
}

/** Kinds of viewers, in some states of the runs. */
const NAMES_HELD = 64;

/** Names states; one that is made of the same parts as one before is not hashed again. */
class NamedStates {
  readonly #known = new LRUCache<string, StateName & { readonly content: ReadyContent }>({
    max: NAMES_HELD,
  });

  find({ head, toHead, content }: State): StateName {
    const { data, run, failure, viewer, build } = toAbout(head);
    const key = JSON.stringify([data, run, failure, viewer, build]);
    const known = this.#known.get(key);
    if (known?.content === content) return known;
    const text = JSON.stringify([toAbout(toHead()), content.contentId]);
    const hash = createHash("sha256").update(text);
    const etag = `W/"${hash.digest("base64url").slice(0, 27)}"`;
    const sizeBytes = Buffer.byteLength(text) + content.cells.length;
    this.#known.set(key, { etag, sizeBytes, content });
    return { etag, sizeBytes };
  }
}

function toAbout(head: Head): Head {
  const { data } = head;
  return { ...head, data: data && { ...data, ageMs: toAboutAge(data.ageMs) } };
}

/** The age in the steps that a page shows: within a step the answer before is as good. */
function toAboutAge(ageMs: number | null): number | null {
  if (ageMs === null) return null;
  const stepMs = ageMs < HOUR ? MINUTE / 2 : ageMs < DAY ? 10 * MINUTE : HOUR;
  return ageMs - (ageMs % stepMs);
}
