/** Who is killed, always by SIGKILL. */
const DIRECT_VICTIMS = ["hex run", "run process of hex run", "container of hex run"] as const;
const QUEUED_VICTIMS = [
  "hex worker",
  "run process of hex worker",
  "hex serve",
  "container of hex worker",
] as const;

/** How far the run was that it carried out. */
const PLACES = ["begun", "waiting", "computing", "staged", "swapping", "published"] as const;

type Victim = (typeof DIRECT_VICTIMS)[number] | (typeof QUEUED_VICTIMS)[number];
type Place = (typeof PLACES)[number];

/** One row of the table. */
export interface KillCase {
  readonly victim: Victim;
  readonly place: Place;
  readonly store: "directory" | "S3";
  /** none: whoever asks for the run carries it out */
  readonly queue: "none" | "embedded" | "Redis";
}

const STORES = ["directory", "S3"] as const;
const QUEUES = ["embedded", "Redis"] as const;

/** Every victim at every place, on each store and with each queue. */
export function everyKill(): readonly KillCase[] {
  return [
    ...DIRECT_VICTIMS.flatMap((victim) => atEveryPlace(victim, "none")),
    ...QUEUES.flatMap((queue) => QUEUED_VICTIMS.flatMap((victim) => atEveryPlace(victim, queue))),
  ];
}

function atEveryPlace(victim: Victim, queue: KillCase["queue"]): readonly KillCase[] {
  return STORES.flatMap((store) => PLACES.map((place) => ({ victim, place, store, queue })));
}

/** @example "hex worker, computing, S3, Redis" */
export function toTitle({ victim, place, store, queue }: KillCase): string {
  return [victim, place, store, ...(queue === "none" ? [] : [queue])].join(", ");
}

/** Whether the run had published before the kill. */
export function hasPublished({ place, store }: KillCase): boolean {
  return place === "published" || (place === "swapping" && store === "S3");
}

export function isQueued({ queue }: KillCase): boolean {
  return queue !== "none";
}

/** Whether only the process of the run dies, and whoever looks after it lives on. */
export function isRunProcess({ victim }: KillCase): boolean {
  return victim.startsWith("run process");
}

export function isContainer({ victim }: KillCase): boolean {
  return victim.startsWith("container");
}
