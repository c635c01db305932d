import { createHash } from "node:crypto";
import { HexError } from "../../errors.ts";
import type { PageState, PageViewer } from "../../page/page-state.ts";
import { toPageFreshness } from "../../page/to-page-state.ts";
import type { Version } from "../../store/version.ts";
import { DAY, HOUR, MINUTE } from "../../text.ts";
import { type Caller, isAnyone, mayDo } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import type { ReadyContent } from "./page-contents.ts";
import type { ServedPage } from "./served-page.ts";

/** The state of a page for one viewer. */
export interface ReadState {
  /** all but the cells */
  readonly head: Omit<PageState, "cells">;
  readonly content: ReadyContent;
  /** names the state: a weak one, since it is of the same state however that is packed */
  readonly etag: string;
}

/**
 * Reads the state of a page that opens: it needs no cell to run, and waits for no run.
 * @param number of a version; default: the newest one
 * @throws {HttpFailure} 410 when the version is not kept; HexError HEX_STORE_UNAVAILABLE
 */
export async function readState(
  page: ServedPage,
  caller: Caller,
  number?: number,
): Promise<ReadState> {
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
  const told = {
    ...content.head,
    data: toPageFreshness(content.data, page.now()),
    run,
    failure: failure && (viewer.mayRefresh ? failure : { ...failure, message: null }),
    viewer,
    build,
  } satisfies Omit<PageState, "cells">;
  const head = page.runs.redact(told, "page");
  return { head, content, etag: toEtag(head, content) };
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

function toEtag(head: ReadState["head"], { contentId }: ReadyContent): string {
  const { data } = head;
  const same = { ...head, data: data && { ...data, ageMs: toAboutAge(data.ageMs) } };
  const hash = createHash("sha256").update(JSON.stringify([same, contentId]));
  return `W/"${hash.digest("base64url").slice(0, 27)}"`;
}

/** The age in the steps that a page shows: within a step the answer before is as good. */
function toAboutAge(ageMs: number | null): number | null {
  if (ageMs === null) return null;
  const stepMs = ageMs < HOUR ? MINUTE / 2 : ageMs < DAY ? 10 * MINUTE : HOUR;
  return ageMs - (ageMs % stepMs);
}
