import * as v from "valibot";
import { DURATION, parseDuration } from "../cell/duration.ts";
import { RUN_CONTEXTS } from "../cell/run-context.ts";
import { schedulesKeys } from "../schedule/schedule.ts";
import { ASKED_FORMATS } from "../store/key.ts";
import { pageKey } from "./page-settings.ts";
import { serverKey } from "./server-settings.ts";

const DURATION_RULE = "a whole number with a unit: 90s, 15m, 24h or 7d";

/** Limits of a run that a worker carries out. */
export interface RunLimits {
  /** runs of the project at once, on all machines together */
  readonly atOnce: number;
  /** parts of runs at once in one worker; undefined: one for each core */
  readonly partsAtOnce: number | undefined;
  /** memory of all processes of a run together */
  readonly memoryBytes: number;
  readonly deadlineMs: number;
  /** how long the history of a run is kept */
  readonly keepMs: number;
  /** names of variables that run processes see besides the usual ones and the secrets */
  readonly environment: readonly string[];
}

const SIZE_RULE = "a whole number with a unit: 512MB or 4GB";

const SIZE = /^([1-9]\d{0,5})(MB|GB)$/;

const COUNT_RULE = "a whole number from 1";

const count = v.pipe(
  v.number(COUNT_RULE),
  v.integer(COUNT_RULE),
  v.minValue(1, COUNT_RULE),
  v.maxValue(1_000, "a whole number up to 1000"),
);

const variableName = v.pipe(
  v.string("a name"),
  v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a name of letters, digits and underscores"),
);
const duration = v.pipe(v.string(DURATION_RULE), v.regex(DURATION, DURATION_RULE));

/** The rules of `runs` in hex.config.json. */
const runsKey = v.strictObject({
  atOnce: v.optional(v.pipe(count, v.description("Runs of the project at once, everywhere"))),
  partsAtOnce: v.optional(v.pipe(count, v.description("Parts of runs at once, in one worker"))),
  memory: v.optional(
    v.pipe(
      v.string(SIZE_RULE),
      v.regex(SIZE, SIZE_RULE),
      v.description("Memory of one run: 512MB or 4GB"),
    ),
  ),
  deadline: v.optional(v.pipe(duration, v.description("How long a run may take"))),
  keep: v.optional(v.pipe(duration, v.description("How long the history of a run is kept"))),
  environment: v.optional(
    v.pipe(
      v.array(variableName, "a list of names"),
      v.description("Names of variables that run processes see besides the usual ones"),
    ),
  ),
});

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
  python: v.optional(
    v.pipe(
      v.string("a path or a command"),
      v.minLength(1, "a path or a command"),
      v.description(
        "The Python of `.py` cells: a path, relative to the project's folder, or a command",
      ),
    ),
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
      duration,
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
        age: v.optional(duration, "24h"),
      }),
      v.description("Versions that are kept: so many, and all that are younger"),
    ),
    {},
  ),
  alsoPublish: v.optional(
    v.pipe(
      v.array(v.picklist(ASKED_FORMATS, `one of ${ASKED_FORMATS.join(", ")}`), "a list of formats"),
      v.description("Formats beside CSV and Arrow in which frames are published as well"),
    ),
    [],
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
      v.array(variableName, "a list of names"),
      v.description("Names of secrets; the values come from the environment or the file .env"),
    ),
    [],
  ),
});

/** Fills in the defaults. */
export function toRunLimits(written: v.InferOutput<typeof runsKey>): RunLimits {
  const { atOnce = 2, partsAtOnce, environment = [] } = written;
  return {
    atOnce,
    partsAtOnce,
    environment,
    memoryBytes: toBytes(written.memory ?? "4GB"),
    deadlineMs: parseDuration(written.deadline ?? "1h", "`runs.deadline`"),
    keepMs: parseDuration(written.keep ?? "90d", "`runs.keep`"),
  };
}

function toBytes(size: string): number {
  const [, amount, unit] = SIZE.exec(size) ?? [];
  return Number(amount) * (unit === "GB" ? 2 ** 30 : 2 ** 20);
}
