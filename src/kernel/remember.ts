import { randomUUID } from "node:crypto";
import type { CellTurn, ExecutedCell } from "../run/recall.ts";
import type { FrameOrigin } from "../run/run-event.ts";
import { shareValue } from "../run/shared-value.ts";
import type { Version } from "../store/version.ts";
import { type CellMemory, type CellRecord, isRecord, type RememberedSize } from "./cell-memory.ts";
import { toFrameDigest } from "./frame-memory.ts";

/** What a cell has just come to, and where that is remembered. */
export interface ResultToRemember {
  /** stands for all that it hangs on, besides frames that it reads by itself */
  readonly key: string;
  /** names the state: a result that cannot be shared is for this one only */
  readonly scope: string;
  readonly turn: CellTurn;
  readonly executed: ExecutedCell;
}

/** For so long a CSV that another tool left is not looked at again. */
const FOREIGN_MS = 5_000;

/** Remembers what a cell has come to; gives what was known of it before, when it is the same. */
export async function rememberResult(
  memory: CellMemory,
  { key, scope, turn, executed }: ResultToRemember,
): Promise<CellRecord> {
  const { planned, frames, reads } = turn;
  const { value, output, shown, frame, origin } = executed.computed;
  const record: CellRecord = {
    result: randomUUID(),
    ...{ value, output, shown, frame, origin },
    staged: new Map([...frames.staged].filter(([, { cell }]) => cell === planned.name)),
    reads: reads.readBy(planned.name),
    source: reads.sourceOf(value),
  };
  const shared = shareValue(value);
  const size = {
    sizeBytes: shared.sizeBytes + shareValue(output).sizeBytes,
    frames: [...shared.frames, ...(shown === undefined ? [] : [shown])],
  };
  const own = { key, record, size, origins: executed.origins };
  // What this run has staged and then read hangs on more than the cells above.
  if (executed.origins.some(isStaged)) memory.put(record.result, record, size);
  else if (!shared.isSafe) memory.put(`${scope} ${key}`, record, size);
  else return rememberShared(memory, own, await frames.version());
  return record;
}

interface SharedResult {
  readonly key: string;
  readonly record: CellRecord;
  readonly size: RememberedSize;
  readonly origins: readonly FrameOrigin[];
}

/** Remembers it so that it is recalled as long as the frames that it read are the same. */
function rememberShared(
  memory: CellMemory,
  { key, record, size, origins }: SharedResult,
  version: Version,
): CellRecord {
  const { number } = version;
  const { result, shown, frame } = record;
  // Of a cell that is a published frame the key tells it.
  const isRead = frame !== undefined && shown !== undefined;
  const place = isRead || origins.length === 0 ? key : withVersion(key, version);
  if (place !== key) memory.put(key, { at: "version" });
  // Of a CSV of another tool that is not pinned, or of an earlier version, nobody knows how long it
  // stays.
  const pinned = new Set([...version.foreign().values()].map(({ tag }) => tag));
  const isForeign = origins.some(
    ({ version: from, tag }) =>
      !(tag === undefined ? from !== null && from === number : pinned.has(tag)),
  );
  if (!isForeign) {
    memory.put(place, record, size);
    return record;
  }
  const at = `${place} ${isRead ? toFrameDigest(shown) : result}`;
  memory.put(place, { at }, undefined, FOREIGN_MS);
  const known = memory.take(at);
  if (isRecord(known)) return known;
  memory.put(at, record, size);
  return record;
}

/** The key of what hangs on a whole version. */
export function withVersion(key: string, { number, id }: Version): string {
  return `${key} ${number} ${id ?? ""}`;
}

/** Frames of versions, and those of other tools, are not known to be computed by this run. */
function isStaged({ version, computedAt, tag }: FrameOrigin): boolean {
  return version === null && computedAt !== null && tag === undefined;
}
