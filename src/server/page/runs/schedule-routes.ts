import type { FastifyInstance } from "fastify";
import type { ListedSchedule, ScheduleList } from "../../../page/history-state.ts";
import type { RunRecord } from "../../../run/history/run-record.ts";
import { nextInstant } from "../../../schedule/planned-instants.ts";
import type { Schedule } from "../../../schedule/schedule.ts";
import type { Served } from "../../served.ts";
import { toListedRun } from "./shown-run.ts";

const NEXT_TOLD = 5;
const RUNS_TOLD = 5;
/** So many of the newest scheduled runs are looked through. */
const RUNS_LOOKED_AT = 200;

/** The schedules: when each is due next, and what it has filed. */
export function addScheduleRoutes(app: FastifyInstance, served: Served): void {
  const { config } = served.runs;
  app.get("/page/schedules", { config: { auth: "read" } }, async (): Promise<ScheduleList> => {
    const { runs } = await served.records.list({ trigger: "schedule", limit: RUNS_LOOKED_AT });
    const nowMs = served.now();
    return { schedules: config.schedules.map((each) => toListed(each, runs, nowMs)) };
  });
}

function toListed(schedule: Schedule, runs: readonly RunRecord[], nowMs: number): ListedSchedule {
  const own = runs.filter(({ occasion }) => occasion?.schedule === schedule.name);
  return {
    ...schedule,
    next: toNext(schedule, nowMs),
    runs: own.slice(0, RUNS_TOLD).map(toListedRun),
  };
}

function toNext(schedule: Schedule, nowMs: number): readonly string[] {
  const instants: string[] = [];
  for (let at = nextInstant(schedule, nowMs); at !== undefined; at = nextInstant(schedule, at)) {
    instants.push(new Date(at).toISOString());
    if (instants.length === NEXT_TOLD) break;
  }
  return instants;
}
