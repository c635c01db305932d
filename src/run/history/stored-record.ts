import { v7 } from "uuid";
import * as v from "valibot";
import { RUN_COMPUTES } from "../../cell/run-compute.ts";
import { RUN_CONTEXTS } from "../../cell/run-context.ts";
import type { ErrorCode } from "../../errors.ts";
import { type ChangeOptions, changeDocument, createDocument } from "../../store/change-document.ts";
import {
  countSchema,
  type DocumentAt,
  DocumentKind,
  ordinal,
  textSchema,
  time,
  wordSchema,
} from "../../store/document.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { RUN_TRIGGERS } from "../run-event.ts";
import { keysOf } from "./run-id.ts";
import { isFinal, moveFault, RUN_STATES, type RunRecord, stateFault } from "./run-record.ts";

/** The newest format of the objects in the history that this code reads and writes. */
export const FORMAT = 1;
export const format = v.literal(FORMAT, `${FORMAT}`);
export const context = v.picklist(RUN_CONTEXTS, `one of ${RUN_CONTEXTS.join(", ")}`);
export const trigger = v.picklist(RUN_TRIGGERS, `one of ${RUN_TRIGGERS.join(", ")}`);
export const state = v.picklist(RUN_STATES, `one of ${RUN_STATES.join(", ")}`);

/** Why a run or a cell failed; a code of a newer release is kept as it is. */
export const runError = v.object({
  code: v.custom<ErrorCode>(isErrorCode, "a code such as HEX_CELL_FAILED"),
  message: textSchema,
});

function isErrorCode(code: unknown): boolean {
  return typeof code === "string" && /^HEX_[A-Z_]+$/.test(code);
}

/** Names of the last writes that a record holds. */
const WRITES_KEPT = 20;

const Attempt = v.object({
  attempt: ordinal,
  worker: wordSchema,
  startedAt: time,
  endedAt: v.exactOptional(time),
  cause: v.exactOptional(textSchema),
});

export const CELL_STATUSES = ["computed", "read", "kept", "pruned", "skipped", "failed"] as const;

const Cell = v.object({
  name: wordSchema,
  status: v.picklist(CELL_STATUSES, `one of ${CELL_STATUSES.join(", ")}`),
  startedAt: v.exactOptional(time),
  elapsedMs: countSchema,
  keptSince: v.exactOptional(ordinal),
  error: v.exactOptional(runError),
});

const StoredRecord = v.object({
  format,
  runId: wordSchema,
  context,
  trigger,
  requestedBy: wordSchema,
  occasion: v.exactOptional(v.object({ schedule: wordSchema, instant: time })),
  inputs: v.record(v.string(), v.unknown(), "the inputs by name"),
  textInputs: v.exactOptional(v.array(wordSchema, "names of inputs")),
  acceptSchema: v.boolean("true or false"),
  compute: v.exactOptional(v.picklist(RUN_COMPUTES, RUN_COMPUTES.join(" or "))),
  overwrite: v.exactOptional(v.array(wordSchema, "names of frames")),
  isQueued: v.boolean("true or false"),
  state,
  submittedAt: time,
  startedAt: v.nullable(time),
  endedAt: v.nullable(time),
  attempts: v.array(Attempt, "a list of attempts"),
  version: v.nullable(ordinal),
  isPublisher: v.boolean("true or false"),
  cells: v.array(Cell, "a list of cells"),
  error: v.exactOptional(runError),
  /** names of the last writes, the newest first: no two contents are equal, and writers know theirs */
  writes: v.array(wordSchema, "a list of names"),
});

type StoredRecord = RunRecord & { readonly writes: readonly string[] };

const RECORDS = new DocumentKind<StoredRecord>({
  schema: StoredRecord,
  format: FORMAT,
  indent: 1,
  limitBytes: 16 * 1024 * 1024,
  check: (record, key) => {
    const runId = key.split("/").at(-2);
    if (record.runId !== runId)
      return { expected: `the record of ${runId}`, got: `that of ${record.runId}` };
    const fault = stateFault(record);
    if (fault === undefined) return undefined;
    return { expected: "a record that fits its state", got: `one where ${fault} is broken` };
  },
});

/** How records are written; each has a real default. */
export interface RecordWriteOptions
  extends Pick<ChangeOptions, "conditions" | "findConditions" | "tries" | "sleep" | "random"> {
  /** a text that no other write ever gets */
  readonly randomId?: (() => string) | undefined;
}

/** Builds the next record; `undefined` leaves it as it is. */
export type ChangeRecord = (current: RunRecord) => RunRecord | undefined;

/** `ended`: the run had ended before, and its record stays as it was. */
export type ChangeAnswer =
  | { readonly status: "changed" | "unchanged" | "ended"; readonly record: RunRecord }
  | { readonly status: "missing" };

/**
 * Reads the record of a run, or `undefined` when there is none.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function readRecord(
  store: Store,
  runId: string,
  options: StoreOptions = {},
): Promise<RunRecord | undefined> {
  const found = await recordOf(store, runId).read(options);
  return found && withoutWrites(found.value);
}

/** Writes a record where none is yet; `known` when there is one, no matter by whom. */
export async function createRecord(
  store: Store,
  record: RunRecord,
  options: RecordWriteOptions,
): Promise<"created" | "known"> {
  const fault = stateFault(record);
  if (fault !== undefined) throw new Error(`run ${record.runId}: ${fault}`);
  const { id, ...write } = toWrite(store, record.runId, options);
  const first = { ...record, writes: [id] };
  const { status } = await createDocument(recordOf(store, record.runId), first, write, options);
  return status === "changed" ? "created" : "known";
}

/** Replaces a record by what `change` builds from it, by compare-and-set. */
export async function replaceRecord(
  store: Store,
  runId: string,
  change: ChangeRecord,
  options: RecordWriteOptions,
): Promise<ChangeAnswer> {
  const { id, ...write } = toWrite(store, runId, options);
  const build = (current: StoredRecord | undefined): StoredRecord | undefined => {
    if (current === undefined || isFinal(current.state)) return undefined;
    const record = withoutWrites(current);
    const next = change(record);
    if (next === undefined) return undefined;
    const fault = moveFault(record, next);
    // A caller that moves a run as no run moves has a bug.
    if (fault !== undefined) throw new Error(`run ${runId}: ${fault}`);
    return { ...next, writes: [id, ...current.writes].slice(0, WRITES_KEPT) };
  };
  const changed = await changeDocument(recordOf(store, runId), { build, ...write }, options);
  if (changed.value === undefined) return { status: "missing" };
  const record = withoutWrites(changed.value);
  const hadEnded = changed.status === "unchanged" && isFinal(record.state);
  return { status: hadEnded ? "ended" : changed.status, record };
}

function recordOf(store: Store, runId: string): DocumentAt<StoredRecord> {
  return RECORDS.at(store, keysOf(runId).record);
}

/** One write, under a name by which it is recognized. */
function toWrite(store: Store, runId: string, { randomId = v7 }: RecordWriteOptions) {
  const id = randomId();
  return {
    id,
    isIn: ({ writes }: StoredRecord) => writes.includes(id),
    toUnknown: (got: string) => ({
      place: `the record of run ${runId} in ${store.location}`,
      expected: "either written or refused",
      got,
      hint: "`hex runs show` tells what is there once the store answers",
    }),
  };
}

function withoutWrites({ writes: _, ...record }: StoredRecord): RunRecord {
  return record;
}
