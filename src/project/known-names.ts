import { RUN_CONTEXTS } from "../cell/run-context.ts";
import { RUN_STATES } from "../run/history/run-record.ts";
import type { Redactor } from "../run/redact/redactor.ts";
import type { CellSource } from "../source/cell-sources.ts";
import type { Version } from "../store/version.ts";
import { CONFIG_FILE, type Config } from "./config.ts";
import type { Project } from "./project.ts";
import type { DescribedCell } from "./project-description.ts";

/** The names that a project has, and the values that its inputs allow: none of them is a leak as such. */
export function namesOf({ cells, config }: Pick<Project, "cells" | "config">): readonly string[] {
  return [...cellNames(cells.cells), ...configNames(config)];
}

export function cellNames(
  cells: readonly (Pick<CellSource, "name" | "frame" | "widget"> | DescribedCell)[],
): readonly string[] {
  return cells.flatMap(({ name, frame, widget }) => [
    name,
    ...(frame ? [frame] : []),
    ...textsIn(widget),
  ]);
}

export function configNames({ name, inputs, schedules, page }: Config): readonly string[] {
  return [
    ...[name, ...RUN_CONTEXTS, ...RUN_STATES],
    ...textsIn(Object.fromEntries(inputs)),
    ...schedules.flatMap((schedule) => [schedule.name, ...textsIn(schedule.inputs)]),
    ...textsIn(page.layout),
  ];
}

/** The names of the frames that a version holds, and of their columns. */
export function frameNames(version: Version): readonly string[] {
  return [...version.frames()].flatMap(([name, { columns }]) => [
    name,
    ...columns.map((column) => column.name),
  ]);
}

/** All texts in plain data, its keys among them. */
function textsIn(data: unknown): string[] {
  if (typeof data === "string") return [data];
  if (typeof data !== "object" || data === null) return [];
  if (Array.isArray(data)) return data.flatMap(textsIn);
  return Object.entries(data).flatMap(([key, value]) => [key, ...textsIn(value)]);
}

/** A line for each secret that stands where nobody would look for one; it never holds the value. */
export function tellCommonSecrets(redactor: Redactor): readonly string[] {
  return redactor.findCommon().map(({ secret, why }) => {
    const got =
      why === "ordinary"
        ? "a common word or number"
        : "a text that stands in names or values of the project";
    return `Expected secret ${secret}, listed in ${CONFIG_FILE}, to have a value that stands nowhere else, got ${got} (it is taken out of texts, and stays in names, options, times and numbers; choose a longer one)`;
  });
}
