import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EvaluateRequest } from "../../kernel/evaluation.ts";
import { parseEvaluateAsk } from "../ask-body.ts";
import { HttpFailure } from "../http-failure.ts";
import { packLong } from "../packing.ts";
import { untilGone } from "../request-end.ts";
import { addTableRoutes } from "../table-routes.ts";
import { type PageNames, toPageAnswer, toPageAsk, toPageNames } from "./page-names.ts";
import { PressClaims } from "./press-claims.ts";
import type { ServedPage } from "./served-page.ts";
import { toToldAnswer, toToldFailure } from "./untold-reasons.ts";

/** What viewers ask while they look: other inputs, more rows, a download. */
export function addAskRoutes(app: FastifyInstance, page: ServedPage): void {
  const { viewers, project, runs, log } = page;
  const config = { auth: "view" } as const;
  const claims = new PressClaims(runs);
  const readNames = async () => toPageNames(await project.recent(), runs.config.page);
  app.post("/page/run", { config, onSend: packLong }, async (request, reply) => {
    const asked = parseEvaluateAsk(request.body);
    const names = await readNames();
    refuseWrongPresses(asked, names);
    await claims.take(asked.press ?? {});
    const { ask, unknown } = toPageAsk(asked, names);
    const answer = viewers.evaluateText(ask, { signal: untilGone(request, reply) });
    const around = { cell: ask.cells.join(", ") || "of this page", log, names };
    const text = toPageAnswer(await toldTo(request, answer, around), names, unknown);
    return reply
      .type("application/json; charset=utf-8")
      .send(toToldAnswer(text, request, { log, names }));
  });
  const check = async (cell: string) => refuseOthers(cell, await readNames());
  const tell = async <Answer>(request: FastifyRequest, answer: Promise<Answer>, cell: string) =>
    toldTo(request, answer, { cell, log, names: await readNames() });
  addTableRoutes(app, { prefix: "/page", config, reader: viewers, check, tell });
}

/**
 * What the config keeps off the page is no viewer's to see: it is as if it were not there.
 * @throws {HttpFailure} 404
 */
function refuseOthers(cell: string, { shown }: PageNames): void {
  if (shown.has(cell)) return;
  throw new HttpFailure(404, "Expected the name of a cell that this page shows, got another");
}

/**
 * A button is pressed by an id, so that whoever asks again presses it once; nothing else is pressed.
 * @throws {HttpFailure} 422
 */
function refuseWrongPresses(
  { inputs, texts = {}, press = {} }: EvaluateRequest,
  names: PageNames,
): void {
  const other = Object.keys(press).find((each) => !names.pressable.has(each));
  if (other !== undefined) {
    const got = JSON.stringify(other.slice(0, 80));
    throw new HttpFailure(422, `Expected \`press\` to name buttons of this page, got ${got}`);
  }
  const set = [...Object.keys(inputs), ...Object.keys(texts)];
  const button = set.find((each) => names.buttons.has(each));
  if (button === undefined) return;
  throw new HttpFailure(
    422,
    `Expected button ${button} to be pressed by an id in \`press\`, got a value for it`,
  );
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
