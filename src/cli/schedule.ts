import { expectation } from "../errors.ts";
import { CONFIG_FILE, readConfig } from "../project/config.ts";
import { toRequester } from "../project/project-store.ts";
import { nextInstant } from "../schedule/planned-instants.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { openProjectRuns } from "../work/project-runs.ts";
import { toScheduledRequest } from "../work/project-schedules.ts";
import { submitRun } from "../work/submit-run.ts";
import {
  type CommandFlags,
  EXIT_COMPLETED,
  type MainOptions,
  parseWholeNumber,
} from "./command.ts";
import { renderColumns, renderValues } from "./render.ts";
import { sayResult } from "./terminal.ts";

/** `hex schedule list`: the schedules and when each is due next. */
export async function printSchedules(flags: CommandFlags): Promise<number> {
  const { schedules } = await readConfig(flags.project, process.env);
  const listed = schedules.map((schedule) => ({
    ...schedule,
    next: toText(nextInstant(schedule, Date.now())),
  }));
  sayResult(flags, { schedules: listed }, () =>
    listed.length === 0
      ? `\`schedules\` in ${CONFIG_FILE} names none.`
      : renderColumns([HEADINGS, ...listed.map(toRow)]),
  );
  return EXIT_COMPLETED;
}

const HEADINGS = ["name", "cron", "timezone", "context", "overlap", "next (UTC)", "inputs"];

function toRow(schedule: Schedule & { readonly next: string | null }): readonly string[] {
  const { name, cron, timezone, context, overlap, next, inputs } = schedule;
  return [name, cron, timezone, context, overlap, next ?? "never", renderValues(inputs)];
}

/** The flags of `hex schedule next`. */
export interface NextFlags extends CommandFlags {
  readonly count: string;
}

/** `hex schedule next NAME`: the next planned instants of a schedule. */
export async function next(name: string, flags: NextFlags): Promise<number> {
  const schedule = findSchedule((await readConfig(flags.project, process.env)).schedules, name);
  const count = parseWholeNumber(flags.count, "--count", { from: 1, to: 999 });
  const instants: string[] = [];
  let afterMs: number | undefined = Date.now();
  while (instants.length < count) {
    afterMs = nextInstant(schedule, afterMs);
    if (afterMs === undefined) break;
    instants.push(new Date(afterMs).toISOString());
  }
  sayResult(flags, { name, instants }, () =>
    instants.map((instant) => toLocal(instant, schedule)).join("\n"),
  );
  return EXIT_COMPLETED;
}

/** `hex schedule run NAME`: queues the run of a schedule now. */
export async function runSchedule(
  name: string,
  flags: CommandFlags,
  { runtimeUrl }: MainOptions,
): Promise<number> {
  const runs = await openProjectRuns(flags.project, { runtimeUrl });
  try {
    const schedule = findSchedule(runs.config.schedules, name);
    const request = toScheduledRequest(schedule);
    const occasion = { schedule: schedule.name, instant: new Date().toISOString() };
    const { runId } = await submitRun(runs, request, { requestedBy: toRequester(), occasion });
    sayResult(flags, { runId, status: "queued" }, () => runId);
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
