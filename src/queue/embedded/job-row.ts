import type { Job, JobState, Lane } from "../job.ts";
import { parseKept } from "../kept-job.ts";
import type { SqliteRow } from "./sqlite.ts";

/** The job in a row of the table. */
export function toJob(row: SqliteRow): Job {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]));
  return {
    id: String(row["id"]),
    lane: row["lane"] as Lane,
    payload: parseKept(String(row["payload"]))?.value,
    priority: Number(row["priority"]),
    state: row["state"] as JobState,
    attempts: Number(row["attempts"]),
    worker: text("worker"),
    isCancelRequested: row["cancel_requested"] === 1,
    progress: parseKept(text("progress") ?? "")?.value,
    cause: text("cause"),
  };
}
