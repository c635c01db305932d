import { COLUMN_TYPES } from "../../frame/schema.ts";
import { RUN_FLAGS } from "./run-request.ts";
import { HEX_STATUSES, HEX_TRIGGERS } from "./run-status.ts";

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An object with all its keys; those that end in `?` may be absent. */
function object(keys: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const entries = Object.entries(keys);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([key, schema]) => [key.replace("?", ""), schema])),
    required: entries.flatMap(([key]) => (key.endsWith("?") ? [] : [key])),
    additionalProperties: false,
  };
}

const list = (items: JsonSchema): JsonSchema => ({ type: "array", items });
const orNull = (type: string): JsonSchema => ({ type: [type, "null"] });
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

const text: JsonSchema = { type: "string" };
const uuid: JsonSchema = { type: "string", format: "uuid" };
const time: JsonSchema = { type: "string", format: "date-time" };
const whole: JsonSchema = { type: "integer", minimum: 0 };
const any: JsonSchema = {};
const flag: JsonSchema = { type: ["boolean", "string"], enum: [true, false, "true", "false"] };
const nothing: JsonSchema = { type: "null" };
const person = object({ email: text });
const pagination = object({ after: orNull("string"), before: orNull("string") });
const columns = list(object({ name: text, type: { type: "string", enum: COLUMN_TYPES } }));
const started = {
  projectId: uuid,
  runId: uuid,
  runUrl: text,
  runStatusUrl: text,
  projectVersion: { type: "integer", minimum: 1 },
  traceId: text,
};
const page = {
  columns,
  totalRows: whole,
  offset: whole,
  nextOffset: orNull("integer"),
  rows: list({ type: "object" }),
};
const views = object({
  lastThirtyDays: whole,
  lastFourteenDays: whole,
  lastSevenDays: whole,
  allTime: whole,
});
const schedule = object({
  cadence: { const: "CUSTOM" },
  enabled: { type: "boolean" },
  hourly: nothing,
  daily: nothing,
  weekly: nothing,
  monthly: nothing,
  custom: object({ timezone: text, cron: text }),
});

/** Schemas of requests and answers by name. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  RunRequest: {
    type: "object",
    properties: {
      inputParams: { type: "object" },
      ...Object.fromEntries(RUN_FLAGS.map((key) => [key, flag])),
    },
    additionalProperties: false,
  },
  StartedRun: object({ ...started, notifications: list(any) }),
  RunStatus: object({
    ...started,
    status: { type: "string", enum: HEX_STATUSES },
    runTrigger: { type: "string", enum: HEX_TRIGGERS },
    startTime: time,
    endTime: orNull("string"),
    elapsedTime: whole,
    "error?": object({ code: text, message: text, "cell?": text }),
  }),
  RunList: object({
    runs: list(ref("RunStatus")),
    nextPage: orNull("string"),
    previousPage: orNull("string"),
    traceId: text,
  }),
  CellOutput: {
    oneOf: [
      object({ kind: { const: "frame" }, ...page }),
      object({ kind: { const: "chart" }, spec: { type: "object" }, ...page }),
      object({ kind: { const: "value" }, value: any, "input?": { type: "object" } }),
      object({ kind: { const: "markdown" }, markdown: text }),
      object({ kind: { const: "json" }, json: any }),
    ],
  },
  Project: object({
    id: uuid,
    title: text,
    description: nothing,
    type: { const: "PROJECT" },
    creator: person,
    owner: person,
    status: nothing,
    categories: list(any),
    reviews: object({ required: { type: "boolean" } }),
    analytics: object({
      publishedResultsUpdatedAt: orNull("string"),
      lastViewedAt: nothing,
      appViews: views,
    }),
    createdAt: time,
    lastEditedAt: time,
    lastPublishedAt: orNull("string"),
    archivedAt: nothing,
    trashedAt: nothing,
    schedules: list(schedule),
  }),
  ProjectList: object({ values: list(ref("Project")), pagination }),
  Cell: object({
    id: uuid,
    staticId: uuid,
    cellType: { type: "string", enum: ["CODE", "SQL", "MARKDOWN", "INPUT"] },
    label: text,
    dataConnectionId: nothing,
    contents: object({
      codeCell: { oneOf: [nothing, object({ source: text })] },
      sqlCell: { oneOf: [nothing, object({ source: text, outputDataframe: text })] },
      markdownCell: { oneOf: [nothing, object({ source: text })] },
    }),
    projectId: uuid,
  }),
  CellList: object({ values: list(ref("Cell")), pagination }),
  User: object({
    id: uuid,
    name: text,
    email: text,
    role: text,
    org: object({ id: uuid }),
    "token?": object({ exp: orNull("string") }),
  }),
  Document: { type: "object", required: ["openapi", "paths"] },
  Reason: {
    type: "object",
    properties: { reason: text, traceId: text, details: text },
    required: ["reason", "traceId"],
  },
  Message: {
    type: "object",
    properties: { message: text, code: text, traceId: text },
    required: ["message", "code"],
  },
};
