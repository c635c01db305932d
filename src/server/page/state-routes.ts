import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { PromiseCache } from "../../project/promise-cache.ts";
import { needCaller } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne } from "../query.ts";
import { cutBlocks, findPacking, pack, sendBlocks } from "../send.ts";
import type { PageStates, ReadState } from "./read-state.ts";

/** States shorter than this fit into one packet as they are. */
const WORTH_PACKING = 1_024;
/** So much stays packed, in bytes as they were before: they take about a quarter of it. */
const MOST_PACKED = 2 ** 26;

/** The state of a page that opens, as JSON. */
export function addStateRoutes(app: FastifyInstance, states: PageStates): void {
  const packed = new PromiseCache<Uint8Array>(MOST_PACKED);
  app.get("/page/state", { config: { auth: "view" } }, async (request, reply) => {
    const number = readVersionNumber(request.query as Query);
    const state = await states.read(needCaller(request), number);
    return sendState(request, reply, { ...state, packed });
  });
}

const FARTHEST_VERSION = 999_999_999;

function readVersionNumber(query: Query): number | undefined {
  const text = readOne(query, "version");
  if (text === undefined) return undefined;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= FARTHEST_VERSION) return number;
  throw new HttpFailure(400, "Expected version to be a whole number from 1");
}

interface Answer extends ReadState {
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

const BLOCK_LENGTH = 2 ** 16;
