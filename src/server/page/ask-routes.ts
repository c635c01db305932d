import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EvaluateAsk } from "../../kernel/ask.ts";
import { parseEvaluateAsk } from "../ask-body.ts";
import { HttpFailure } from "../http-failure.ts";
import { packLong } from "../packing.ts";
import { untilGone } from "../request-end.ts";
import { addTableRoutes } from "../table-routes.ts";
import { type PageNames, toPageNames, withoutHidden } from "./page-names.ts";
import { PressClaims } from "./press-claims.ts";
import type { ServedPage } from "./served-page.ts";
import { toToldAnswer, toToldFailure } from "./untold-reasons.ts";

/** What viewers ask while they look: other inputs, more rows, a download. */
export function addAskRoutes(app: FastifyInstance, page: ServedPage): void {
  const { viewers, project, runs, log } = page;
  const config = { auth: "view" } as const;
  const claims = new PressClaims(runs);
  const readNames = async () => toPageNames(await project.recent(), runs.config.page);
  const tell = <Answer>(request: FastifyRequest, answer: Promise<Answer>, cell: string) =>
    toldTo(request, answer, { cell, log });
  app.post("/page/run", { config, onSend: packLong }, async (request, reply) => {
    const ask = parseEvaluateAsk(request.body);
    const names = await readNames();
    refuseHidden(namesIn(ask), names);
    refuseWrongPresses(ask, names);
    await claims.take(ask.press ?? {});
    const answer = viewers.evaluateText(ask, { signal: untilGone(request, reply) });
    const text = withoutHidden(await tell(request, answer, ask.cells.join(", ")), names);
    return reply.type("application/json; charset=utf-8").send(toToldAnswer(text, request, log));
  });
  const check = async (cell: string) => refuseHidden([cell], await readNames());
  addTableRoutes(app, { prefix: "/page", config, reader: viewers, check, tell });
}

function namesIn({ cells, inputs, texts = {}, press = {} }: EvaluateAsk): readonly string[] {
  return [...cells, ...Object.keys(inputs), ...Object.keys(texts), ...Object.keys(press)];
}

/**
 * What the config keeps off the page is no viewer's to see or to set. Names that no cell has are told
 * of with what is answered.
 *
 * @throws {HttpFailure} 403
 */
function refuseHidden(names: readonly string[], { hidden }: PageNames): void {
  const found = names.find((each) => hidden.has(each));
  if (found === undefined) return;
  throw new HttpFailure(403, `Expected cells and inputs that this page shows, got ${found}`);
}

/**
 * A button is pressed by an id, so that whoever asks again presses it once; nothing else is pressed.
 * @throws {HttpFailure} 422
 */
function refuseWrongPresses(
  { inputs, texts = {}, press = {} }: EvaluateAsk,
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
