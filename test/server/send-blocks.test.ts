import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { sendBlocks } from "../../src/server/send.ts";
import { until } from "../work/project-processes.ts";

/** A server that answers with blocks, and how many of them it has made. */
async function serveBlocks(most: number, stuckMs: number) {
  const made = { blocks: 0, isClosed: false };
  function* blocks() {
    for (; made.blocks < most; made.blocks++) yield new Uint8Array(2 ** 15).fill(made.blocks);
  }
  const app = fastify();
  app.get("/", async (_, reply) => {
    reply.raw.once("close", () => {
      made.isClosed = true;
    });
    return sendBlocks(reply, blocks(), { stuckMs });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  return { made, port: (app.server.address() as AddressInfo).port };
}

async function ask(port: number): Promise<IncomingMessage> {
  const asking = request({ host: "127.0.0.1", port }).end();
  asking.on("error", () => undefined);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return answer.on("error", () => undefined);
}

test("a client that never reads is dropped, and hardly anything is made for it", async () => {
  const { made, port } = await serveBlocks(100_000, 300);

  await ask(port);

  await until("the client is dropped", () => made.isClosed);
  // What the system's own buffers of a connection hold is not ours to choose.
  expect(made.blocks).toBeLessThan(1_000);
});

test("a client that reads gets every byte", async () => {
  const { port } = await serveBlocks(200, 30_000);

  let sizeBytes = 0;
  for await (const part of await ask(port)) sizeBytes += part.length;

  expect(sizeBytes).toBe(200 * 2 ** 15);
});

test("what is short comes at once, with its length", async () => {
  const { port } = await serveBlocks(1, 30_000);

  const { headers } = await ask(port);

  expect(headers["content-length"]).toBe(`${2 ** 15}`);
});
