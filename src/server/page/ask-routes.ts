import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { expectation } from "../../errors.ts";
import type { EvaluateRequest } from "../../kernel/evaluation.ts";
import { toSha256 } from "../../sha256.ts";
import { PRESS_PREFIX } from "../../store/key.ts";
import type { ProjectRuns } from "../../work/project-runs.ts";
import { HttpFailure } from "../http-failure.ts";
import { parseEvaluateRequest } from "../request-body.ts";
import { packLong } from "../send.ts";
import { addTableRoutes } from "../table-routes.ts";
import { untilGone } from "../watch-requests.ts";
import { type PageNames, toPageAnswer, toPageAsk, toPageNames } from "./page-names.ts";
import { redactFailure, redactForAnonymous } from "./redact-errors.ts";
import type { ServedPage } from "./served-page.ts";

/** Requests of viewers: evaluations with other inputs, rows of tables, downloads. */
export function addAskRoutes(app: FastifyInstance, page: ServedPage): void {
  const { viewers, project, runs, log } = page;
  const config = { auth: "view" } as const;
  const claims = new PressClaims(runs);
  const readNames = async () => toPageNames(await project.recent(), runs.config.page);
  app.post("/page/run", { config, onSend: packLong }, async (request, reply) => {
    const asked = parseEvaluateRequest(request.body);
    const names = await readNames();
    refuseWrongPresses(asked, names);
    await claims.take(asked.press ?? {});
    const { ask, unknown } = toPageAsk(asked, names);
    const answer = viewers.evaluateText(ask, { signal: untilGone(request, reply) });
    const around = { cell: ask.cells.join(", ") || "of this page", log, names };
    const text = toPageAnswer(await withRedactedFailure(request, answer, around), names, unknown);
    return reply
      .type("application/json; charset=utf-8")
      .send(redactForAnonymous(text, request, { log, names }));
  });
  const check = async (cell: string) => refuseOthers(cell, await readNames());
  const redact = async <Answer>(request: FastifyRequest, answer: Promise<Answer>, cell: string) =>
    withRedactedFailure(request, answer, { cell, log, names: await readNames() });
  addTableRoutes(app, { prefix: "/page", config, reader: viewers, check, redact });
}

/**
 * Refuses a hidden cell as if it did not exist.
 * @throws {HttpFailure} 404
 */
function refuseOthers(cell: string, { shown }: PageNames): void {
  if (shown.has(cell)) return;
  throw new HttpFailure(404, "Expected the name of a cell that this page shows, got another");
}

/**
 * Buttons are pressed by an id, so that a repeated request presses once; other inputs cannot be pressed.
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

/** The answer, or its failure as the caller may read it. */
async function withRedactedFailure<Answer>(
  request: FastifyRequest,
  answer: Promise<Answer>,
  around: Parameters<typeof redactFailure>[2],
): Promise<Answer> {
  try {
    return await answer;
  } catch (thrown) {
    throw redactFailure(thrown, request, around);
  }
}

/**
 * Which server carries out a press, noted in the store before it does: of several servers on one
 * store, and of one that is started again, only the first ever begins.
 * @internal
 */
export class PressClaims {
  readonly #runs: Pick<ProjectRuns, "store" | "config">;
  /** of this server, as long as it runs */
  readonly #owner = randomUUID();

  constructor(runs: Pick<ProjectRuns, "store" | "config">) {
    this.#runs = runs;
  }

  /**
   * Takes presses, so that no other server carries them out. Taking one again that is this server's
   * own is nothing new: what came of it is remembered here.
   *
   * @param presses name of a button -> id of the press
   * @throws {HexError} HEX_PRESS_UNKNOWN when another server has taken one; HEX_STORE_UNAVAILABLE:
   * taking it again is then safe
   */
  async take(presses: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, id] of Object.entries(presses)) {
      if (await this.#claim(id)) continue;
      throw expectation("HEX_PRESS_UNKNOWN", {
        place: `this press of ${name}`,
        expected: "one that only this server has begun to carry out",
        got: "one that another server, or this one before it was started again, has begun, so that nobody knows whether it took effect",
        hint: "press again only if it may happen twice",
      });
    }
  }

  /** Whether a press is this server's to carry out. */
  async #claim(id: string): Promise<boolean> {
    const { store } = this.#runs;
    const key = `${PRESS_PREFIX}${toSha256(id)}.json`;
    const body = new TextEncoder().encode(JSON.stringify({ press: id, owner: this.#owner }));
    const options = { contentType: "application/json" } as const;
    if (this.#isAlone()) {
      const taken = await this.#readOwner(key);
      if (taken === undefined) await store.write(key, body, options);
      return taken === undefined || taken === this.#owner;
    }
    const written = await store.write(key, body, { ...options, condition: { ifNoneMatch: "*" } });
    return written.status === "written" || (await this.#readOwner(key)) === this.#owner;
  }

  /** Whether the store may be one that keeps no conditions, since no other server uses it. */
  #isAlone(): boolean {
    const { machines, store } = this.#runs.config;
    return machines === "one" && store.kind === "s3";
  }

  async #readOwner(key: string): Promise<string | undefined> {
    const claimed = await this.#runs.store.read(key);
    if (claimed === undefined) return undefined;
    try {
      const told: { readonly owner?: unknown } | null = JSON.parse(
        new TextDecoder().decode(claimed.body),
      );
      return typeof told?.owner === "string" ? told.owner : "";
    } catch {
      // Something has damaged it: nobody knows whose it is.
      return "";
    }
  }
}
