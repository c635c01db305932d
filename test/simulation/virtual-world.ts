import { createHash } from "node:crypto";
import { seededRandom } from "../fakes/seeded-random.ts";

/** When simulated time begins, by the clocks that nobody has set. */
export const EPOCH_MS = Date.parse("2026-03-04T12:00:00Z");

const nextTurn = setImmediate;

/** A computer: its processes share a clock, and stand still together while it is suspended. */
export interface Machine {
  readonly name: string;
  /** how much faster its clocks go than they should */
  rate: number;
  /** by how much its time of day was put forward, or back */
  offsetMs: number;
  /** for how long it was suspended so far, which its steady clock does not count */
  suspendedMs: number;
}

/** A process of a simulated machine. All that it waits for are steps, which end with its life. */
export interface VirtualProcess {
  readonly name: string;
  readonly pid: number;
  readonly machine: Machine;
  /** its own numbers, so that another process that is missing changes none of them */
  readonly random: () => number;
  isDead: boolean;
  /** it does nothing before that instant */
  stoppedUntil: number;
  /** who sees that it is no more */
  onDeath: (() => void) | undefined;
}

/** Something that happens at an instant; what belongs to a process happens only while it goes. */
interface Step {
  at: number;
  readonly order: number;
  readonly owner: VirtualProcess | undefined;
  /** counts on the steady clock of its machine, which a suspension holds up */
  readonly isTimer: boolean;
  readonly act: () => void;
}

/**
 * Time and processes that depend on nothing but a seed. One step happens after the other, each with
 * all that follows from it at once; the next one is that whose instant comes first, and how long
 * everything takes comes from the seed.
 */
export class VirtualWorld {
  readonly seed: number;
  /** true milliseconds since the beginning, whatever clocks say */
  now = 0;
  /** whose step it is; undefined for what happens on the network, or outside */
  current: VirtualProcess | undefined;
  readonly history: string[] = [];
  readonly processes: VirtualProcess[] = [];
  readonly #machines = new Map<string, Machine>();
  #steps: Step[] = [];
  #orders = 0;
  #outside = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name) ?? { name, rate: 1, offsetMs: 0, suspendedMs: 0 };
    this.#machines.set(name, machine);
    return machine;
  }

  /** Starts a process; what it begins with is its first step. */
  spawn(name: string, machine: Machine, begin: (self: VirtualProcess) => void): VirtualProcess {
    const life = this.processes.filter((other) => other.name === name).length;
    const digest = createHash("sha256").update(`${this.seed} ${name} ${life}`).digest();
    const self: VirtualProcess = {
      ...{ name, machine, isDead: false, stoppedUntil: 0, onDeath: undefined },
      pid: 1_000 + this.processes.length,
      random: seededRandom(digest.readUInt32LE()),
    };
    this.processes.push(self);
    this.at(0, self, () => begin(self));
    return self;
  }

  /** The process of this name that lives, if one does. */
  find(name: string): VirtualProcess | undefined {
    return this.processes.find((each) => each.name === name && !each.isDead);
  }

  /** Notes what happened, for people to read. */
  note(who: string, text: string): void {
    const seconds = (this.now / 1_000).toFixed(3).padStart(11);
    this.history.push(`${seconds} s  ${who.padEnd(9)} ${text}`);
  }

  /** Has something happen later; gives what calls it off. */
  at(
    delayMs: number,
    owner: VirtualProcess | undefined,
    act: () => void,
    isTimer = false,
  ): () => void {
    // What the last step of a dead process set off comes to nothing.
    if (owner?.isDead) return () => {};
    const step = { at: this.now + delayMs, order: ++this.#orders, owner, isTimer, act };
    this.#insert(step);
    return () => {
      this.#steps = this.#steps.filter((other) => other !== step);
    };
  }

  /** A timer of a process, by the steady clock of its machine. */
  timer(ms: number, owner: VirtualProcess, act: () => void): () => void {
    return this.at(Math.max(0, ms) / owner.machine.rate, owner, act, true);
  }

  timeOfDay({ rate, offsetMs }: Machine): number {
    return Math.floor(EPOCH_MS + this.now * rate + offsetMs);
  }

  steady({ rate, suspendedMs }: Machine): number {
    return (this.now - suspendedMs) * rate;
  }

  kill(process: VirtualProcess): void {
    if (process.isDead) return;
    process.isDead = true;
    this.#steps = this.#steps.filter(({ owner }) => owner !== process);
    process.onDeath?.();
  }

  /** Lets a process do nothing for some time, which goes on meanwhile. */
  stop(process: VirtualProcess, forMs: number): void {
    process.stoppedUntil = Math.max(process.stoppedUntil, this.now + forMs);
  }

  /** Lets a machine sleep: its steady clock and its timers stand still. */
  suspend(machine: Machine, forMs: number): void {
    machine.suspendedMs += forMs;
    const timers = this.#steps.filter(
      ({ owner, isTimer }) => isTimer && owner?.machine === machine,
    );
    this.#steps = this.#steps.filter((step) => !timers.includes(step));
    for (const timer of timers) this.#insertAt(timer, timer.at + forMs);
    for (const process of this.processes)
      if (process.machine === machine) this.stop(process, forMs);
  }

  /** Waits for what only the real world can do; simulated time stands still meanwhile. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    this.#outside++;
    try {
      return await work();
    } finally {
      this.#outside--;
    }
  }

  /** Goes on until an instant, or until nothing is left to happen, or until it is over. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    for (let step = this.#next(untilMs); step !== undefined && !isOver(); ) {
      this.now = Math.max(this.now, step.at);
      this.current = step.owner;
      step.act();
      // By the next turn of the event loop, all that follows without waiting has happened.
      do await new Promise((resolve) => nextTurn(resolve));
      while (this.#outside > 0);
      this.current = undefined;
      step = this.#next(untilMs);
    }
    if (!isOver()) this.now = Math.max(this.now, untilMs);
  }

  #next(untilMs: number): Step | undefined {
    for (;;) {
      const [step] = this.#steps;
      if (step === undefined || step.at > untilMs) return undefined;
      this.#steps.shift();
      const heldUntil = step.owner?.stoppedUntil ?? 0;
      if (heldUntil <= step.at) return step;
      this.#insertAt(step, heldUntil);
    }
  }

  #insertAt(step: Step, at: number): void {
    step.at = at;
    this.#insert(step);
  }

  #insert(step: Step): void {
    let [low, high] = [0, this.#steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#steps[middle];
      const isBefore =
        other !== undefined &&
        (other.at < step.at || (other.at === step.at && other.order < step.order));
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    this.#steps.splice(low, 0, step);
  }
}
