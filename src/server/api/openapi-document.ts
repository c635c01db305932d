import { TOKEN_FORM } from "../../project/tokens.ts";
import { API, PAGE_LIMIT } from "./addresses.ts";
import { type JsonSchema, SCHEMAS } from "./openapi-schemas.ts";
import { OUTPUT_FORMATS } from "./output-blocks.ts";
import { CONTENT_TYPES, LARGEST_PAGE, OUTPUT_USES } from "./output-routes.ts";
import { TRIGGER_FILTERS } from "./run-routes.ts";
import { HEX_STATUSES } from "./run-status.ts";

/** One method of one address. */
interface OperationSpec {
  readonly id: string;
  readonly summary: string;
  readonly status: number;
  /** name of the schema of its answer as JSON; undefined when that has no body */
  readonly answer?: string;
  /** content types of other answers */
  readonly others?: readonly string[];
  readonly body?: string;
  readonly query?: Readonly<Record<string, JsonSchema>>;
  readonly headers?: Readonly<Record<string, JsonSchema>>;
  /** the shape of its refusals */
  readonly refusal?: "Reason" | "Message";
}

const whole = ({ from, to }: { readonly from: number; readonly to?: number }): JsonSchema => ({
  type: "integer",
  minimum: from,
  ...(to === undefined ? {} : { maximum: to }),
});
const word = (words: readonly string[]): JsonSchema => ({ type: "string", enum: words });
const plainType = (type: string) => type.replace(/;.*/, "");

const START: OperationSpec = {
  ...{ id: "runProject", summary: "Starts a run", status: 201, answer: "StartedRun" },
  body: "RunRequest",
  headers: { "Idempotency-Key": { type: "string", maxLength: 255 } },
};
const LOOK: OperationSpec = {
  ...{ id: "getRunStatus", summary: "Where a run stands", status: 200, answer: "RunStatus" },
};
const CANCEL: OperationSpec = { id: "cancelRun", summary: "Cancels a run", status: 204 };
const LIST: OperationSpec = {
  ...{ id: "getProjectRuns", summary: "Runs, newest first", status: 200, answer: "RunList" },
  query: {
    limit: whole(PAGE_LIMIT),
    offset: whole({ from: 0 }),
    statusFilter: word(HEX_STATUSES),
    runTriggerFilter: word(TRIGGER_FILTERS),
  },
};
const older = (spec: OperationSpec): OperationSpec => ({
  ...spec,
  id: `${spec.id}AtOlderPath`,
  summary: `${spec.summary}, at the path of older clients`,
});

const RUN = `${API}/projects/:projectId/runs/:runId`;

/** Every address of the API, as its router names it, with its methods. */
const OPERATIONS: Readonly<Record<string, Readonly<Record<string, OperationSpec>>>> = {
  [`${API}/projects/:projectId/runs`]: { post: START, get: LIST },
  [RUN]: { get: LOOK, delete: CANCEL },
  [`${API}/project/:projectId/run`]: { post: older(START) },
  [`${API}/project/:projectId/runs`]: { get: older(LIST) },
  [`${API}/project/:projectId/run/:runId`]: { get: older(LOOK), delete: older(CANCEL) },
  [`${RUN}/cells/:name/output`]: {
    get: {
      ...{ id: "getRunOutput", summary: "What a cell of a run showed, whole", status: 200 },
      answer: "CellOutput",
      others: [CONTENT_TYPES.csv, CONTENT_TYPES.arrow].map(plainType),
      query: {
        format: word(OUTPUT_FORMATS),
        for: word(OUTPUT_USES),
        offset: whole({ from: 0 }),
        limit: { ...whole({ from: 1 }), description: `of a JSON page at most ${LARGEST_PAGE}` },
      },
    },
  },
  [`${RUN}/events`]: {
    get: {
      ...{ id: "streamRunEvents", summary: "What happens in a run, until its end", status: 200 },
      others: ["text/event-stream"],
      headers: { "Last-Event-ID": { type: "string" } },
    },
  },
  [`${API}/projects`]: {
    get: {
      ...{ id: "listProjects", summary: "The project", status: 200, answer: "ProjectList" },
      query: { limit: whole(PAGE_LIMIT) },
    },
  },
  [`${API}/projects/:projectId`]: {
    get: {
      ...{ id: "getProject", summary: "The project", status: 200, answer: "Project" },
      refusal: "Message",
    },
  },
  [`${API}/cells`]: {
    get: {
      ...{ id: "listCells", summary: "The project's cells", status: 200, answer: "CellList" },
      query: { projectId: { type: "string", format: "uuid" }, limit: whole(PAGE_LIMIT) },
      refusal: "Message",
    },
  },
  [`${API}/cells/:cellId`]: {
    get: {
      ...{ id: "getCell", summary: "One cell", status: 200, answer: "Cell" },
      refusal: "Message",
    },
  },
  [`${API}/users/me`]: {
    get: {
      ...{ id: "getCaller", summary: "Who asks", status: 200, answer: "User" },
      refusal: "Message",
    },
  },
  [`${API}/openapi.json`]: {
    get: { id: "getDocument", summary: "This document", status: 200, answer: "Document" },
  },
};

/** The API as an OpenAPI 3.1 document. */
export function toOpenApi(title: string) {
  const paths = Object.entries(OPERATIONS).map(([address, methods]) => [
    address.replace(/:(\w+)/g, "{$1}"),
    Object.fromEntries(
      Object.entries(methods).map(([method, spec]) => [method, toOperation(address, spec)]),
    ),
  ]);
  return {
    openapi: "3.1.0",
    info: { title, version: "1", description: "Hex's API for programs, and what goes beyond it" },
    security: [{ token: [] }],
    paths: Object.fromEntries(paths),
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: TOKEN_FORM.source },
      },
    },
  };
}

function toOperation(address: string, spec: OperationSpec) {
  const { id, summary, status, query = {}, headers = {}, body, refusal = "Reason" } = spec;
  const inPath = [...address.matchAll(/:(\w+)/g)].map(([, name = ""]) => {
    return { name, in: "path", required: true, schema: { type: "string" } };
  });
  const optional = (place: string, all: Readonly<Record<string, JsonSchema>>) =>
    Object.entries(all).map(([name, schema]) => ({ name, in: place, schema }));
  return {
    operationId: id,
    summary,
    parameters: [...inPath, ...optional("query", query), ...optional("header", headers)],
    ...(body === undefined ? {} : { requestBody: { content: toJson(body) } }),
    responses: {
      [status]: { description: summary, ...toContent(spec) },
      default: { description: "The request is refused", content: toJson(refusal) },
    },
  };
}

function toContent({ answer, others = [] }: OperationSpec) {
  const json = answer === undefined ? {} : toJson(answer);
  const content = { ...json, ...Object.fromEntries(others.map((type) => [type, {}])) };
  return Object.keys(content).length === 0 ? {} : { content };
}

function toJson(name: string) {
  return { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } };
}
