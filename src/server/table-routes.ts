import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from "fastify";
import type { TableReader } from "../kernel/evaluation.ts";
import { type Query, readOne } from "./query.ts";
import { parseCsvRequest, parseRowsRequest } from "./request-body.ts";
import { packLong, sendStream } from "./send.ts";
import { untilGone } from "./watch-requests.ts";

/** The addresses of the rows of tables, and their source. */
export interface TableRoutesOptions {
  /** the addresses are `<prefix>/rows` and `<prefix>/csv` */
  readonly prefix: string;
  readonly config: FastifyContextConfig;
  readonly reader: TableReader;
  /** refuses cells that are not for the caller */
  readonly check?: (cell: string) => Promise<void>;
  /** the answer, or its failure, as the caller may read it */
  readonly redact?: <Answer>(
    request: FastifyRequest,
    answer: Promise<Answer>,
    cell: string,
  ) => Promise<Answer>;
}

/** Rows and downloads of shown tables. No cell runs for either. */
export function addTableRoutes(app: FastifyInstance, options: TableRoutesOptions): void {
  const { prefix, config, reader, check, redact = asItIs } = options;
  app.post(`${prefix}/rows`, { config, onSend: packLong }, async (request, reply) => {
    const query = parseRowsRequest(request.body);
    await check?.(query.cell);
    const answer = reader.rowsText(query, { signal: untilGone(request, reply) });
    const text = await redact(request, answer, query.cell);
    return reply.type("application/json; charset=utf-8").send(text);
  });
  // A HEAD request would have the download made.
  app.get(`${prefix}/csv`, { config, exposeHeadRoute: false }, async (request, reply) => {
    const query = parseCsvRequest(readOne(request.query as Query, "ask"));
    await check?.(query.cell);
    const blocks = reader.csv(query, { signal: untilGone(request, reply) });
    // A failure is answered before anything is sent.
    const first = await redact(request, blocks.next(), query.cell);
    reply.headers({
      "content-disposition": `attachment; filename="${query.cell}.csv"`,
      "content-type": "text/csv; charset=utf-8; header=present",
    });
    return sendStream(reply, first.done === true ? blocks : startWith(first.value, blocks));
  });
}

const asItIs: NonNullable<TableRoutesOptions["redact"]> = (_request, answer) => answer;

async function* startWith(first: Uint8Array, others: AsyncIterable<Uint8Array>) {
  yield first;
  yield* others;
}
