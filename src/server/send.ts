import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Shorter answers are sent at once, with their length. */
const SHORT_BYTES = 2 ** 16;
/** A client that takes nothing for so long is dropped. */
const STUCK_MS = 30_000;

interface SendBlocksOptions {
  /** milliseconds; default 30 s */
  readonly stuckMs?: number;
}

/** Answers with blocks, each made when the client has taken those before. */
export function sendBlocks(
  reply: FastifyReply,
  blocks: Iterable<Uint8Array>,
  { stuckMs = STUCK_MS }: SendBlocksOptions = {},
): FastifyReply {
  const others = blocks[Symbol.iterator]();
  const first: Uint8Array[] = [];
  for (let sizeBytes = 0; sizeBytes <= SHORT_BYTES; ) {
    const next = others.next();
    if (next.done === true) return reply.send(Buffer.concat(first));
    first.push(next.value);
    sizeBytes += next.value.length;
  }
  return sendStream(reply, inTurns(first, others), { stuckMs });
}

/**
 * Blocks in one piece, where they come to no more bytes than that; all of them otherwise, as far as they
 * were made. Others wait no longer than it takes to make one block.
 */
export async function gatherBlocks(
  blocks: Iterable<Uint8Array>,
  mostBytes: number,
): Promise<{ readonly whole?: Buffer; readonly blocks: Iterable<Uint8Array> }> {
  const others = blocks[Symbol.iterator]();
  const first: Uint8Array[] = [];
  for (let sizeBytes = 0; sizeBytes <= mostBytes; await nextTurn()) {
    const next = others.next();
    if (next.done === true) return { whole: Buffer.concat(first), blocks: first };
    first.push(next.value);
    sizeBytes += next.value.length;
  }
  return { blocks: chain(first, others) };
}

function* chain(first: readonly Uint8Array[], others: Iterator<Uint8Array>) {
  yield* first;
  for (let next = others.next(); next.done !== true; next = others.next()) yield next.value;
}

/** Answers with blocks that are made elsewhere, each when the client has taken those before. */
export function sendStream(
  reply: FastifyReply,
  blocks: AsyncIterable<Uint8Array>,
  { stuckMs = STUCK_MS }: SendBlocksOptions = {},
): FastifyReply {
  const drop = () => reply.raw.destroy();
  const taken = whileTaken(blocks, { drop, stuckMs });
  return reply.send(Readable.from(taken, { objectMode: false, highWaterMark: 1 }));
}

async function* inTurns(first: readonly Uint8Array[], others: Iterator<Uint8Array>) {
  yield* first;
  for (let next = others.next(); next.done !== true; next = others.next()) {
    yield next.value;
    // Others wait no longer than it takes to make one block.
    await nextTurn();
  }
}

/** Blocks of at most some bytes: a client that stops to read leaves no more than one waiting. */
export function* cutBlocks(blocks: Iterable<Uint8Array>, mostBytes: number) {
  for (const block of blocks) {
    for (let start = 0; start < block.length; start += mostBytes) {
      yield block.subarray(start, start + mostBytes);
    }
  }
}

interface Patience {
  readonly drop: () => void;
  readonly stuckMs: number;
}

/** The same blocks; a client that takes none in time is dropped. */
async function* whileTaken(blocks: AsyncIterable<Uint8Array>, { drop, stuckMs }: Patience) {
  for await (const block of blocks) {
    const timer = setTimeout(drop, stuckMs);
    try {
      yield block;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** How an answer may be packed, by the name that HTTP has for it; the better one first. */
const PACKINGS = ["br", "gzip"] as const;

export type Packing = (typeof PACKINGS)[number];

/** The best packing that the client accepts; undefined when it accepts none. */
export function findPacking({ headers }: Pick<FastifyRequest, "headers">): Packing | undefined {
  const words = String(headers["accept-encoding"] ?? "").split(",");
  return PACKINGS.find((name) => words.some((word) => TAKEN[name].test(word)));
}

const TAKEN: Readonly<Record<Packing, RegExp>> = {
  br: /^\s*br\s*(;\s*q=(0\.0*[1-9]|1).*)?$/,
  gzip: /^\s*gzip\s*(;\s*q=(0\.0*[1-9]|1).*)?$/,
};

/**
 * `quick` is for what one viewer gets and waits for, `kept` for what is packed once for all, and
 * `small` for what is to fit into the first packets of a connection.
 */
type PackingEffort = "quick" | "kept" | "small";

const BROTLI_QUALITY = { quick: 1, kept: 3, small: 6 } as const satisfies Record<
  PackingEffort,
  number
>;

const GZIP_LEVEL = { quick: 1, kept: 4, small: 6 } as const satisfies Record<PackingEffort, number>;

const toBrotli = promisify(brotliCompress);

const toGzip = promisify(gzip);

/** The bytes, packed by a thread of its own: the server goes on answering meanwhile. */
export function pack(bytes: Uint8Array, packing: Packing, effort: PackingEffort): Promise<Buffer> {
  if (packing === "gzip") return toGzip(bytes, { level: GZIP_LEVEL[effort] });
  return toBrotli(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY[effort],
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/** About as much as a new connection carries before it waits to hear that it has arrived. */
const WORTH_PACKING = 16_384;

/**
 * A hook of routes that answer with JSON: long answers are packed for those who can take it. An answer
 * never holds a secret beside what its asker has written, and other sites cannot ask for one: so its
 * length reveals nothing.
 */
export async function packLong(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (typeof payload !== "string" || payload.length < WORTH_PACKING) return payload;
  reply.header("vary", "accept-encoding");
  const packing = findPacking(request);
  if (packing === undefined) return payload;
  reply.header("content-encoding", packing);
  return pack(Buffer.from(payload), packing, "quick");
}
