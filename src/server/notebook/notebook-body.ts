import * as v from "valibot";
import type { RowsOrder } from "../../project/notebook/notebook-messages.ts";
import type { NotebookRunAsk } from "../../project/notebook/notebook-state.ts";
import { HttpFailure } from "../http-failure.ts";

const MOST_ROWS = 1_000;
const MOST_CELLS = 1_000;
const MOST_FILTERS = 100;

const name = v.pipe(v.string(), v.maxLength(64));
const names = v.pipe(v.array(name), v.maxLength(MOST_CELLS));
const run = v.strictObject({
  cells: v.optional(v.union([v.literal("all"), names]), "all"),
  fresh: v.optional(v.boolean(), false),
});
const isObject = (given: unknown) => typeof given === "object" && !Array.isArray(given);
const inputs = v.pipe(v.custom<object>(isObject), v.record(name, v.unknown()));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const order = {
  cell: name,
  sort: v.optional(v.strictObject({ column: v.string(), descending: v.boolean() })),
  filters: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          column: v.string(),
          test: v.picklist(["contains", "equals", "at-least", "at-most", "missing", "present"]),
          value: v.optional(v.string()),
        }),
      ),
      v.maxLength(MOST_FILTERS),
    ),
  ),
};
const rows = v.strictObject({
  ...order,
  offset: count,
  limit: v.pipe(count, v.maxValue(MOST_ROWS)),
});
const csv = v.strictObject(order);

/** Which cells are to run again. @throws {HttpFailure} 400, as do the next ones */
export function parseRunAsk(body: unknown): NotebookRunAsk {
  const { cells, fresh } = parse(run, body ?? {}, "cells and fresh");
  return { fresh: fresh ? cells : "none" };
}

export function parseInputs(body: unknown): Readonly<Record<string, unknown>> {
  return parse(inputs, body, "values by input name");
}

export function parseRowsAsk(body: unknown): RowsOrder {
  return parse(rows, body, `cell, offset and limit, at most ${MOST_ROWS}, of rows`);
}

/** @param text the JSON of which rows are wanted */
export function parseCsvAsk(text: unknown): RowsOrder {
  return { ...parse(csv, toJson(text), "cell, sort and filters"), offset: 0, limit: 0 };
}

function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  given: unknown,
  expected: string,
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, given);
  if (success) return output;
  const place = v.getDotPath(issues[0]) ?? "the body";
  throw new HttpFailure(400, `Expected the body to be ${expected}, got a fault at ${place}`);
}

function toJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    throw new HttpFailure(400, "Expected `ask` to be JSON, got something else");
  }
}
