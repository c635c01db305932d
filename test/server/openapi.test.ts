import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { LightMyRequestResponse } from "fastify";
import { expect, test } from "vitest";
import { chart, markdown } from "../../src/cell/output.ts";
import { toOpenApi } from "../../src/server/api/openapi-document.ts";
import { everyTypeFrame } from "../frame/every-type.ts";
import { toAddresses } from "./router-addresses.ts";
import { PROJECT_ID, type ServedProject, shareProject } from "./served-project.ts";
import { leaveShownRun } from "./shown-run.ts";

const NOBODY = "01900000-0000-7000-8000-000000000000";

const serve = shareProject();
const DOCUMENT = toOpenApi("");
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validators = new WeakMap<object, ValidateFunction>();

interface Documented {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema?: object }>> }>
  >;
}

/** What is wrong with an answer by the document; empty when nothing is. */
function faultsOf(answer: LightMyRequestResponse, { responses }: Documented): string {
  const told = responses[answer.statusCode] ?? responses["default"];
  if (answer.statusCode < 400 && responses[answer.statusCode] === undefined) {
    return `status ${answer.statusCode} is not told`;
  }
  const type = String(answer.headers["content-type"] ?? "").replace(/;.*/, "");
  if (told?.content === undefined) return answer.body;
  const media = told.content[type];
  if (media === undefined) return `content type ${type} is not told`;
  if (media.schema === undefined) return "";
  const validate = toValidator(media.schema);
  return validate(answer.json()) ? "" : ajv.errorsText(validate.errors);
}

/** Compiled once for each schema of the document: that takes longer than all answers to it. */
function toValidator(schema: object): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const compiled = ajv.compile({ ...schema, components: DOCUMENT.components });
  validators.set(schema, compiled);
  return compiled;
}

const VALUES = {
  value: 42,
  every: everyTypeFrame(),
  drawn: chart(everyTypeFrame(), { mark: "bar" }),
  prose: markdown("# Hi"),
  json: { deep: [1] },
};

/** Asks every operation of the document whose path matches, with ids that are known or not. */
async function askAll(served: ServedProject, ids: Readonly<Record<string, string>>, ofPath = /^/) {
  const answers: string[] = [];
  for (const [path, methods] of Object.entries(DOCUMENT.paths as object)) {
    if (!ofPath.test(path)) continue;
    for (const [method, documented] of Object.entries(methods as Record<string, Documented>)) {
      const url = path.replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? "none");
      const query = path.endsWith("/cells") ? `?projectId=${ids["projectId"]}` : "";
      const answer = await served.call(method.toUpperCase(), `${url}${query}`);
      answers.push(
        `${method} ${path}: ${answer.statusCode} ${faultsOf(answer, documented)}`.trim(),
      );
    }
  }
  return answers;
}

test("the document tells every address of the router below /api, and no other", async () => {
  const { app } = await serve();
  const served = toAddresses(app.printRoutes({ commonPrefix: false }));

  const told = Object.keys(DOCUMENT.paths).map((path) => path.replace(/\{(\w+)\}/g, ":$1"));

  expect(told.sort()).toEqual(served.filter((url) => url.startsWith("/api")).sort());
});

test("every answer is what the document tells", async () => {
  const served = await serve();
  const { runId } = (await served.call("POST", `/api/v1/projects/${PROJECT_ID}/runs`)).json();
  const cells = await served.call("GET", `/api/v1/cells?projectId=${PROJECT_ID}`);
  const ended = await leaveShownRun(served, { values: VALUES });
  const ids = { projectId: PROJECT_ID, cellId: cells.json().values[0].id };

  const waiting = await askAll(served, { ...ids, runId: NOBODY, name: "value" });
  const answers = await askAll(served, { ...ids, runId: ended, name: "value" });
  const cancelled = await served.call("DELETE", `/api/v1/projects/${PROJECT_ID}/runs/${runId}`);

  for (const each of [...waiting, ...answers]) expect(each).toMatch(/: \d{3}$/);
  expect(cancelled.statusCode).toBe(204);
});

test.each(Object.keys(VALUES))(
  "what the cell %s showed is what the document tells",
  async (name) => {
    const served = await serve();
    const runId = await leaveShownRun(served, { values: VALUES });

    const answers = await askAll(served, { projectId: PROJECT_ID, runId, name }, /\/output$/);

    expect(answers).toEqual([expect.stringMatching(/: 200$/)]);
  },
);

test("a project that nobody knows is refused as the document tells", async () => {
  const served = await serve();

  const answers = await askAll(served, { projectId: NOBODY, runId: NOBODY, cellId: NOBODY });

  for (const each of answers) expect(each).toMatch(/: \d{3}$/);
});

test("the document is served", async () => {
  const { call } = await serve();

  const document = (await call("GET", "/api/v1/openapi.json")).json();

  expect(document).toEqual(JSON.parse(JSON.stringify(toOpenApi("Served"))));
});
