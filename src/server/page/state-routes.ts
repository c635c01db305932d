import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HexError } from "../../errors.ts";
import type { PageState, PageViewer } from "../../page/page-state.ts";
import { toPageData } from "../../page/to-page-state.ts";
import { openVersion, type Version } from "../../store/version.ts";
import { type Caller, mayDo } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne } from "../query.ts";
import { sendBlocks } from "../send-blocks.ts";
import type { ServedPage } from "./served-page.ts";

/** Everything that a page opens on; no cell runs to tell it, and nothing waits for a run. */
export function addStateRoutes(app: FastifyInstance, page: ServedPage): void {
  app.get("/page/state", { config: { auth: "view" } }, async (request, reply) => {
    const number = readVersionNumber(request.query as Query);
    const described = await page.project.recent();
    const version = number === undefined ? await page.newest.read() : await pin(number, page);
    const [content, run, failure] = await Promise.all([
      page.contents.read(version, described),
      page.publishing.readRun(described.cells),
      page.publishing.readFailure(version, described.cells),
    ]);
    warm(page, version);
    const viewer = toViewer(request);
    const mayKnow = viewer.mayRefresh;
    const head = {
      ...content.head,
      data: toPageData(content.facts, page.now()),
      run,
      failure: failure && (mayKnow ? failure : { ...failure, message: null }),
      viewer,
    } satisfies Omit<PageState, "cells">;
    return sendState(request, reply, { head: page.runs.redact(head), content });
  });
}

/** What viewers ask next is answered sooner by a process that has read what cells read. */
function warm({ light, warmed }: ServedPage, { number }: Version): void {
  if (warmed.version === number) return;
  warmed.version = number;
  void light.warm(number);
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
async function pin(number: number, { runs, newest }: ServedPage): Promise<Version> {
  const known = await newest.read();
  if (known.number === number) return known;
  try {
    return await openVersion(runs.store, { generation: number });
  } catch (thrown) {
    if (!(thrown instanceof HexError) || thrown.code !== "HEX_USAGE") throw thrown;
    throw new HttpFailure(410, `Expected version ${number} to be kept, got one that is not`);
  }
}

function toViewer({ caller }: FastifyRequest): PageViewer {
  if (caller === null) throw new Error("a route of the page has let somebody unknown in");
  return {
    mayRefresh: mayDo(caller, "run"),
    maySeeRuns: mayDo(caller, "read"),
    mayRollBack: mayDo(caller, "admin"),
    maySignIn: isAnyone(caller),
    isSignedIn: caller.isSignedIn === true,
  };
}

function isAnyone({ scopes, token }: Caller): boolean {
  return scopes.length === 0 && token === undefined;
}

interface Answer {
  readonly head: Omit<PageState, "cells">;
  readonly content: { readonly cells: Uint8Array; readonly contentId: string };
}

/** The cells are sent as they stand in memory: they are made once, for all viewers. */
function sendState(request: FastifyRequest, reply: FastifyReply, { head, content }: Answer) {
  const { data } = head;
  const same = { ...head, data: data && { ...data, ageMs: 0 } };
  const hash = createHash("sha256").update(JSON.stringify([same, content.contentId]));
  const etag = `"${hash.digest("base64url").slice(0, 27)}"`;
  reply.headers({ etag, vary: "cookie, authorization", "cache-control": "private, no-cache" });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  reply.type("application/json; charset=utf-8");
  const start = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"cells":`);
  return sendBlocks(reply, blocksOf([start, content.cells, Buffer.from("}")]));
}

const BLOCK_LENGTH = 2 ** 16;

function* blocksOf(pieces: readonly Uint8Array[]) {
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += BLOCK_LENGTH) {
      yield piece.subarray(start, start + BLOCK_LENGTH);
    }
  }
}
