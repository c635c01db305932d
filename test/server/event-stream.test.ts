import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { EventStream, type EventStreamOptions } from "../../src/server/event-stream.ts";
import { until } from "../work/project-processes.ts";

interface Opened {
  readonly stream: EventStream;
  readonly raw: ServerResponse;
  readonly answer: IncomingMessage;
}

/** A stream over a real connection; its client reads nothing before it is told to. */
async function openStream(options: Partial<EventStreamOptions>): Promise<Opened> {
  let opened: Pick<Opened, "stream" | "raw"> | undefined;
  const server = createServer((_, raw) => {
    const [onReady, onClose, isAllowed] = [() => {}, () => {}, async () => true];
    opened = { raw, stream: new EventStream(raw, { onReady, onClose, isAllowed, ...options }) };
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const asking = request({ port, host: "127.0.0.1" }).end();
  asking.on("error", () => undefined);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  answer.on("error", () => undefined);
  if (opened === undefined) throw new Error("the server has answered by now");
  return { ...opened, answer };
}

const event = { name: "line-logged", data: { text: "x".repeat(1_000) }, id: "1-1" };

test("a client that never reads has little waiting for it, and is dropped", async () => {
  let isClosed = false;
  const onClose = () => {
    isClosed = true;
  };
  const { stream, raw } = await openStream({ onClose, stuckMs: 200 });

  let mostBytes = 0;
  await until("the client is dropped", () => {
    while (stream.isReady) stream.send(event);
    mostBytes = Math.max(mostBytes, raw.writableLength);
    return isClosed;
  });

  expect(mostBytes).toBeLessThan(100_000);
  expect(raw.destroyed).toBe(true);
});

test("a client that reads again is told more", async () => {
  let readies = 0;
  const onReady = () => {
    readies += 1;
  };
  const { stream, answer } = await openStream({ onReady });
  while (stream.isReady) stream.send(event);

  answer.resume();

  await until("the client has taken what was sent", () => readies > 0 && stream.isReady);
});

test("a client that may no longer listen is sent away at the next beat", async () => {
  const { answer } = await openStream({ beatMs: 20, isAllowed: async () => false });
  answer.resume();

  await once(answer, "end");
});

test("a client is sent away when nobody can say whether it may listen", async () => {
  const isAllowed = async () => {
    throw new Error("the store does not answer");
  };
  const { answer } = await openStream({ beatMs: 20, isAllowed });
  answer.resume();

  await once(answer, "end");
});

test("beats keep a quiet connection alive", async () => {
  const { answer } = await openStream({ beatMs: 20 });
  let text = "";
  answer.setEncoding("utf8").on("data", (part) => {
    text += part;
  });

  await until("two beats came", () => text.split(": still here\n\n").length > 2);
  expect(text.startsWith("retry: 2000\n\n")).toBe(true);
});
