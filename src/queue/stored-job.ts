import { expectation, type HexError } from "../errors.ts";
import { shorten } from "../text.ts";
import { type Job, type JobSpec, type JobState, LANES, type Lane } from "./queue.ts";

/** All that is stored of a job, by the names that a table's columns and a hash's fields share. */
export type JobRecord = Readonly<Record<string, string | number | null>>;

/** Why a job is dead that nobody could take. */
export const ALTERED_CAUSE = "What the queue keeps of the job was altered and is no job any more";

const PAYLOAD_BYTES = 256 * 1024;
const PROGRESS_BYTES = 64 * 1024;
const ID = /^[\w-]{1,64}$/;

/**
 * The payload of a job that obeys all rules, as the JSON text to keep.
 * @throws {HexError} HEX_JOB_INVALID
 */
export function toPayloadText({ id, lane, priority, payload }: JobSpec): string {
  if (typeof id !== "string" || !ID.test(id)) {
    throw fault("the id of a job", "1 to 64 letters, digits, `_` or `-`", printable(id));
  }
  if (!LANES.includes(lane)) {
    throw fault(`the lane of job ${id}`, `one of ${LANES.join(", ")}`, printable(lane));
  }
  if (!Number.isInteger(priority) || priority < 1 || priority > 10) {
    throw fault(`the priority of job ${id}`, "a whole number from 1 to 10", printable(priority));
  }
  const hint = "keep large data in the store, and its key in the job";
  return toJsonText(payload, PAYLOAD_BYTES, `the payload of job ${id}`, hint);
}

/**
 * The progress of an attempt, as the JSON text to keep.
 * @throws {HexError} HEX_JOB_INVALID
 */
export function toProgressText(progress: unknown, id: string): string {
  return toJsonText(progress, PROGRESS_BYTES, `the progress of job ${id}`, "tell less of it");
}

/** The job in a record. */
export function toJob(record: JobRecord): Job {
  const text = (name: string) => {
    const value = record[name] ?? undefined;
    return value === undefined ? undefined : String(value);
  };
  return {
    id: String(record["id"]),
    lane: record["lane"] as Lane,
    payload: parse(text("payload"))?.value,
    priority: Number(record["priority"]),
    state: record["state"] as JobState,
    attempts: Number(record["attempts"]),
    worker: text("worker"),
    isCancelRequested: text("cancel_requested") === "1",
    progress: parse(text("progress"))?.value,
    cause: text("cause"),
  };
}

/** Whether a record still is a job; somebody may have edited the file, or the server's keys. */
export function isSound(record: JobRecord): boolean {
  return parse(String(record["payload"])) !== undefined;
}

function parse(text = ""): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The caller knows what that means for the job.
    return undefined;
  }
}

function toJsonText(value: unknown, mostBytes: number, place: string, hint: string): string {
  const found = findNonJson(value, []);
  if (found !== undefined) throw fault(place, "plain JSON", found);
  const text = JSON.stringify(value);
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= mostBytes) return text;
  const expected = `at most ${mostBytes / 1024} KiB of JSON`;
  throw fault(place, expected, `${Math.ceil(sizeBytes / 1024)} KiB`, hint);
}

/** The part of a value that JSON would lose or change; a property that is undefined counts as absent. */
function findNonJson(value: unknown, above: readonly unknown[]): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "object":
      return value === null ? undefined : findNonJsonInside(value, above);
    case "undefined":
      return "undefined";
    default:
      return `a ${typeof value}`;
  }
}

function findNonJsonInside(value: object, above: readonly unknown[]): string | undefined {
  if (above.length > 200) return "more than 200 levels";
  if (above.includes(value)) return "an object that contains itself";
  if (!Array.isArray(value) && !isPlain(value)) return `an object of class ${className(value)}`;
  const inside = [...above, value];
  for (const item of toItems(value)) {
    const found = findNonJson(item, inside);
    if (found !== undefined) return found;
  }
  return undefined;
}

function toItems(value: object): readonly unknown[] {
  // A hole in an array is an item that is undefined.
  if (Array.isArray(value)) return Array.from(value);
  return Object.values(value).filter((item) => item !== undefined);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function className(value: object): string {
  return typeof value.constructor === "function" ? value.constructor.name : "unknown";
}

function printable(value: unknown): string {
  const text = (typeof value === "string" && JSON.stringify(value)) || String(value);
  return shorten(text, 80);
}

function fault(place: string, expected: string, got: string, hint?: string): HexError {
  return expectation("HEX_JOB_INVALID", { place, expected, got, ...(hint && { hint }) });
}
