import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { S3Location } from "../../src/store/location.ts";

/** One answer of a server that is told what to say. */
export interface ScriptedAnswer {
  readonly status: number;
  /** the code in S3's error body */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** how it breaks off: "silence" sends nothing, "half" stops in the middle of the body */
  readonly fault?: "silence" | "half";
  /** what it waits for before it breaks off in the middle */
  readonly until?: Promise<void>;
}

export interface ScriptedServer {
  readonly location: S3Location;
  /** the requests so far, as `PUT /bucket/key` */
  readonly requests: readonly string[];
  /** how many bytes came with each of them */
  readonly sizes: readonly number[];
  /** which bytes each of them asked for, as `bytes=2-`; empty for all */
  readonly ranges: readonly string[];
}

/** Starts a server that gives these answers in turn, and the last one for ever. */
export async function scriptedS3(answers: readonly ScriptedAnswer[]): Promise<ScriptedServer> {
  const requests: string[] = [];
  const sizes: number[] = [];
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(`${request.method} ${request.url?.split("?")[0]}`);
    ranges.push(request.headers.range ?? "");
    let sizeBytes = 0;
    request.on("data", (block: Uint8Array) => {
      sizeBytes += block.length;
    });
    request.on("end", () => {
      sizes.push(sizeBytes);
      send(answer ?? { status: 500 }, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { location: s3Location(`http://127.0.0.1:${port}`), requests, sizes, ranges };
}

/** A location of a test, with nothing behind it but the endpoint. */
export function s3Location(endpoint: string, more: Partial<S3Location> = {}): S3Location {
  return {
    kind: "s3",
    bucket: "bucket",
    prefix: "app",
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: undefined,
    ...more,
  };
}

function send(answer: ScriptedAnswer, request: IncomingMessage, response: ServerResponse): void {
  const { status, code, headers, fault, until } = answer;
  if (fault === "silence") return;
  const error = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>secret words</Message></Error>`;
  const body = code === undefined ? (answer.body ?? "") : error;
  const sizeBytes = Buffer.byteLength(body) + (fault === "half" ? 1000 : 0);
  response.writeHead(status, { "content-length": sizeBytes, etag: '"e"', ...headers });
  if (fault === undefined) response.end(request.method === "HEAD" ? undefined : body);
  else {
    response.flushHeaders();
    response.write(body, async () => {
      await until;
      response.destroy();
    });
  }
}
