import type { RunHistory } from "../../run/history/run-history.ts";
import type { RunRecord } from "../../run/history/run-record.ts";
import { type Query, readWholeNumber, readWord } from "../query.ts";
import { HEX_STATUSES, HEX_TRIGGERS, toHexStatus, toHexTrigger } from "./run-status.ts";

/** What GetProjectRuns asks for. */
export interface RunListQuery {
  readonly limit: number;
  readonly offset: number;
  readonly statusFilter: (typeof HEX_STATUSES)[number] | undefined;
  readonly runTriggerFilter: (typeof HEX_TRIGGERS)[number] | "ALL" | undefined;
}

/** A page of runs, the newest first. */
export interface RunList {
  readonly records: readonly RunRecord[];
  readonly hasMore: boolean;
}

/** Further back, `statusFilter` finds what is looked for. */
const FARTHEST_OFFSET = 10_000;
/** So many records are read at once. */
const READ_AT_ONCE = 100;

/** @throws {HttpFailure} 400 */
export function parseRunListQuery(query: Query): RunListQuery {
  return {
    limit: readWholeNumber(query, "limit", { from: 1, to: 100, unless: 25 }),
    offset: readWholeNumber(query, "offset", { from: 0, to: FARTHEST_OFFSET, unless: 0 }),
    statusFilter: readWord(query, "statusFilter", HEX_STATUSES),
    runTriggerFilter: readWord(query, "runTriggerFilter", [...HEX_TRIGGERS, "ALL"]),
  };
}

/** @throws {HexError} HEX_STORE_UNAVAILABLE */
export async function listRuns(history: RunHistory, query: RunListQuery): Promise<RunList> {
  const wanted = query.offset + query.limit + 1;
  const found: RunRecord[] = [];
  let before: string | undefined;
  do {
    const page = await history.list({ limit: READ_AT_ONCE, before });
    found.push(...page.runs.filter((record) => isAskedFor(record, query)));
    before = page.next;
  } while (before !== undefined && found.length < wanted);
  return { records: found.slice(query.offset, wanted - 1), hasMore: found.length >= wanted };
}

/** The query of the page that begins at an offset, with what else was asked for. */
export function toPageQuery(query: RunListQuery, offset: number): string {
  const { limit, statusFilter, runTriggerFilter } = query;
  const kept = { limit, offset, statusFilter, runTriggerFilter };
  const written = Object.entries(kept).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return new URLSearchParams(written).toString();
}

function isAskedFor(record: RunRecord, { statusFilter, runTriggerFilter }: RunListQuery): boolean {
  const isStatus = statusFilter === undefined || toHexStatus(record) === statusFilter;
  const isAny = runTriggerFilter === undefined || runTriggerFilter === "ALL";
  return isStatus && (isAny || toHexTrigger(record) === runTriggerFilter);
}
