import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { CellOutput } from "../../run/cell-output.ts";
import { RunOutputs } from "../../work/run-output.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne, readWholeNumber, readWord } from "../query.ts";
import { gatherBlocks, sendBlocks, sendStream } from "../send.ts";
import type { Served } from "../served.ts";
import { API, findRecord } from "./addresses.ts";
import {
  OUTPUT_FORMATS,
  type OutputFormat,
  type OutputRequest,
  outputBlocks,
} from "./output-blocks.ts";

/** The most rows of one JSON page. */
export const LARGEST_PAGE = 10_000;
const FARTHEST_ROW = 999_999_999;
export const OUTPUT_USES = ["programs", "spreadsheet"] as const;

/** The route of whole outputs of cells. */
export function addOutputRoutes(app: FastifyInstance, served: Served): void {
  const outputs = new RunOutputs(served.runs);
  const known: KnownAnswers = new LRUCache({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ body }, key) => key.length + ENTRY_BYTES + (body?.length ?? 0),
  });
  const config = { auth: "read" } as const;
  app.get(
    `${API}/projects/:projectId/runs/:runId/cells/:name/output`,
    { config },
    (request, reply) => getOutput(request, reply, { ...served, outputs, known }),
  );
}

/** So much of all answers is kept ready to be sent, and so much of one. */
const KEPT_BYTES = 2 ** 25;
const LARGEST_KEPT_BYTES = 2 ** 18;
const ENTRY_BYTES = 200;

/** An answer that was given before: its content never changes. */
interface KnownAnswer {
  readonly etag: string;
  /** undefined for one that is too large to be kept, or was only named so far */
  body: Buffer | undefined;
}

/** By the content that they are of, and what was asked for. */
type KnownAnswers = LRUCache<string, KnownAnswer>;

interface ServedOutputs extends Served {
  readonly outputs: RunOutputs;
  readonly known: KnownAnswers;
}

async function getOutput(request: FastifyRequest, reply: FastifyReply, served: ServedOutputs) {
  const record = await findRecord(request, served);
  const asked = readRequest(request);
  const { name } = request.params as { readonly name: string };
  const { contentId, output, readFrame, checkKept, openCsv } = await served.outputs.read(
    record,
    name,
  );
  const key = JSON.stringify([contentId, asked]);
  const { etag, body: kept } = served.known.get(key) ?? { etag: toEtag(key), body: undefined };
  const headers = { etag, vary: "accept", "cache-control": "private, no-cache" };
  if (isKnown(request.headers["if-none-match"], etag)) {
    return reply.headers(headers).code(304).send();
  }
  if (output.kind !== "frame" && output.kind !== "chart") {
    const body = toValueBody(output, asked);
    return reply.headers(headers).type(CONTENT_TYPES.json).send(body);
  }
  if (kept !== undefined) await checkKept();
  const stored = isWholeCsv(asked) ? await openCsv() : undefined;
  const frame = kept === undefined && stored === undefined ? await readFrame() : undefined;
  reply.headers(headers).type(CONTENT_TYPES[asked.format]);
  if (asked.format !== "json") {
    // The name of a cell is made of letters, digits and underscores.
    const file = `${name}.${asked.format}`;
    reply.header("content-disposition", `attachment; filename="${file}"`);
  }
  if (stored !== undefined) return sendStream(reply, stored);
  if (frame === undefined) return reply.send(kept);
  const gathered = await gatherBlocks(outputBlocks(frame, output, asked), LARGEST_KEPT_BYTES);
  if (gathered.whole === undefined) return sendBlocks(reply, gathered.blocks);
  served.known.set(key, { etag, body: gathered.whole });
  return reply.send(gathered.whole);
}

/** @throws {HttpFailure} 400, 406 */
function readRequest({ query: written, headers }: FastifyRequest): OutputRequest {
  const query = written as Query;
  const format = readFormat(query, headers.accept);
  const hasLimit = readOne(query, "limit") !== undefined;
  const to = format === "json" ? LARGEST_PAGE : FARTHEST_ROW;
  const limit = readWholeNumber(query, "limit", { from: 1, to, unless: 1 });
  return {
    format,
    isForSpreadsheet: readWord(query, "for", OUTPUT_USES) === "spreadsheet",
    offset: readWholeNumber(query, "offset", { from: 0, to: FARTHEST_ROW, unless: 0 }),
    limit: hasLimit ? limit : undefined,
  };
}

/** Whether the CSV that is asked for is the one that a run publishes of the frame. */
function isWholeCsv({ format, isForSpreadsheet, offset, limit }: OutputRequest): boolean {
  return format === "csv" && !isForSpreadsheet && offset === 0 && limit === undefined;
}

function toValueBody(output: CellOutput, { format }: OutputRequest): Uint8Array {
  if (format === "json") return Buffer.from(JSON.stringify(output));
  const tables = OUTPUT_FORMATS.filter((each) => each !== "json").join(" and ");
  throw new HttpFailure(
    406,
    `Expected ${tables} to be asked of a frame or a chart, got a cell that shows ${output.kind} (ask for json)`,
  );
}

function toEtag(key: string): string {
  const hash = createHash("sha256").update(key);
  return `"${hash.digest("base64url").slice(0, 27)}"`;
}

function isKnown(header: string | undefined, etag: string): boolean {
  const known = (header ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}

/** The content type of each format. */
export const CONTENT_TYPES: Readonly<Record<OutputFormat, string>> = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  arrow: "application/vnd.apache.arrow.file",
};

/**
 * The format that a request asks for: by its query, or else by its Accept header.
 * @throws {HttpFailure} 400, 406
 */
function readFormat(query: Query, accept: string | undefined): OutputFormat {
  const format = readWord(query, "format", OUTPUT_FORMATS) ?? toAccepted(accept ?? "*/*");
  if (format !== undefined) return format;
  const known = OUTPUT_FORMATS.map((each) => CONTENT_TYPES[each].replace(/;.*/, ""));
  throw new HttpFailure(406, `Expected the Accept header to allow one of ${known.join(", ")}`);
}

interface MediaRange {
  readonly type: string;
  readonly weight: number;
}

/** The format with the most weight in an Accept header; among equals, the first of ours. */
function toAccepted(accept: string): OutputFormat | undefined {
  const accepted = accept.split(",").map(toMediaRange);
  const weighed = OUTPUT_FORMATS.map((format) => ({ format, weight: weigh(format, accepted) }));
  const [best] = weighed.toSorted((left, right) => right.weight - left.weight);
  return best !== undefined && best.weight > 0 ? best.format : undefined;
}

function toMediaRange(text: string): MediaRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((each) => each.startsWith("q="))?.slice(2);
  return { type, weight: weight === undefined ? 1 : Number(weight) || 0 };
}

/** The weight of the most exact range that a format matches. */
function weigh(format: OutputFormat, accepted: readonly MediaRange[]): number {
  const type = CONTENT_TYPES[format].replace(/;.*/, "");
  const ranges = [type, type.replace(/\/.*/, "/*"), "*/*"];
  for (const range of ranges) {
    const found = accepted.find((each) => each.type === range);
    if (found !== undefined) return found.weight;
  }
  return 0;
}
