import type { FastifyInstance } from "fastify";
import { LONGEST_NUMBER } from "../frame/number-text.ts";
import { HttpFailure } from "./http-failure.ts";

/** The most that is read of a body. */
const BODY_LIMIT_BYTES = 2 ** 20;

const JSON_TYPE = /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

/**
 * Reads every body by one rule: an empty one is `undefined`, any other must be JSON with that content
 * type.
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

/** How deep and wide a JSON text may be. */
const MOST_DEPTH = 32;

const MOST_VALUES = 10_000;

/**
 * Reads a JSON text whose limits are checked before it is parsed, and whose numbers are those that
 * stand there: what JavaScript would round to infinity, to nothing or to another whole number is
 * refused.
 *
 * @throws {HttpFailure} 400, and 422 for such a number
 */
export function parseJsonText(text: string): unknown {
  checkLimits(text);
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpFailure(400, "Expected the body to be JSON, got something else");
  }
}

/** Scans the text once; parsing refuses what is no JSON. */
function checkLimits(text: string): void {
  const scan = /["\d[\]{},]/g;
  let depth = 0;
  let values = 1;
  for (let found = scan.exec(text); found !== null; found = scan.exec(text)) {
    const [sign] = found;
    depth += DEPTHS[sign] ?? 0;
    if (sign === ",") values += 1;
    if (depth > MOST_DEPTH) refuse(`nested at most ${MOST_DEPTH} deep`);
    if (values > MOST_VALUES) refuse(`of at most ${MOST_VALUES} values`);
    scan.lastIndex = toEnd(text, found.index, sign);
  }
}

const DEPTHS: Readonly<Record<string, number>> = { "{": 1, "[": 1, "}": -1, "]": -1 };

/** Where the string, number or sign ends that begins here. */
function toEnd(text: string, start: number, sign: string): number {
  if (sign === '"') return toEndOfString(text, start);
  return sign >= "0" && sign <= "9" ? toEndOfNumber(text, start) : start + 1;
}

function toEndOfString(text: string, start: number): number {
  const scan = /["\\]/g;
  scan.lastIndex = start + 1;
  for (let found = scan.exec(text); found !== null; found = scan.exec(text)) {
    if (found[0] === '"') return found.index + 1;
    scan.lastIndex = found.index + 2;
  }
  return text.length;
}

function toEndOfNumber(text: string, start: number): number {
  const scan = /[\d.eE+-]+/y;
  scan.lastIndex = start;
  const digits = scan.exec(text)?.[0] ?? "";
  if (digits.length > LONGEST_NUMBER) refuse(`of numbers of at most ${LONGEST_NUMBER} characters`);
  if (!isKept(digits)) {
    throw new HttpFailure(
      422,
      "Expected numbers that can be kept as they are, got one that cannot",
    );
  }
  return start + digits.length;
}

/** Whether a number is neither rounded to another whole one nor to infinity or nothing. */
function isKept(digits: string): boolean {
  const value = Number(digits);
  if (/^\d+$/.test(digits)) return Number.isSafeInteger(value);
  return value === 0 ? !/^[\d.]*[1-9]/.test(digits) : value !== Number.POSITIVE_INFINITY;
}

function refuse(rule: string): never {
  throw new HttpFailure(400, `Expected the body to be JSON ${rule}, got other JSON`);
}
