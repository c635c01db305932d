import * as v from "valibot";
import { RUN_COMPUTES, type RunCompute } from "../cell/run-compute.ts";
import { RUN_CONTEXTS, type RunContext } from "../cell/run-context.ts";
import { cronFault } from "./cron.ts";
import { isTimezone } from "./zone.ts";

/** At a planned instant, while the run before has not ended: no run, or one that is queued. */
const OVERLAPS = ["skip", "queue"] as const;

/** When to file a run, and which. */
export interface Schedule {
  /** names it in the store, for ever */
  readonly name: string;
  /** five fields: minute, hour, day of the month, month, weekday */
  readonly cron: string;
  /** of the IANA list */
  readonly timezone: string;
  readonly context: RunContext;
  /** requested values of its runs, by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** which heavy cells its runs compute */
  readonly compute: RunCompute;
  readonly overlap: (typeof OVERLAPS)[number];
}

const NAME_RULE =
  'a name of at most 64 small letters, digits, "-" and "_" that begins with a letter and is no ' +
  "device of Windows";
/** It becomes the name of a folder, also on disks that take A for a and have a device called nul. */
const NAME = /^(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$)[a-z][a-z0-9_-]{0,63}$/;
const SCHEDULES_MAX = 100;

const scheduleKeys = v.strictObject({
  name: v.pipe(
    v.string(NAME_RULE),
    v.regex(NAME, NAME_RULE),
    v.description("Names the schedule for ever; its history hangs on it"),
  ),
  cron: v.pipe(
    v.string("five fields as a text"),
    v.check(
      (text) => cronFault(text) === undefined,
      ({ input }) => cronFault(input) ?? "",
    ),
    v.description("Minute, hour, day of the month, month, weekday: 30 6 * * MON-FRI"),
  ),
  timezone: v.optional(
    v.pipe(
      v.string("a time zone"),
      v.check(isTimezone, "a time zone of the IANA list, such as Europe/Berlin"),
      v.description("By which clocks it fires, such as Europe/Berlin"),
    ),
    "UTC",
  ),
  context: v.optional(
    v.pipe(
      v.picklist(RUN_CONTEXTS, `one of ${RUN_CONTEXTS.join(", ")}`),
      v.description("Run context of its runs"),
    ),
    "scheduled",
  ),
  inputs: v.optional(
    v.pipe(
      v.record(v.string(), v.unknown(), "an object of input names and values"),
      v.description("Values of inputs by name, in the place of the config's"),
    ),
    {},
  ),
  compute: v.optional(
    v.pipe(
      v.picklist(RUN_COMPUTES, RUN_COMPUTES.join(" or ")),
      v.description("Which heavy cells its runs compute: all, or those that something changed for"),
    ),
    "all",
  ),
  overlap: v.optional(
    v.pipe(
      v.picklist(OVERLAPS, OVERLAPS.join(" or ")),
      v.description("What happens when the run before still goes: it is skipped, or it waits"),
    ),
    "skip",
  ),
});

/** The rules of a list of schedules; each message is what follows "Expected … to be". */
export const schedulesKeys = v.pipe(
  v.array(scheduleKeys, "a list of schedules"),
  v.maxLength(SCHEDULES_MAX, `a list of at most ${SCHEDULES_MAX}`),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const names = dataset.value.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      const path = toNamePath(dataset.value, index);
      addIssue({ message: "a name that no other schedule has", input: name, path });
    }
  }),
);

type WrittenSchedules = v.InferOutput<v.ArraySchema<typeof scheduleKeys, string>>;

/** The way of valibot to say `[2].name`. */
function toNamePath(input: WrittenSchedules, index: number): [v.ArrayPathItem, v.ObjectPathItem] {
  const value = input[index] ?? {};
  const entry = { type: "array", origin: "value", input, key: index, value } as const;
  return [
    entry,
    {
      type: "object",
      origin: "value",
      input: { ...value },
      key: "name",
      value: input[index]?.name,
    },
  ];
}
