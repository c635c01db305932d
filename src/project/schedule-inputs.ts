import { type RequestedInputs, toRequestedInputs } from "../cell/requested-input.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { CONFIG_FILE, type Config } from "./config.ts";
import { toInputs } from "./inputs.ts";
import type { Project } from "./project.ts";

/** What the runs of a schedule ask for, with the places where it is written. */
export function toScheduleInputs({ schedules }: Config, { name }: Schedule): RequestedInputs {
  const index = schedules.findIndex((schedule) => schedule.name === name);
  const place = (input: string) => `\`schedules[${index}].inputs.${input}\` in ${CONFIG_FILE}`;
  return toRequestedInputs(Object.entries(schedules[index]?.inputs ?? {}), { place });
}

/**
 * Refuses schedules whose runs would be refused, before any of them is due.
 * @throws {HexError} HEX_INPUT_INVALID as `toInputs`
 */
export function checkScheduleInputs(project: Pick<Project, "cells" | "config">): void {
  for (const schedule of project.config.schedules) {
    toInputs(project, toScheduleInputs(project.config, schedule));
  }
}
