import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Config } from "../../project/config.ts";
import { CONFIG_FILE } from "../../project/config.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import { type Query, readWholeNumber } from "../query.ts";
import type { Served } from "../served.ts";
import { API, checkProject, PAGE_LIMIT } from "./addresses.ts";

/** ListProjects and GetProject: the one project that is served. */
export function addProjectRoutes(app: FastifyInstance, served: Served): void {
  app.get(`${API}/projects`, { config: { auth: "read" } }, async (request) => {
    const query = request.query as Query;
    readWholeNumber(query, "limit", PAGE_LIMIT);
    const values = isAskedFor(query) ? [await readProject(served)] : [];
    return { values, pagination: { after: null, before: null } };
  });
  const config = { auth: "read", errors: "message" } as const;
  app.get(`${API}/projects/:projectId`, { config }, async (request) => {
    checkProject(request, served);
    return readProject(served);
  });
}

/** Filters that a project without statuses, categories, people or collections cannot meet. */
const UNMET = ["statuses", "categories", "creatorEmail", "ownerEmail", "collectionId"];
/** There is one page: none comes before or after it. */
const CURSORS = ["after", "before"];

/** Keys that are not known are passed over, as clients rely on. */
function isAskedFor(query: Query): boolean {
  return [...UNMET, ...CURSORS].every((key) =>
    [key, `${key}[]`].every((each) => (query[each] ?? []).every((value) => value === "")),
  );
}

async function readProject({ runs, project, newest, projectId, now }: Served) {
  const { directory, config } = runs;
  const { publishedAt } = await newest.read();
  const { changedAtMs } = await project.read();
  const { birthtimeMs, mtimeMs } = await stat(join(directory, CONFIG_FILE));
  return toProjectObject(config, {
    projectId,
    publishedAt,
    // Not every disk knows when a file was made.
    createdAt: new Date(birthtimeMs || mtimeMs).toISOString(),
    editedAt: new Date(changedAtMs).toISOString(),
    nowMs: now(),
  });
}

/** Facts about a project besides its config. */
interface ProjectFacts {
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

/** A project in the form of Hex's API. */
function toProjectObject(config: Config, facts: ProjectFacts) {
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
