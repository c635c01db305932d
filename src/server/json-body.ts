import type { FastifyInstance } from "fastify";
import { HttpFailure } from "./http-failure.ts";
import { parseJsonText } from "./json-text.ts";

/** The most that is read of a body. */
const BODY_LIMIT_BYTES = 2 ** 20;

const JSON_TYPE = /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

/**
 * Reads every body by one rule, whatever its content type says: nothing is nothing, and anything
 * else has to be JSON and to say so. `undefined` stands for an empty body.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "*",
    { parseAs: "buffer", bodyLimit: BODY_LIMIT_BYTES },
    async ({ headers }: { readonly headers: BodyHeaders }, body: Buffer) =>
      body.length === 0 ? undefined : parseBody(headers, body),
  );
}

interface BodyHeaders {
  readonly "content-type"?: string | undefined;
  readonly "content-encoding"?: string | string[] | undefined;
}

function parseBody(headers: BodyHeaders, body: Buffer): unknown {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = headers;
  if (encoding !== "identity") {
    throw new HttpFailure(415, "Expected the body to be as it is, got a compressed one");
  }
  if (!JSON_TYPE.test(type)) {
    throw new HttpFailure(
      415,
      "Expected the body to be JSON, under the content type application/json, got another",
    );
  }
  return parseJsonText(decode(body));
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new HttpFailure(400, "Expected the body to be text in UTF-8, got other bytes");
  }
}
