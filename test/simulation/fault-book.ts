import { createHash } from "node:crypto";
import { seededRandom } from "../fakes/seeded-random.ts";
import {
  type CallFault,
  drawCallFault,
  type Fault,
  type FaultPlan,
  type TimedFault,
} from "./fault-plan.ts";
import { type CallKind, isPossible } from "./simulated-store.ts";
import type { VirtualProcess, VirtualWorld } from "./virtual-world.ts";

type Kill = Extract<Fault, { kind: "kill" }>;

/** So many calls of a process lie between two reads that break off. */
const HALVES_APART = 8;

/** Carries out the faults of a plan, and counts the calls at which they happen. */
export class FaultBook {
  readonly counts = new Map<string, number>();
  /** the calls that failed because all of their kind may */
  readonly met: Fault[] = [];
  readonly #world: VirtualWorld;
  readonly #plan: FaultPlan;
  readonly #calls = new Map<string, number>();
  readonly #partitionedUntil = new Map<string, number>();
  readonly #restart: (name: string) => void;
  readonly #halves = new Map<string, number>();
  #fullUntil = 0;

  /** @param restart starts a process of that name anew */
  constructor(world: VirtualWorld, plan: FaultPlan, restart: (name: string) => void) {
    this.#world = world;
    this.#plan = plan;
    this.#restart = restart;
    for (const fault of plan.faults) {
      if (fault.kind === "drift") world.machine(fault.machine).rate = fault.rate;
      if ("atMs" in fault) world.at(fault.atMs, undefined, () => this.#begin(fault));
    }
  }

  /** What becomes of the next call of a process; to be asked once for each, after `takeKill`. */
  take({ name }: VirtualProcess, kind: CallKind, key = ""): CallFault | undefined {
    const call = this.#calls.get(name) ?? 0;
    const { now } = this.#world;
    if (now < (this.#partitionedUntil.get(name) ?? 0)) return "refused";
    if (now < this.#fullUntil && kind !== "read" && kind !== "list") return "refused";
    const how = this.#findDrawn(name, call) ?? this.#meet(name, call, key);
    if (how === undefined || !isPossible(how, kind)) return undefined;
    if (how === "half") {
      // Who reads again what broke off gets it whole.
      if (call - (this.#halves.get(name) ?? -HALVES_APART) < HALVES_APART) return undefined;
      this.#halves.set(name, call);
    }
    this.#count(how);
    return how;
  }

  #findDrawn(name: string, call: number): CallFault | undefined {
    const drawn = this.#plan.faults.find(
      (fault) => fault.kind === "call" && fault.process === name && fault.call === call,
    );
    return drawn?.kind === "call" ? drawn.how : undefined;
  }

  /** Has a call fail as all may that ask for its key; with numbers of its own, which nobody else misses. */
  #meet(process: string, call: number, key: string): CallFault | undefined {
    for (const fault of this.#plan.faults) {
      if (fault.kind !== "flaky" || !key.startsWith(fault.key)) continue;
      const digest = createHash("sha256").update(`${this.#plan.seed} ${process} ${call}`).digest();
      const random = seededRandom(digest.readUInt32LE());
      if (random() * 100 >= fault.percent) continue;
      const how = drawCallFault(random);
      this.met.push({ kind: "call", process, call, how });
      return how;
    }
    return undefined;
  }

  /** Counts the next call of a process, and tells whether it is killed there. */
  takeKill({ name }: VirtualProcess): Kill | undefined {
    const call = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, call);
    return this.#plan.faults.find(
      (fault): fault is Kill =>
        fault.kind === "kill" && fault.process === name && fault.call === call,
    );
  }

  kill(self: VirtualProcess, { isDone, backAfterMs }: Kill, words: string): void {
    this.#count("kill");
    this.#world.note(self.name, `${words} → killed ${isDone ? "after" : "before"} it is done`);
    this.#world.kill(self);
    this.#world.at(backAfterMs, undefined, () => this.#restart(self.name));
  }

  #begin(fault: TimedFault): void {
    const world = this.#world;
    this.#count(fault.kind);
    switch (fault.kind) {
      case "stop": {
        const process = world.find(fault.process);
        world.note(fault.process, `is stopped for ${fault.forMs} ms`);
        if (process !== undefined) world.stop(process, fault.forMs);
        break;
      }
      case "partition":
        world.note(fault.process, `reaches nobody for ${fault.forMs} ms`);
        this.#partitionedUntil.set(fault.process, world.now + fault.forMs);
        break;
      case "suspend":
        world.note(fault.machine, `is suspended for ${fault.forMs} ms`);
        world.suspend(world.machine(fault.machine), fault.forMs);
        break;
      case "jump":
        world.note(fault.machine, `has its clock set by ${fault.byMs} ms`);
        world.machine(fault.machine).offsetMs += fault.byMs;
        break;
      case "full-disk":
        world.note("store", `is full for ${fault.forMs} ms`);
        this.#fullUntil = world.now + fault.forMs;
    }
  }

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}
