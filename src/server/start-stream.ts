import type { FastifyReply } from "fastify";

/** Takes an answer into our own hands, as a stream of events whose headers are written. */
export function startStream(reply: FastifyReply): FastifyReply["raw"] {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value ?? "");
  // Proxies that gather answers would keep events back.
  raw.setHeader("x-accel-buffering", "no");
  raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  return raw;
}
