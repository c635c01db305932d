import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { HexError } from "../../errors.ts";
import type { PageState, PageViewer } from "../../page/page-state.ts";
import { toPageFreshness } from "../../page/to-page-state.ts";
import { PromiseCache } from "../../project/promise-cache.ts";
import type { Version } from "../../store/version.ts";
import { DAY, HOUR, MINUTE } from "../../text.ts";
import { isAnyone, mayDo, needCaller } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne } from "../query.ts";
import { cutBlocks, findPacking, pack, sendBlocks } from "../send.ts";
import type { ReadyContent } from "./page-contents.ts";
import type { ServedPage } from "./served-page.ts";

/** States shorter than this fit into one packet as they are. */
const WORTH_PACKING = 1_024;
/** So much stays packed, in bytes as they were before: they take about a quarter of it. */
const MOST_PACKED = 2 ** 26;

/** The state of a page that opens: it needs no cell to run, and waits for no run. */
export function addStateRoutes(app: FastifyInstance, page: ServedPage): void {
  const packed = new PromiseCache<Uint8Array>(MOST_PACKED);
  const named = new NamedStates();
  app.get("/page/state", { config: { auth: "view" } }, async (request, reply) => {
    const number = readVersionNumber(request.query as Query);
    const described = await page.project.recent();
    const version = number === undefined ? await page.newest.read() : await pin(number, page);
    const [content, run, failure, build] = await Promise.all([
      page.contents.read(version, described),
      page.publishing.readRun(described.cells),
      page.publishing.readFailure(version, described.cells),
      page.builds.read(described),
    ]);
    warm(page, version);
    const viewer = toViewer(request);
    const mayKnow = viewer.mayRefresh;
    const head = {
      ...content.head,
      data: toPageFreshness(content.data, page.now()),
      run,
      failure: failure && (mayKnow ? failure : { ...failure, message: null }),
      viewer,
      build,
    } satisfies Omit<PageState, "cells">;
    const toHead = () => page.runs.redact(head, "page");
    const name = named.find({ head, toHead, content });
    return sendState(request, reply, { ...name, toHead, content, packed });
  });
}

/** Lets viewers' processes read the frames ahead, so that the next request is faster. */
function warm({ viewers, warmed }: ServedPage, { number, id }: Version): void {
  if (warmed.commit === id) return;
  warmed.commit = id;
  void viewers.warm(id === null ? null : { version: number, commit: id });
}

const FARTHEST_VERSION = 999_999_999;

function readVersionNumber(query: Query): number | undefined {
  const text = readOne(query, "version");
  if (text === undefined) return undefined;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= FARTHEST_VERSION) return number;
  throw new HttpFailure(400, "Expected version to be a whole number from 1");
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

function toViewer(request: FastifyRequest): PageViewer {
  const caller = needCaller(request);
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

interface Answer extends StateName, Pick<State, "toHead" | "content"> {
  readonly packed: PromiseCache<Uint8Array>;
}

/** The cells are sent as they stand in memory: they are made, and packed, once for all viewers. */
async function sendState(request: FastifyRequest, reply: FastifyReply, answer: Answer) {
  const { etag, sizeBytes, toHead, content, packed } = answer;
  const vary = "cookie, authorization, accept-encoding";
  reply.headers({ etag, vary, "cache-control": "private, no-cache" });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  reply.type("application/json; charset=utf-8");
  const toPieces = () => {
    const start = Buffer.from(`${JSON.stringify(toHead()).slice(0, -1)},"cells":`);
    return [start, content.cells, Buffer.from("}")];
  };
  const packing = sizeBytes < WORTH_PACKING ? undefined : findPacking(request);
  if (packing === undefined) return sendBlocks(reply, cutBlocks(toPieces(), BLOCK_LENGTH));
  reply.header("content-encoding", packing);
  const read = () => pack(Buffer.concat(toPieces()), packing, "kept");
  const kept = await packed.get(`${packing} ${etag}`, sizeBytes, read);
  if (kept.length <= BLOCK_LENGTH) return reply.send(kept);
  return sendBlocks(reply, cutBlocks([kept], BLOCK_LENGTH));
}

/** The age in the steps that a page shows: within a step the answer before is as good. */
function toAboutAge(ageMs: number | null): number | null {
  if (ageMs === null) return null;
  const stepMs = ageMs < HOUR ? MINUTE / 2 : ageMs < DAY ? 10 * MINUTE : HOUR;
  return ageMs - (ageMs % stepMs);
}

const BLOCK_LENGTH = 2 ** 16;
