import * as v from "valibot";
import { DURATION, parseDuration } from "../cell/duration.ts";

/** What a run that waits in the queue may use, once it runs. */
export interface RunLimits {
  /** so many runs of the project go at once, on all machines together */
  readonly atOnce: number;
  /** so many parts of runs go at once in one worker; undefined: one for each core */
  readonly partsAtOnce: number | undefined;
  /** of all processes of a run together */
  readonly memoryBytes: number;
  readonly deadlineMs: number;
  /** how long the history of a run is kept */
  readonly keepMs: number;
  /** names of variables that run processes see besides the usual ones and the secrets */
  readonly environment: readonly string[];
}

const SIZE_RULE = "a whole number with a unit: 512MB or 4GB";
const SIZE = /^([1-9]\d{0,5})(MB|GB)$/;
const DURATION_RULE = "a whole number with a unit: 90s, 15m, 24h or 7d";
const COUNT_RULE = "a whole number from 1";
const NAME_RULE = "a name of letters, digits and underscores";

const count = v.pipe(
  v.number(COUNT_RULE),
  v.integer(COUNT_RULE),
  v.minValue(1, COUNT_RULE),
  v.maxValue(1_000, "a whole number up to 1000"),
);
const duration = v.pipe(v.string(DURATION_RULE), v.regex(DURATION, DURATION_RULE));

/** The rules of `runs` in hex.config.json. */
export const runsKey = v.strictObject({
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
      v.array(
        v.pipe(v.string("a name"), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, NAME_RULE)),
        "a list of names",
      ),
      v.description("Names of variables that run processes see besides the usual ones"),
    ),
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
