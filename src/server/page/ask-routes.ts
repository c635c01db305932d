import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { findPageCells } from "../../page/page-cells.ts";
import type { ViewerPlace } from "../../run/light/light-ask.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne } from "../query.ts";
import { whenOver } from "../request-end.ts";
import { sendStream } from "../send-blocks.ts";
import { packLong } from "./packing.ts";
import { parseCsvAsk, parseLightAsk, parseRowsAsk } from "./page-ask.ts";
import type { ServedPage } from "./served-page.ts";
import { toToldAnswer, toToldFailure } from "./untold-reasons.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** What viewers ask while they look: other inputs, more rows, a download. */
export function addAskRoutes(app: FastifyInstance, page: ServedPage): void {
  const { light, log } = page;
  const config = { auth: "view" } as const;
  const json = { config, onSend: packLong };
  app.post("/page/run", json, async (request, reply) => {
    const ask = parseLightAsk(request.body);
    await refuseHidden(ask, ask.cells, page);
    const answer = light.runText(ask, { signal: untilGone(request, reply) });
    const text = await toldTo(request, answer, { cell: ask.cells.join(", "), log });
    return reply.type(JSON_TYPE).send(toToldAnswer(text, request, log));
  });
  app.post("/page/rows", json, async (request, reply) => {
    const ask = parseRowsAsk(request.body);
    await refuseHidden(ask, [ask.cell], page);
    const answer = light.rowsText(ask, { signal: untilGone(request, reply) });
    const text = await toldTo(request, answer, { cell: ask.cell, log });
    return reply.type(JSON_TYPE).send(text);
  });
  // Who asks for the head of a download would have it made.
  app.get("/page/csv", { config, exposeHeadRoute: false }, async (request, reply) => {
    const ask = parseCsvAsk(readOne(request.query as Query, "ask"));
    await refuseHidden(ask, [ask.cell], page);
    const blocks = light.csv(ask, { signal: untilGone(request, reply) });
    // What is wrong with it is told before anything is sent.
    const first = await toldTo(request, blocks.next(), { cell: ask.cell, log });
    reply.headers({
      "content-disposition": `attachment; filename="${ask.cell}.csv"`,
      "content-type": "text/csv; charset=utf-8; header=present",
    });
    return sendStream(reply, first.done === true ? [] : [first.value], blocks);
  });
}

/**
 * What the config keeps off the page is no viewer's to see or to set.
 * @throws {HttpFailure} 403
 */
async function refuseHidden(
  { inputs, texts = {} }: ViewerPlace,
  asked: readonly string[],
  { project, runs }: ServedPage,
): Promise<void> {
  const { cells } = await project.recent();
  const shown = new Set(findPageCells(cells, runs.config.page).map(({ name }) => name));
  const names = [...asked, ...Object.keys(inputs), ...Object.keys(texts)];
  // Names that no cell has are told of with what is answered.
  const hidden = names.find((each) => !shown.has(each) && cells.some(({ name }) => name === each));
  if (hidden === undefined) return;
  throw new HttpFailure(403, `Expected cells and inputs that this page shows, got ${hidden}`);
}

/** What is answered, or why it cannot be, as the one who asks may know it. */
async function toldTo<Answer>(
  request: FastifyRequest,
  answer: Promise<Answer>,
  around: Parameters<typeof toToldFailure>[2],
): Promise<Answer> {
  try {
    return await answer;
  } catch (thrown) {
    throw toToldFailure(thrown, request, around);
  }
}

/** Ends when the answer has left, or whoever asked no longer waits for it. */
function untilGone(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenOver(request, reply, () => {
    gone.abort(new HttpFailure(499, "Expected a viewer who waits for the answer, got none"));
  });
  return gone.signal;
}
