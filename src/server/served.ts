import type { FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import type { Viewers } from "../kernel/evaluation.ts";
import type { ServerSettings } from "../project/server-settings.ts";
import type { DescribedProject } from "../work/described-project.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import type { Caller } from "./caller.ts";
import type { RateLimit, RunAdmission } from "./limits.ts";
import type { NewestVersion } from "./newest-version.ts";
import type { Log } from "./request-log.ts";
import type { RunRecords } from "./run-records.ts";
import type { ServerMetrics } from "./server-metrics.ts";
import type { TokenCache } from "./token-cache.ts";

/** State that the routes share. */
export interface Served {
  readonly runs: ProjectRuns;
  readonly records: RunRecords;
  /** in small letters */
  readonly projectId: string;
  readonly project: DescribedProject;
  readonly newest: NewestVersion;
  /** evaluates what viewers ask for, in other processes */
  readonly viewers: Viewers;
  readonly settings: ServerSettings;
  readonly tokens: TokenCache;
  /** the caller; refuses unknown ones with 401 */
  readonly findCaller: (request: FastifyRequest) => Caller | Promise<Caller>;
  /** who opens a page that needs no token; undefined where that is not known from its address alone */
  readonly findOpenViewer: (request: FastifyRequest) => Promise<Caller | undefined>;
  /** counts the requests of the page of each caller */
  readonly pageLimit: RateLimit;
  /** counts the runs that each caller starts */
  readonly runLimit: RateLimit;
  /** refuses runs when too many wait or go */
  readonly admission: RunAdmission;
  readonly registry: Registry;
  readonly metrics: ServerMetrics;
  readonly log: Log;
  /** milliseconds since 1970 */
  readonly now: () => number;
}
