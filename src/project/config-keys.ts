import * as v from "valibot";
import { DURATION } from "../cell/duration.ts";
import { RUN_CONTEXTS } from "../cell/run-context.ts";
import { schedulesKeys } from "../schedule/schedule.ts";
import { pageKey } from "./page-settings.ts";
import { runsKey } from "./run-limits.ts";
import { serverKey } from "./server-settings.ts";

const DURATION_RULE = "a whole number with a unit: 90s, 15m, 24h or 7d";
const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The rules of hex.config.json; each message is what follows "Expected … to be". */
export const configKeys = v.strictObject({
  $schema: v.optional(v.string("the address of a JSON Schema")),
  name: v.pipe(
    v.string("a name"),
    v.minLength(1, "a name of at least one character"),
    v.description("Stands above a run's result"),
  ),
  projectId: v.optional(
    v.pipe(
      v.string("a UUID"),
      v.uuid("a UUID"),
      v.description("Identifies the project to programs"),
    ),
  ),
  cells: v.optional(
    v.pipe(
      v.string("a folder name"),
      v.minLength(1, "a folder name"),
      v.description("Folder of the cell files, below the project's folder"),
    ),
    "cells",
  ),
  store: v.optional(
    v.pipe(v.unknown(), v.description("Where frames are published")),
    "file:.hex/store",
  ),
  computeIn: v.optional(
    v.pipe(
      v.array(
        v.picklist(RUN_CONTEXTS, `one of ${RUN_CONTEXTS.join(", ")}`),
        "a list of run contexts",
      ),
      v.description("Run contexts in which cached cells compute unless they say otherwise"),
    ),
    ["logic"],
  ),
  maxAge: v.optional(
    v.pipe(
      v.string(DURATION_RULE),
      v.regex(DURATION, DURATION_RULE),
      v.description("How old published frames may be before they are shown as stale: 90s, 24h, 7d"),
    ),
  ),
  machines: v.optional(
    v.pipe(
      v.picklist(["one", "several"], "one or several"),
      v.description(
        "Whether only one machine publishes, or several do, which the store must support",
      ),
    ),
    "several",
  ),
  retention: v.optional(
    v.pipe(
      v.strictObject({
        versions: v.optional(
          v.pipe(
            v.number("a whole number from 1"),
            v.integer("a whole number from 1"),
            v.minValue(1, "a whole number from 1"),
          ),
          10,
        ),
        age: v.optional(v.pipe(v.string(DURATION_RULE), v.regex(DURATION, DURATION_RULE)), "24h"),
      }),
      v.description("Versions that are kept: so many, and all that are younger"),
    ),
    {},
  ),
  queue: v.optional(v.pipe(v.unknown(), v.description("Where runs wait for workers")), "embedded"),
  runs: v.optional(
    v.pipe(runsKey, v.description("What a run that waits in the queue may use")),
    {},
  ),
  server: v.optional(
    v.pipe(serverKey, v.description("How `hex serve` listens, and what it allows")),
    {},
  ),
  page: v.optional(
    v.pipe(pageKey, v.description("How the published page looks, and who may look at it")),
    {},
  ),
  inputs: v.optional(
    v.pipe(
      v.record(v.string(), v.unknown(), "an object of input names and values"),
      v.description("Values of inputs by name, used unless a run asks for others"),
    ),
    {},
  ),
  schedules: v.optional(
    v.pipe(schedulesKeys, v.description("When runs are filed by the clock")),
    [],
  ),
  secrets: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          v.string("a name"),
          v.regex(SECRET_NAME, "a name of letters, digits and underscores"),
        ),
        "a list of names",
      ),
      v.description("Names of secrets; the values come from the environment or the file .env"),
    ),
    [],
  ),
});
