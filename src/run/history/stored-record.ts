import * as v from "valibot";
import { RUN_COMPUTES } from "../../cell/run-compute.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { RUN_TRIGGERS } from "../run-event.ts";
import { keysOf } from "./run-id.ts";
import { RUN_STATES, type RunRecord, stateFault } from "./run-record.ts";
import {
  context,
  count,
  damage,
  format,
  ordinal,
  parseStored,
  runError,
  type StoredPlace,
  text,
  time,
  toStoredBytes,
  word,
} from "./stored-json.ts";

/** So many of the last writes of a record are named in it. */
const WRITES_KEPT = 20;
const SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

const Attempt = v.object({
  attempt: ordinal,
  worker: word,
  startedAt: time,
  endedAt: v.exactOptional(time),
  cause: v.exactOptional(text),
});

export const CELL_STATUSES = ["computed", "read", "kept", "pruned", "skipped", "failed"] as const;

const Cell = v.object({
  name: word,
  status: v.picklist(CELL_STATUSES, `one of ${CELL_STATUSES.join(", ")}`),
  startedAt: v.exactOptional(time),
  elapsedMs: count,
  keptSince: v.exactOptional(ordinal),
  error: v.exactOptional(runError),
});

const StoredRecord = v.object({
  format,
  runId: word,
  context,
  trigger: v.picklist(RUN_TRIGGERS, `one of ${RUN_TRIGGERS.join(", ")}`),
  requestedBy: word,
  occasion: v.exactOptional(v.object({ schedule: word, instant: time })),
  inputs: v.record(v.string(), v.unknown(), "the inputs by name"),
  textInputs: v.exactOptional(v.array(word, "names of inputs")),
  acceptSchema: v.boolean("true or false"),
  compute: v.exactOptional(v.picklist(RUN_COMPUTES, RUN_COMPUTES.join(" or "))),
  overwrite: v.exactOptional(v.array(word, "names of frames")),
  isQueued: v.boolean("true or false"),
  state: v.picklist(RUN_STATES, `one of ${RUN_STATES.join(", ")}`),
  submittedAt: time,
  startedAt: v.nullable(time),
  endedAt: v.nullable(time),
  attempts: v.array(Attempt, "a list of attempts"),
  version: v.nullable(ordinal),
  isPublisher: v.boolean("true or false"),
  cells: v.array(Cell, "a list of cells"),
  error: v.exactOptional(runError),
  /** names of the last writes, the newest first: no two contents are equal, and writers know theirs */
  writes: v.array(word, "a list of names"),
});

/** A record as it was read, with what its next write needs. */
export interface StoredRecord {
  readonly record: RunRecord;
  readonly writes: readonly string[];
  readonly etag: string;
}

/**
 * Reads the record of a run, or `undefined` when there is none.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function readRecord(
  store: Store,
  runId: string,
  { signal }: StoreOptions = {},
): Promise<StoredRecord | undefined> {
  const key = keysOf(runId).record;
  const object = await store.read(key, { signal, limitBytes: SIZE_LIMIT_BYTES });
  if (object === undefined) return undefined;
  const { location } = store;
  return { ...parseRecord(object.body, runId, { key, location }), etag: object.etag };
}

/** The bytes of a record with the names of its writes, the newest first. */
export function toRecordBytes(record: RunRecord, writes: readonly string[]): Uint8Array {
  return toStoredBytes({ ...record, writes: writes.slice(0, WRITES_KEPT) });
}

function parseRecord(bytes: Uint8Array, runId: string, at: StoredPlace) {
  const { writes, ...record } = parseStored(bytes, StoredRecord, at);
  const place = `\`${at.key}\` in ${at.location}`;
  if (record.runId !== runId)
    throw damage(place, `the record of ${runId}`, `that of ${record.runId}`);
  const fault = stateFault(record);
  if (fault !== undefined)
    throw damage(place, "a record that fits its state", `one where ${fault} is broken`);
  return { record: record satisfies RunRecord as RunRecord, writes };
}
