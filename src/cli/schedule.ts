import { expectation } from "../errors.ts";
import { CONFIG_FILE, readConfig } from "../project/config.ts";
import { toRequester } from "../project/project-store.ts";
import { nextInstant } from "../schedule/planned-instants.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { openProjectRuns } from "../work/project-runs.ts";
import { toRequest } from "../work/project-schedules.ts";
import { submitRun } from "../work/submit-run.ts";
import { EXIT_COMPLETED } from "./exit-code.ts";
import type { MainOptions } from "./main.ts";
import { renderColumns } from "./render-columns.ts";
import { say, sayJson } from "./terminal.ts";

/** The flags of `hex schedule`, as commander hands them over. */
export interface ScheduleFlags {
  readonly project: string;
  readonly json?: true;
}

/** `hex schedule list`: the schedules and when each is due next. */
export async function list({ project, json }: ScheduleFlags): Promise<number> {
  const { schedules } = await readConfig(project, process.env);
  const told = schedules.map((schedule) => ({
    ...schedule,
    next: toText(nextInstant(schedule, Date.now())),
  }));
  if (json === true) sayJson({ schedules: told });
  else if (told.length === 0) say(`\`schedules\` in ${CONFIG_FILE} names none.`);
  else say(renderColumns([HEADINGS, ...told.map(toRow)]));
  return EXIT_COMPLETED;
}

const HEADINGS = ["name", "cron", "timezone", "context", "overlap", "next (UTC)", "inputs"];

function toRow(schedule: Schedule & { readonly next: string | null }): readonly string[] {
  const { name, cron, timezone, context, overlap, next, inputs } = schedule;
  const values = Object.entries(inputs).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [name, cron, timezone, context, overlap, next ?? "never", values.join(" ")];
}

/** The flags of `hex schedule next`. */
export interface NextFlags extends ScheduleFlags {
  readonly count: string;
}

/** `hex schedule next NAME`: the next planned instants of a schedule. */
export async function next(name: string, { project, json, count }: NextFlags): Promise<number> {
  const schedule = findSchedule((await readConfig(project, process.env)).schedules, name);
  const instants: string[] = [];
  let afterMs: number | undefined = Date.now();
  while (instants.length < parseCount(count)) {
    afterMs = nextInstant(schedule, afterMs);
    if (afterMs === undefined) break;
    instants.push(new Date(afterMs).toISOString());
  }
  if (json === true) sayJson({ name, instants });
  else for (const instant of instants) say(toLocal(instant, schedule));
  return EXIT_COMPLETED;
}

/** `hex schedule run NAME`: files a schedule's run now, whatever the clock says. */
export async function run(
  name: string,
  { project, json }: ScheduleFlags,
  { runtimeUrl }: MainOptions,
): Promise<number> {
  const runs = await openProjectRuns(project, { runtimeUrl });
  try {
    const schedule = findSchedule(runs.config.schedules, name);
    const request = toRequest(schedule);
    const occasion = { schedule: schedule.name, instant: new Date().toISOString() };
    const { runId } = await submitRun(runs, request, { requestedBy: toRequester(), occasion });
    if (json === true) sayJson({ runId, status: "queued" });
    else say(runId);
    return EXIT_COMPLETED;
  } finally {
    await runs.close();
  }
}

function findSchedule(schedules: readonly Schedule[], name: string): Schedule {
  const schedule = schedules.find((each) => each.name === name);
  if (schedule !== undefined) return schedule;
  const names = schedules.map((each) => each.name).join(", ");
  throw expectation("HEX_USAGE", {
    place: "NAME",
    expected: names === "" ? `one of the schedules in ${CONFIG_FILE}` : `one of ${names}`,
    got: JSON.stringify(name),
  });
}

function parseCount(count: string): number {
  if (/^[1-9]\d{0,2}$/.test(count)) return Number(count);
  const expected = "a whole number from 1 to 999";
  throw expectation("HEX_USAGE", { place: "--count", expected, got: JSON.stringify(count) });
}

/** An instant by the clocks of its schedule's zone, and in UTC. */
function toLocal(instant: string, { timezone }: Schedule): string {
  const local = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    dateStyle: "full",
    timeStyle: "short",
  });
  return `${instant}  ${local.format(new Date(instant))} in ${timezone}`;
}

function toText(instantMs: number | undefined): string | null {
  return instantMs === undefined ? null : new Date(instantMs).toISOString();
}
