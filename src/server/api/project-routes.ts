import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { CONFIG_FILE } from "../../project/config.ts";
import { type Query, readWholeNumber } from "../query.ts";
import type { Served } from "../served.ts";
import { API, checkProject } from "./addresses.ts";
import { toProjectObject } from "./project-object.ts";

/** ListProjects and GetProject: the one project that is served. */
export function addProjectRoutes(app: FastifyInstance, served: Served): void {
  app.get(`${API}/projects`, { config: { auth: "read" } }, async (request) => {
    const query = request.query as Query;
    readWholeNumber(query, "limit", { from: 1, to: 100, unless: 25 });
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
