import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply } from "fastify";

/** What is no longer than this goes out at once, with its length. */
const SHORT_BYTES = 2 ** 16;
/** A client that takes nothing for so long is dropped. */
const STUCK_MS = 30_000;

interface SendBlocksOptions {
  /** milliseconds; 30 s unless told */
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
  return sendTaken(reply, inTurns(first, others), stuckMs);
}

/** Answers with blocks that are made elsewhere, each when the client has taken those before. */
export function sendStream(
  reply: FastifyReply,
  first: readonly Uint8Array[],
  others: AsyncGenerator<Uint8Array, void, undefined>,
  { stuckMs = STUCK_MS }: SendBlocksOptions = {},
): FastifyReply {
  return sendTaken(reply, inOrder(first, others), stuckMs);
}

function sendTaken(reply: FastifyReply, blocks: AsyncIterable<Uint8Array>, stuckMs: number) {
  const drop = () => reply.raw.destroy();
  const stream = Readable.from(whileTaken(blocks, { drop, stuckMs }), {
    objectMode: false,
    highWaterMark: 1,
  });
  return reply.send(stream);
}

async function* inOrder(
  first: readonly Uint8Array[],
  others: AsyncGenerator<Uint8Array, void, undefined>,
) {
  yield* first;
  yield* others;
}

async function* inTurns(first: readonly Uint8Array[], others: Iterator<Uint8Array>) {
  yield* first;
  for (let next = others.next(); next.done !== true; next = others.next()) {
    yield next.value;
    // Others wait no longer than it takes to make one block.
    await nextTurn();
  }
}

interface Patience {
  readonly drop: () => void;
  readonly stuckMs: number;
}

/** The same blocks; whoever does not ask for the next one in time is dropped. */
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
