import type { Config } from "../../project/config.ts";
import type { Schedule } from "../../schedule/schedule.ts";

/** What is told of a project besides its config. */
export interface ProjectFacts {
  readonly projectId: string;
  /** ISO 8601, UTC, as is the next */
  readonly createdAt: string;
  readonly editedAt: string;
  readonly publishedAt: string | null;
  /** milliseconds since 1970 */
  readonly nowMs: number;
}

/** A domain that can never be anybody's: projects here have no owners with addresses. */
const NOBODY = { email: "nobody@hex-runtime.invalid" };
const NO_VIEWS = { lastThirtyDays: 0, lastFourteenDays: 0, lastSevenDays: 0, allTime: 0 };

/** A project as Hex's API tells it. */
export function toProjectObject(config: Config, facts: ProjectFacts) {
  const { projectId, createdAt, editedAt, publishedAt, nowMs } = facts;
  return {
    id: projectId,
    title: config.name,
    description: null,
    type: "PROJECT",
    creator: NOBODY,
    owner: NOBODY,
    status: null,
    categories: [],
    reviews: { required: false },
    analytics: {
      publishedResultsUpdatedAt: publishedAt,
      lastViewedAt: null,
      appViews: NO_VIEWS,
    },
    createdAt,
    lastEditedAt: editedAt,
    lastPublishedAt: publishedAt,
    archivedAt: null,
    trashedAt: null,
    schedules: config.schedules.map((schedule) => toScheduleObject(schedule, nowMs)),
  };
}

/** Every schedule here is a cron expression. */
function toScheduleObject({ cron, timezone }: Schedule, nowMs: number) {
  return {
    cadence: "CUSTOM",
    enabled: true,
    hourly: null,
    daily: null,
    weekly: null,
    monthly: null,
    custom: { timezone: toOffset(timezone, nowMs), cron },
  };
}

/** How far a zone's clocks are ahead now, as Hex writes zones: `+08:00`. */
function toOffset(timeZone: string, nowMs: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  const name = parts.formatToParts(nowMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
  return name.replace(/^GMT/, "") || "+00:00";
}
