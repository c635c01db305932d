import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
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
import type { ServedPage } from "./served-page.ts";

/** States shorter than this fit into one packet as they are. */
const WORTH_PACKING = 1_024;
/** So much stays packed, in bytes as they were before: they take about a quarter of it. */
const MOST_PACKED = 2 ** 26;

/** The state of a page that opens: it needs no cell to run, and waits for no run. */
export function addStateRoutes(app: FastifyInstance, page: ServedPage): void {
  const packed = new PromiseCache<Uint8Array>(MOST_PACKED);
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
    return sendState(request, reply, { head: page.runs.redact(head, "page"), content, packed });
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

interface Answer {
  readonly head: Omit<PageState, "cells">;
  readonly content: { readonly cells: Uint8Array; readonly contentId: string };
  readonly packed: PromiseCache<Uint8Array>;
}

/** The cells are sent as they stand in memory: they are made, and packed, once for all viewers. */
async function sendState(request: FastifyRequest, reply: FastifyReply, answer: Answer) {
  const { head, content, packed } = answer;
  const { data } = head;
  const same = { ...head, data: data && { ...data, ageMs: toAboutAge(data.ageMs) } };
  const hash = createHash("sha256").update(JSON.stringify([same, content.contentId]));
  // A weak one: it is of the same state, however that is packed.
  const etag = `W/"${hash.digest("base64url").slice(0, 27)}"`;
  const vary = "cookie, authorization, accept-encoding";
  reply.headers({ etag, vary, "cache-control": "private, no-cache" });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  reply.type("application/json; charset=utf-8");
  const start = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"cells":`);
  const pieces = [start, content.cells, Buffer.from("}")];
  const sizeBytes = start.length + content.cells.length + 1;
  const packing = sizeBytes < WORTH_PACKING ? undefined : findPacking(request);
  if (packing === undefined) return sendBlocks(reply, cutBlocks(pieces, BLOCK_LENGTH));
  reply.header("content-encoding", packing);
  const read = () => pack(Buffer.concat(pieces), packing, "kept");
  const kept = await packed.get(`${packing} ${etag}`, sizeBytes, read);
  return sendBlocks(reply, cutBlocks([kept], BLOCK_LENGTH));
}

/** The age in the steps that a page shows: within a step the answer before is as good. */
function toAboutAge(ageMs: number | null): number | null {
  if (ageMs === null) return null;
  const stepMs = ageMs < HOUR ? MINUTE / 2 : ageMs < DAY ? 10 * MINUTE : HOUR;
  return ageMs - (ageMs % stepMs);
}

const BLOCK_LENGTH = 2 ** 16;
