import { HttpFailure } from "../http-failure.ts";

/** What RunProject asks for, with its defaults filled in. */
export interface RunBody {
  /** values by input name */
  readonly inputParams: ReadonlyMap<string, unknown>;
  /** whether the request is only checked */
  readonly dryRun: boolean;
  /** whether the run is to compute and publish anew, instead of reading what was published */
  readonly updatePublishedResults: boolean;
}

const KEYS = [
  "inputParams",
  "dryRun",
  "updatePublishedResults",
  "useCachedSqlResults",
  "updateCache",
  "viewId",
  "notifications",
] as const;

type Key = (typeof KEYS)[number];

/**
 * Reads the body of RunProject; none is an empty one.
 *
 * `useCachedSqlResults` is checked and changes nothing, since queries here are not cached.
 * `updateCache`, the older name of `updatePublishedResults`, counts only without parameters, as at
 * Hex.
 *
 * @throws {HttpFailure} 400 for what breaks the form, 422 for what this server does not have
 */
export function parseRunBody(body: unknown): RunBody {
  const written = toKnownKeys(body);
  const inputParams = readParams(written.get("inputParams"));
  const updateCache = readFlag(written, "updateCache") && inputParams.size === 0;
  readFlag(written, "useCachedSqlResults");
  refuseView(written.get("viewId"));
  refuseNotifications(written.get("notifications"));
  return {
    inputParams,
    dryRun: readFlag(written, "dryRun"),
    updatePublishedResults: readFlag(written, "updatePublishedResults") || updateCache,
  };
}

function toKnownKeys(body: unknown): ReadonlyMap<Key, unknown> {
  const known = new Map<Key, unknown>();
  for (const [written, value] of Object.entries(
    readObject(body === undefined ? {} : body, "the body"),
  )) {
    const key = KEYS.find((each) => each === written);
    if (key === undefined) {
      throw new HttpFailure(
        400,
        `Expected the body to have only the keys ${KEYS.join(", ")}, got ${show(written)}`,
      );
    }
    known.set(key, value);
  }
  return known;
}

function readParams(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(readObject(value ?? {}, "inputParams")));
}

function readObject(value: unknown, place: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new HttpFailure(400, `Expected ${place} to be a JSON object, got ${show(value)}`);
}

/** Hex's own examples, and Python, write them as texts. */
const FLAGS = new Map<unknown, boolean>([
  [undefined, false],
  [null, false],
  [true, true],
  [false, false],
  ["true", true],
  ["false", false],
  ["True", true],
  ["False", false],
]);

function readFlag(written: ReadonlyMap<Key, unknown>, key: Key): boolean {
  const value = written.get(key);
  const flag = FLAGS.get(value);
  if (flag !== undefined) return flag;
  throw new HttpFailure(400, `Expected ${key} to be true or false, got ${show(value)}`);
}

function refuseView(viewId: unknown): void {
  if (viewId === undefined || viewId === null) return;
  throw new HttpFailure(
    422,
    "Expected no viewId, since this server keeps no saved views, got one (give the values as inputParams)",
  );
}

/** Dropped in silence, they would be missed when it matters. */
function refuseNotifications(notifications: unknown): void {
  if (notifications === undefined || notifications === null) return;
  if (Array.isArray(notifications) && notifications.length === 0) return;
  throw new HttpFailure(
    422,
    "Expected no notifications, since this server sends none, got some (leave them out, and poll the run)",
  );
}

const LONGEST_SHOWN = 80;

/** A value as it is told in a sentence. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
