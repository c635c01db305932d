import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpFailure } from "./http-failure.ts";

/**
 * Calls once, when an answer has left or its connection is gone, whichever is first. Of several
 * answers on one connection only the one that is on its way is told that the connection is gone.
 */
export function whenOver(
  { raw: { socket } }: FastifyRequest,
  { raw }: FastifyReply,
  end: () => void,
): void {
  const waiting = findWaiting(socket);
  const endOnce = () => {
    if (waiting.delete(endOnce)) end();
  };
  waiting.add(endOnce);
  raw.once("close", endOnce);
}

/** Ends when the answer has left, or whoever asked no longer waits for it. */
export function untilGone(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenOver(request, reply, () => {
    gone.abort(new HttpFailure(499, "Expected a viewer who waits for the answer, got none"));
  });
  return gone.signal;
}

/** What is to be called when a connection is gone: one listener, however many requests it has. */
const waitingOn = new WeakMap<Socket, Set<() => void>>();

function findWaiting(socket: Socket): Set<() => void> {
  const known = waitingOn.get(socket);
  if (known !== undefined) return known;
  const waiting = new Set<() => void>();
  waitingOn.set(socket, waiting);
  socket.once("close", () => {
    for (const end of [...waiting]) end();
  });
  return waiting;
}
