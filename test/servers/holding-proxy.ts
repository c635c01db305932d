import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** A server in front of another one, which keeps one request to itself until it is told to go on. */
export interface HoldingProxy {
  readonly endpoint: string;
  /** once the whole request has arrived here, and nothing of it at the other server */
  readonly isHolding: Promise<void>;
  letGo(): void;
}

/** Starts a proxy that holds the first request of that method whose path ends so. */
export async function startHoldingProxy(
  endpoint: string,
  held: { readonly method: string; readonly pathEnd: string },
): Promise<HoldingProxy> {
  const { promise: isHolding, resolve: tellHolding } = withResolve();
  const { promise: mayGo, resolve: letGo } = withResolve();
  let hasHeld = false;
  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const path = incoming.url?.split("?")[0] ?? "";
    if (!hasHeld && incoming.method === held.method && path.endsWith(held.pathEnd)) {
      hasHeld = true;
      tellHolding();
      await mayGo;
    }
    forward(incoming, body, endpoint, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    letGo();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { endpoint: `http://127.0.0.1:${port}`, isHolding, letGo };
}

/** With the headers as they came, which are signed. */
function forward(
  { method, url, headers: { expect: _answered, ...headers } }: IncomingMessage,
  body: Buffer,
  endpoint: string,
  response: ServerResponse,
): void {
  const { hostname, port } = new URL(endpoint);
  const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  onward.end(body);
}

function withResolve() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
