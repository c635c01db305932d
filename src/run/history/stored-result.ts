import * as v from "valibot";
import { COLUMN_TYPES } from "../../frame/schema.ts";
import { countSchema, DocumentKind, ordinal, time, wordSchema } from "../../store/document.ts";
import { type CellOutput, isCellOutput } from "../cell-output.ts";
import type { RunResult } from "../run-event.ts";
import { CELL_STATUSES, context, FORMAT, format, runError } from "./stored-record.ts";

const freshness = v.object({
  version: v.nullable(ordinal),
  computedAt: v.nullable(time),
  ageMs: v.nullable(v.number("a number")),
  stale: v.boolean("true or false"),
  sameCode: v.nullable(v.boolean("true, false or null")),
});

const csvReport = v.object({
  name: v.string("a text"),
  rows: countSchema,
  columns: v.array(
    v.object({
      name: v.string("a text"),
      type: v.picklist(COLUMN_TYPES, "the type of a column"),
      why: v.exactOptional(v.string("a text")),
    }),
    "a list of columns",
  ),
  notes: v.array(v.string("a text"), "a list of texts"),
});

const StoredResult = v.object({
  format,
  runId: wordSchema,
  context,
  status: v.picklist(["completed", "failed", "cancelled"], "completed, failed or cancelled"),
  startedAt: time,
  elapsedMs: countSchema,
  version: v.nullable(ordinal),
  isPublisher: v.boolean("true or false"),
  data: v.exactOptional(freshness),
  cells: v.array(
    v.object({
      name: wordSchema,
      status: v.picklist(CELL_STATUSES, `one of ${CELL_STATUSES.join(", ")}`),
      startedAt: v.exactOptional(time),
      elapsedMs: countSchema,
      keptSince: v.exactOptional(ordinal),
      output: v.exactOptional(v.custom<CellOutput>(isCellOutput, "what a cell shows")),
      csv: v.exactOptional(v.array(csvReport, "a list of reports")),
      data: v.exactOptional(freshness),
      error: v.exactOptional(runError),
    }),
    "a list of cells",
  ),
  error: v.exactOptional(runError),
});

/** Outputs of a run's cells. */
export const RESULTS = new DocumentKind<RunResult & { readonly format: 1 }>({
  schema: StoredResult,
  format: FORMAT,
  limitBytes: 2 ** 28,
});
