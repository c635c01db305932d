import { expectation } from "../errors.ts";

/** The key of the one small object that points at what is published. */
export const MANIFEST_KEY = ".hex/manifest.json";

/** The folder below which every run stages its own immutable objects. */
export const RUNS_PREFIX = ".hex/runs/";

/** The folder below which stores are tried out. */
export const PROBE_PREFIX = ".hex/probe/";

/** The folder below which the history of runs is kept, a folder each day. */
export const HISTORY_PREFIX = ".hex/history/";

/** The folder of what is derived from the history, so that lists need not read all of it. */
export const HISTORY_INDEX_PREFIX = ".hex/history-index/";

/** The key of what tells which days of the history are closed. */
export const CLOSED_DAYS_KEY = `${HISTORY_INDEX_PREFIX}closed-days.json`;

/** The folder of the marks of runs that have not ended. */
export const OPEN_RUNS_PREFIX = ".hex/open-runs/";

/** The folder below which every schedule has a folder with an object for each instant it took. */
export const TICKS_PREFIX = ".hex/ticks/";

/** The folder of the tokens by which programs name themselves, each as its digest. */
export const TOKENS_PREFIX = ".hex/tokens/";

/** The object that says whether a token was ever made. */
export const ACCESS_KEY = ".hex/access.json";

/** The folder of the keys by which a repeated request gets the run of the first. */
export const KEYS_PREFIX = ".hex/keys/";

/** Prefix of the keys of presses of buttons. */
export const PRESS_PREFIX = `${KEYS_PREFIX}press-`;

/** The folder of what was noted of names that other tools see. */
const SHARED_PREFIX = ".hex/shared/";

/** Prefix of every temporary name inside a directory store; no key may have it. */
export const TEMPORARY_PREFIX = ".hex-tmp-";

/** The objects that hold one frame. */
export interface FrameKeys {
  readonly csv: string;
  readonly schema: string;
  readonly arrow: string;
  readonly parquet: string;
}

/** The objects that hold what is known of one run. */
export interface HistoryKeys {
  readonly record: string;
  readonly log: string;
  readonly result: string;
  /** tells where the frames are that its cells showed */
  readonly outputs: string;
}

const NAME_RULE =
  'segments of letters, digits, "_", "." and "-" joined by "/", at most 200 characters, ' +
  "no segment beginning or ending with a dot";
const NAME_MAX_LENGTH = 200;
const KEY_MAX_LENGTH = 900;
/** leaves room for what a directory store puts before a file's name, within 255 bytes */
const SEGMENT_MAX_LENGTH = 220;
const SEGMENT = /^[A-Za-z0-9_.-]+$/;
/** names that Windows keeps for devices, with any ending, and those that mean something to JavaScript objects */
const RESERVED =
  /^(?:(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?|__proto__|constructor|prototype)$/i;
/** a folder named so would stand where another frame has its file */
const FILE_ENDING = /\.(?:csv|arrow|parquet|schema\.json)$|^outputs\.json$/i;
const RUN_ID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Reads a frame's name, such as `planets/planet_data`.
 *
 * @throws {HexError} HEX_KEY_INVALID
 */
export function parseFrameName(name: unknown): string {
  const expected = frameNameFault(name);
  if (expected === undefined && typeof name === "string") return name;
  throw expectation("HEX_KEY_INVALID", {
    place: "the frame name",
    expected: expected ?? NAME_RULE,
    got: printable(name),
  });
}

/** Whether a text is a frame's name. */
export function isFrameName(name: string): boolean {
  return frameNameFault(name) === undefined;
}

/** The keys under which one attempt of a run stages a frame. */
export function stagedFrameKeys(runId: string, attempt: number, frameName: string): FrameKeys {
  const base = `${stagedPrefix(runId, attempt)}${parseFrameName(frameName)}`;
  return {
    csv: `${base}.csv`,
    schema: `${base}.schema.json`,
    arrow: `${base}.arrow`,
    parquet: `${base}.parquet`,
  };
}

/** The key under which one attempt of a run stages the sums of the blocks of a frame's Arrow file. */
export function stagedSumsKey(runId: string, attempt: number, frameName: string): string {
  // No frame's name begins with a dot, and none has a folder that ends so.
  return `${stagedPrefix(runId, attempt)}.sums/${parseFrameName(frameName)}.arrow`;
}

/** The key under which one attempt of a run stages what its cells showed. */
export function stagedOutputsKey(runId: string, attempt: number): string {
  return `${stagedPrefix(runId, attempt)}outputs.json`;
}

/** The key under which one attempt of a run stages the whole frame that a cell showed. */
export function stagedShownKey(runId: string, attempt: number, cell: string): string {
  // No frame's name begins with a dot: none can lie there as well.
  return `${stagedPrefix(runId, attempt)}.shown/${cell}.arrow`;
}

/** The folder through which the processes that compute parts of a frame exchange values and results. */
export function partsPrefix(runId: string, attempt: number, frameName: string): string {
  return `${stagedPrefix(runId, attempt)}.parts/${parseFrameName(frameName)}/`;
}

/**
 * The folder that one attempt of a run has to itself.
 *
 * @throws {HexError} HEX_KEY_INVALID
 */
export function stagedPrefix(runId: string, attempt: number): string {
  if (!RUN_ID.test(runId)) {
    const expected = '1 to 64 letters, digits, "_" or "-"';
    throw expectation("HEX_KEY_INVALID", { place: "the run id", expected, got: printable(runId) });
  }
  if (!Number.isSafeInteger(attempt) || attempt < 1) {
    const expected = "a whole number from 1";
    throw expectation("HEX_KEY_INVALID", {
      place: "the attempt of the run",
      expected,
      got: printable(attempt),
    });
  }
  return `${RUNS_PREFIX}${runId}-${attempt}/`;
}

/** The keys of what history keeps of a run. @param day when it was accepted, `2026-01-31` */
export function historyKeys(day: string, runId: string): HistoryKeys {
  const folder = `${historyDayPrefix(day)}${runId}/`;
  return {
    record: `${folder}record.json`,
    log: `${folder}log.jsonl`,
    result: `${folder}result.json`,
    outputs: `${folder}outputs.json`,
  };
}

/** The key of a frame that a cell showed in one attempt of a run, beside what history keeps of it. */
export function shownFrameKey(
  { outputs }: Pick<HistoryKeys, "outputs">,
  attempt: number,
  cell: string,
): string {
  return outputs.replace(/\.json$/, `/${attempt}/${cell}.arrow`);
}

/** The folder of the runs that were accepted on a day. */
export function historyDayPrefix(day: string): string {
  return `${HISTORY_PREFIX}${day}/`;
}

/** The key of the index of the runs that were accepted on a day. */
export function dayIndexKey(day: string): string {
  return `${HISTORY_INDEX_PREFIX}${day}.json`;
}

/** The key of the mark that a run has not ended. */
export function openRunKey(runId: string): string {
  return `${OPEN_RUNS_PREFIX}${runId}`;
}

/** The key of what is known of a token; its secret is not. */
export function tokenKey(tokenId: string): string {
  return `${TOKENS_PREFIX}${tokenId}.json`;
}

/** The folder of one schedule's ticks. */
export function ticksPrefix(schedule: string): string {
  return `${TICKS_PREFIX}${schedule}/`;
}

/** The key of the tick of a planned instant, in whole seconds; keys sort as their instants do. */
export function tickKey(schedule: string, instantMs: number): string {
  const instant = new Date(instantMs).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${ticksPrefix(schedule)}${instant}.json`;
}

/** The instant whose tick has this key; undefined when it is no key of a tick. */
export function parseTickKey(key: string): number | undefined {
  const [, day, time] = /\/(\d{8})T(\d{6})Z\.json$/.exec(key) ?? [];
  const date = day?.replace(/(....)(..)(..)/, "$1-$2-$3");
  const instant = Date.parse(`${date}T${time?.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}

/** The formats in which a frame's newest content lies where other tools look, where that is asked for. */
export const ASKED_FORMATS = ["parquet"] as const;

/** A format in which frames are published as well where the config says so. */
export type AskedFormat = (typeof ASKED_FORMATS)[number];

/** All formats in which a frame's newest content lies where other tools look. */
export const SHARED_FORMATS = ["csv", "arrow", ...ASKED_FORMATS] as const;

export type SharedFormat = (typeof SHARED_FORMATS)[number];

/** The key at which other tools find, or leave, the newest file of a frame. */
export function sharedKey(frameName: string, format: SharedFormat): string {
  return `${parseFrameName(frameName)}.${format}`;
}

/** The key at which it is noted what a run puts there before it has published the frame. */
export function claimKey(frameName: string, format: SharedFormat): string {
  return `${SHARED_PREFIX}${sharedKey(frameName, format)}`;
}

/** Whether a text is a key that a store takes. */
export function isStoreKey(key: string): boolean {
  return key.length > 0 && key.length <= KEY_MAX_LENGTH && key.split("/").every(isKeySegment);
}

/**
 * Refuses what is no store key, before any path or request is built from it.
 *
 * @throws {HexError} HEX_KEY_INVALID
 */
export function checkStoreKey(key: string): void {
  if (isStoreKey(key)) return;
  const expected = 'segments of letters, digits, "_", "." and "-" joined by "/"';
  throw expectation("HEX_KEY_INVALID", { place: "the store key", expected, got: printable(key) });
}

/**
 * Refuses what is no folder to list: `""` or a key followed by `/`.
 *
 * @throws {HexError} HEX_KEY_INVALID
 */
export function checkListPrefix(prefix: string): void {
  if (prefix === "" || (prefix.endsWith("/") && isStoreKey(prefix.slice(0, -1)))) return;
  const expected = 'empty or a store key that ends in "/"';
  throw expectation("HEX_KEY_INVALID", { place: "the prefix", expected, got: printable(prefix) });
}

/** The rule that the name breaks, to follow "to be". */
function frameNameFault(name: unknown): string | undefined {
  if (typeof name !== "string" || name.length > NAME_MAX_LENGTH) return NAME_RULE;
  const segments = name.split("/");
  if (!segments.every(isFrameSegment)) return NAME_RULE;
  if (segments.some((segment) => RESERVED.test(segment))) {
    return "free of names that Windows or JavaScript reserve, such as con, nul or constructor";
  }
  if (segments.slice(0, -1).some((segment) => FILE_ENDING.test(segment))) {
    return "free of folders that end in .csv, .arrow, .parquet or .schema.json, or are called outputs.json";
  }
  return undefined;
}

function isFrameSegment(segment: string): boolean {
  return SEGMENT.test(segment) && !segment.startsWith(".") && !segment.endsWith(".");
}

function isKeySegment(segment: string): boolean {
  return (
    SEGMENT.test(segment) &&
    segment.length <= SEGMENT_MAX_LENGTH &&
    !segment.endsWith(".") &&
    !segment.startsWith(TEMPORARY_PREFIX)
  );
}

function printable(value: unknown): string {
  if (typeof value !== "string") return value === null ? "null" : typeof value;
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}… (${value.length} characters)`;
}
