import { seededRandom } from "../fakes/seeded-random.ts";

/** What can become of one call of the store. */
const CALL_FAULTS = [
  /** 503, a full disk, or a request that never arrives: nothing is done */
  "refused",
  /** it is done, and nobody hears of it */
  "answer-lost",
  /** the caller gives up, and later it is done after all */
  "late",
  /** it is done, then repeated by something in between, whose answer is the one that is heard */
  "repeated",
  /** 409: nothing is decided */
  "undecided",
  /** 404 on If-Match, though something is there */
  "not-found",
  /** what is read breaks off in the middle, and nobody notices */
  "half",
  /** it takes half a minute */
  "slow",
  /** EIO in the middle of a write: a temporary file is left */
  "torn",
] as const;

export type CallFault = (typeof CALL_FAULTS)[number];

/** Something that goes wrong, once: at a call of a process, counted from 1, or at an instant. */
export type Fault =
  | {
      readonly kind: "call";
      readonly process: string;
      readonly call: number;
      readonly how: CallFault;
    }
  | {
      readonly kind: "kill";
      readonly process: string;
      readonly call: number;
      /** whether the store does what was asked for */
      readonly isDone: boolean;
      readonly backAfterMs: number;
    }
  | { readonly kind: "drift"; readonly machine: string; readonly rate: number }
  /** so many calls of a hundred that ask for keys which begin so have a fault of some kind */
  | { readonly kind: "flaky"; readonly key: string; readonly percent: number }
  | TimedFault;

/** What begins at an instant: to a process, to a machine with its clock, or to the disk of the store. */
export type TimedFault =
  | Timed<"stop", { readonly process: string; readonly forMs: number }>
  | Timed<"partition", { readonly process: string; readonly forMs: number }>
  | Timed<"suspend", { readonly machine: string; readonly forMs: number }>
  | Timed<"jump", { readonly machine: string; readonly byMs: number }>
  | Timed<"full-disk", { readonly forMs: number }>;

type Timed<Kind, More> = { readonly kind: Kind; readonly atMs: number } & More;

/** One of all that can become of a call. */
export function drawCallFault(random: () => number): CallFault {
  return CALL_FAULTS[Math.floor(random() * CALL_FAULTS.length)] ?? "refused";
}

/** Somebody who does something over and over. */
export interface Actor {
  readonly name: string;
  readonly machine: string;
  readonly role: string;
  /** how often; 0: for ever */
  readonly times: number;
}

/** One run of a simulation: who is there, and what goes wrong. */
export interface FaultPlan {
  readonly seed: number;
  readonly scenario: string;
  readonly actors: readonly Actor[];
  readonly faults: readonly Fault[];
}

/** What a scenario allows to go wrong. */
export interface FaultLimits {
  /** no fault begins later */
  readonly lastsMs: number;
  readonly longestStopMs: number;
  readonly furthestJumpMs: number;
  /** so many calls of one process may fail, from its first one on */
  readonly calls: number;
  /** what keys begin with whose calls may fail again and again */
  readonly flakyKeys: readonly string[];
}

/** Draws faults for those who are there. */
export function drawFaults(
  seed: number,
  actors: readonly Actor[],
  processes: readonly string[],
  { lastsMs, longestStopMs, furthestJumpMs, calls, flakyKeys }: FaultLimits,
): readonly Fault[] {
  const random = seededRandom(seed * 7_919 + 1);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const machines = [...new Set(actors.map(({ machine }) => machine))];
  const call = () => 1 + Math.floor(random() * calls);
  const at = () => Math.floor(random() * lastsMs);
  const long = () => Math.floor(random() ** 2 * longestStopMs);
  // A store that is calm, one that fails now and then, and one that fails often.
  const count = pick([0, 3, 10, 30]);
  const failures = Array.from({ length: count }, (): Fault => {
    return { kind: "call", process: pick(processes), call: call(), how: drawCallFault(random) };
  });
  const percent = pick([0, 0, 5, 30, 90]);
  const flaky: Fault = { kind: "flaky", key: pick(flakyKeys), percent };
  const draw: readonly (() => Fault)[] = [
    () => ({
      ...{ kind: "kill", process: pick(processes), call: call() },
      ...{ isDone: random() < 0.5, backAfterMs: Math.floor(random() * 60_000) },
    }),
    () => ({ kind: "stop", process: pick(processes), atMs: at(), forMs: long() }),
    () => ({ kind: "partition", process: pick(processes), atMs: at(), forMs: long() }),
    () => ({ kind: "suspend", machine: pick(machines), atMs: at(), forMs: long() }),
    () => ({
      ...{ kind: "jump", machine: pick(machines), atMs: at() },
      byMs: Math.floor((random() * 2 - 1) * furthestJumpMs),
    }),
    () => ({ kind: "drift", machine: pick(machines), rate: 0.95 + random() / 10 }),
    () => ({ kind: "full-disk", atMs: at(), forMs: Math.floor(random() * 20_000) }),
  ];
  const others = Array.from({ length: Math.floor(random() * 9) }, () => pick(draw)());
  return [...failures, ...(percent === 0 ? [] : [flaky]), ...others];
}

/** One fault in words. */
export function describeFault(fault: Fault): string {
  const { kind, ...facts } = fault;
  return `${kind} ${Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ")}`;
}

/** The same plan with each call that failed named by itself, so that it can be left out alone. */
export function withCalls(plan: FaultPlan, met: readonly Fault[]): FaultPlan {
  return { ...plan, faults: [...plan.faults.filter(({ kind }) => kind !== "flaky"), ...met] };
}

/** So many smaller plans are tried, at most: a plan may take a second. */
const MOST_TRIES = 400;

/**
 * A smaller plan that still fails: without the faults and actors that can be left out, half of them
 * at a time first, and with less to do.
 */
export async function shrink(
  plan: FaultPlan,
  fails: (smaller: FaultPlan) => Promise<boolean>,
): Promise<FaultPlan> {
  const shrinking = new Shrinking(plan, fails);
  for (let before: FaultPlan | undefined; before !== shrinking.smallest; ) {
    before = shrinking.smallest;
    await shrinking.leaveOutActors();
    await shrinking.leaveOutFaults();
    await shrinking.doLess();
  }
  return shrinking.smallest;
}

class Shrinking {
  smallest: FaultPlan;
  readonly #fails: (smaller: FaultPlan) => Promise<boolean>;
  #tries = 0;

  constructor(plan: FaultPlan, fails: (smaller: FaultPlan) => Promise<boolean>) {
    this.smallest = plan;
    this.#fails = fails;
  }

  /** Actors go first: whatever happens to them goes with them. */
  async leaveOutActors(): Promise<void> {
    for (const { name, times } of this.smallest.actors) {
      // Without who serves for ever nobody would bring to an end what was accepted.
      if (times > 0 || !name.endsWith("1")) await this.#try(withoutActor(this.smallest, name));
    }
  }

  async leaveOutFaults(): Promise<void> {
    for (let size = this.smallest.faults.length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < this.smallest.faults.length; ) {
        if (!(await this.#try(withoutFaults(this.smallest, from, size)))) from += size;
      }
    }
  }

  async doLess(): Promise<void> {
    for (const { name, times } of this.smallest.actors) {
      for (let less = times - 1; less >= 1; less--) {
        if (!(await this.#try(withLess(this.smallest, name, less)))) break;
      }
    }
  }

  async #try(smaller: FaultPlan): Promise<boolean> {
    if (++this.#tries > MOST_TRIES || !(await this.#fails(smaller))) return false;
    this.smallest = smaller;
    return true;
  }
}

function withoutActor(plan: FaultPlan, name: string): FaultPlan {
  const isOthers = (process: string) => !process.startsWith(name);
  return {
    ...plan,
    actors: plan.actors.filter((actor) => actor.name !== name),
    faults: plan.faults.filter((fault) => !("process" in fault) || isOthers(fault.process)),
  };
}

function withoutFaults(plan: FaultPlan, from: number, size: number): FaultPlan {
  return { ...plan, faults: plan.faults.filter((_, at) => at < from || at >= from + size) };
}

function withLess(plan: FaultPlan, name: string, times: number): FaultPlan {
  const actors = plan.actors.map((actor) => (actor.name === name ? { ...actor, times } : actor));
  return { ...plan, actors };
}
