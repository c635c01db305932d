import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import type { S3Location } from "../../src/store/location.ts";
import { s3Location } from "./scripted-s3.ts";

const LARGEST_SKEW_MS = 15 * 60_000;

/** A server whose clock is so many hours ahead of this machine's, and that accepts no request of another time. */
export async function startClockServer(hours: number): Promise<S3Location> {
  const now = () => Date.now() + hours * 3_600_000;
  const server = createServer((request, response) => {
    const isOnTime = Math.abs(now() - toMs(`${request.headers["x-amz-date"]}`)) < LARGEST_SKEW_MS;
    const body = isOnTime ? "ours" : "<Error><Code>RequestTimeTooSkewed</Code></Error>";
    request.resume().on("end", () => {
      response.writeHead(isOnTime ? 200 : 403, {
        date: new Date(now()).toUTCString(),
        etag: '"e"',
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return s3Location(`http://127.0.0.1:${port}`);
}

/** Reads `20261130T032039Z`. */
function toMs(text: string): number {
  return Date.parse(text.replace(/^(....)(..)(..T..)(..)/, "$1-$2-$3:$4:"));
}
