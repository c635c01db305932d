import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { TableReader } from "../kernel/evaluation.ts";
import { type Query, readOne } from "./query.ts";
import { parseCsvRequest, parseRowsRequest } from "./request-body.ts";
import { packLong, sendStream } from "./send.ts";
import { untilGone } from "./watch-requests.ts";

/** Where the rows of tables are asked for, and who answers. */
export interface TableRoutesOptions {
  /** the addresses are `<prefix>/rows` and `<prefix>/csv` */
  readonly prefix: string;
  readonly config: FastifyContextConfig;
  readonly reader: TableReader;
  /** refuses cells that are not for those who ask */
  readonly check?: (cell: string) => Promise<void>;
  /** what is answered, or why it cannot be, as the one who asks may know it */
  readonly respond?: <Answer>(
    request: FastifyRequest,
    answer: Promise<Answer>,
    cell: string,
  ) => Promise<Answer>;
}

/** Rows and downloads of shown tables. No cell runs for either. */
export function addTableRoutes(app: FastifyInstance, options: TableRoutesOptions): void {
  const { prefix, config, reader, check, respond = passThrough } = options;
  app.post(`${prefix}/rows`, { config, onSend: packLong }, async (request, reply) => {
    const ask = parseRowsRequest(request.body);
    await check?.(ask.cell);
    const answer = reader.rowsText(ask, { signal: untilGone(request, reply) });
    const text = await respond(request, answer, ask.cell);
    return reply.type("application/json; charset=utf-8").send(text);
  });
  // Who asks for the head of a download would have it made.
  app.get(`${prefix}/csv`, { config, exposeHeadRoute: false }, async (request, reply) => {
    const ask = parseCsvRequest(readOne(request.query as Query, "ask"));
    await check?.(ask.cell);
    const blocks = reader.csv(ask, { signal: untilGone(request, reply) });
    // A failure is answered before anything is sent.
    const first = await respond(request, blocks.next(), ask.cell);
    return sendCsv(reply, ask.cell, first.done === true ? [] : [first.value], blocks);
  });
}

const passThrough: NonNullable<TableRoutesOptions["respond"]> = (_request, answer) => answer;

function sendCsv(
  reply: FastifyReply,
  cell: string,
  first: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array, void, undefined>,
) {
  reply.headers({
    "content-disposition": `attachment; filename="${cell}.csv"`,
    "content-type": "text/csv; charset=utf-8; header=present",
  });
  return sendStream(reply, first, rest);
}
