import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { isFinal } from "../../src/run/history/run-record.ts";
import {
  HISTORY_PREFIX,
  MANIFEST_KEY,
  OPEN_RUNS_PREFIX,
  RUNS_PREFIX,
  TICKS_PREFIX,
} from "../../src/store/key.ts";
import { LEASE_KEY } from "../../src/store/lease/lease-terms.ts";
import type { Store } from "../../src/store/store.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { FaultBook } from "./fault-book.ts";
import {
  type Actor,
  drawFaults,
  type Fault,
  type FaultLimits,
  type FaultPlan,
} from "./fault-plan.ts";
import { type Broken, Judge, JudgedStore } from "./judge.ts";
import { ROLES } from "./roles.ts";
import { SimulatedProject } from "./simulated-project.ts";
import { enterWorld } from "./virtual-globals.ts";
import { EPOCH_MS, VirtualWorld } from "./virtual-world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Scenario extends FaultLimits {
  /** roles with how many of each there may be, and how often they do it; 0: for ever */
  readonly roles: readonly (readonly [
    role: string,
    machine: string,
    most: number,
    times: number,
  ])[];
  /** by when all has come to its end, once nothing goes wrong any more */
  readonly settlesMs: number;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  /** runs that workers of one machine carry out, beside runs and readers of another one */
  runs: {
    roles: [
      ["worker", "east", 2, 0],
      ["submitter", "east", 1, 6],
      ["scheduler", "east", 2, 1],
      ["runner", "west", 1, 2],
      ["reader", "west", 1, 4],
    ],
    ...{ lastsMs: 2 * MINUTE_MS, longestStopMs: 3 * MINUTE_MS, furthestJumpMs: 5 * HOUR_MS },
    ...{ calls: 60, settlesMs: 30 * MINUTE_MS },
    flakyKeys: ["", HISTORY_PREFIX, OPEN_RUNS_PREFIX, LEASE_KEY, MANIFEST_KEY, TICKS_PREFIX],
  },
  /** publications that meet */
  writers: {
    roles: [
      ["writer", "east", 3, 3],
      ["runner", "west", 3, 2],
      ["healer", "west", 1, 0],
      ["reader", "south", 2, 5],
    ],
    ...{ lastsMs: 30_000, longestStopMs: 2 * MINUTE_MS, furthestJumpMs: 5 * HOUR_MS },
    ...{ calls: 50, settlesMs: 30 * MINUTE_MS },
    flakyKeys: [MANIFEST_KEY, MANIFEST_KEY, LEASE_KEY, ".hex/shared/", "a.csv", ""],
  },
  /** one record that several change at once */
  record: {
    roles: [["recorder", "east", 4, 6]],
    ...{ lastsMs: 10_000, longestStopMs: 60_000, furthestJumpMs: 5 * HOUR_MS },
    ...{ calls: 30, settlesMs: 30 * MINUTE_MS },
    flakyKeys: ["", HISTORY_PREFIX],
  },
  /** days in which versions leave the history and their files are collected */
  days: {
    roles: [
      ["author", "east", 3, 8],
      ["returner", "west", 1, 3],
      ["visitor", "south", 2, 4],
      ["collector", "north", 2, 5],
    ],
    ...{ lastsMs: 96 * HOUR_MS, longestStopMs: 40 * HOUR_MS, furthestJumpMs: HOUR_MS / 2 },
    ...{ calls: 90, settlesMs: 500 * HOUR_MS },
    flakyKeys: [MANIFEST_KEY, RUNS_PREFIX, ""],
  },
};

/** What a seed stands for: who is there, and what goes wrong. */
export function drawPlan(seed: number, scenario?: string): FaultPlan {
  const names = Object.keys(SCENARIOS);
  const chosen = scenario ?? names[seed % names.length] ?? "";
  const { roles, ...limits } = toScenario(chosen);
  const random = seededRandom(seed);
  const actors = roles.flatMap(([role, machine, most, times]): Actor[] =>
    Array.from({ length: 1 + Math.floor(random() * most) }, (_, index) => ({
      ...{ name: `${role}${index + 1}`, role, machine, times: Math.ceil((1 - random()) * times) },
    })),
  );
  const processes = actors.flatMap(({ name, role }) => {
    if (role === "worker") return [name, `${name}.run`, `${name}/queue`, `${name}.run`];
    return role === "submitter" ? [name, `${name}/queue`] : [name];
  });
  const faults = drawFaults(seed, actors, processes, limits);
  return { seed, scenario: chosen, actors, faults };
}

/** What came of a plan. */
export interface Simulated {
  /** the promise that was broken first, if one was */
  readonly broken: Broken | undefined;
  /** what happened, a line each */
  readonly history: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  /** the calls that failed by no plan of their own */
  readonly met: readonly Fault[];
}

export interface SimulateOptions {
  /** a folder for the file of the queue */
  readonly folder: string;
  /** puts something between the processes and what is stored, as a planted bug */
  readonly through?: ((stored: Store) => Store) | undefined;
}

let files = 0;

/** Carries out a plan: the same one always has the same history, to the byte. */
export async function simulate(
  plan: FaultPlan,
  { folder, through = (stored) => stored }: SimulateOptions,
): Promise<Simulated> {
  const world = new VirtualWorld(plan.seed);
  const judge = new Judge();
  const stored = new JudgedStore(judge, () => EPOCH_MS + world.now);
  const life = new Life(world, plan, judge);
  const queueFile = `${folder}/${process.pid}-${++files}.db`;
  const disk = through(stored);
  life.project = new SimulatedProject({
    ...{ world, judge, stored, disk, queueFile, torn: new Map() },
    faults: life.faults,
  });
  const onUncaught = (error: unknown) => {
    const got = error instanceof Error ? (error.stack ?? "") : String(error);
    judge.expect(false, "nothing is thrown that nobody expects", got);
  };
  process.on("unhandledRejection", onUncaught);
  let history: readonly string[] = [];
  enterWorld(world);
  try {
    await life.live();
    judge.conclude();
    world.note("store", `holds ${digestOf(stored)}`);
    history = [...world.history];
  } finally {
    // What is left over of the processes finds itself in a world in which nothing happens any more.
    await life.bury();
    enterWorld(undefined);
    process.off("unhandledRejection", onUncaught);
    for (const ending of ["", "-wal", "-shm", "-wake"]) rmSync(queueFile + ending, { force: true });
  }
  const counts = new Map([...life.faults.counts, ...judge.counts]);
  return { broken: judge.broken, history, counts, met: life.faults.met };
}

/** The lives of the processes of a plan. */
class Life {
  readonly faults: FaultBook;
  project: SimulatedProject | undefined;
  readonly #world: VirtualWorld;
  readonly #plan: FaultPlan;
  readonly #judge: Judge;
  readonly #done = new Set<string>();

  constructor(world: VirtualWorld, plan: FaultPlan, judge: Judge) {
    this.#world = world;
    this.#plan = plan;
    this.#judge = judge;
    this.faults = new FaultBook(world, plan, (name) => this.#begin(name));
  }

  async live(): Promise<void> {
    const world = this.#world;
    const { lastsMs, settlesMs } = toScenario(this.#plan.scenario);
    for (const { name } of this.#plan.actors) this.#begin(name);
    // Who files runs for ever would never let all runs come to their end.
    world.at(lastsMs, undefined, () => this.#endSchedulers());
    const calmMs = Math.max(lastsMs, ...this.#plan.faults.map(toEndMs));
    await world.run(calmMs + settlesMs, () => this.#judge.broken !== undefined || this.#isOver());
    const open = [...this.#judge.records.keys()].filter((runId) => !this.#hasEnded(runId));
    const going = this.#plan.actors.filter((actor) => !this.#isDone(actor));
    const stuck = [...open, ...going.map(({ name }) => name)].join(", ");
    this.#judge.expect(stuck === "", "all comes to its end once nothing goes wrong", stuck);
  }

  async bury(): Promise<void> {
    const world = this.#world;
    for (const process of world.processes) world.kill(process);
    [world.current] = world.processes;
    await this.project?.close();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  #begin(name: string): void {
    const actor = this.#plan.actors.find((each) => each.name === name);
    const act = actor && ROLES[actor.role];
    if (actor === undefined || act === undefined) return;
    const world = this.#world;
    world.spawn(name, world.machine(actor.machine), (self) => {
      const { project } = this;
      if (project === undefined) return;
      act({ project, self, times: actor.times }).then(
        () => this.#done.add(name),
        (error: unknown) => {
          const told = error instanceof Error ? error.stack : error;
          this.#judge.expect(false, "nothing fails as nobody expects", `${name}: ${told}`);
        },
      );
    });
  }

  #endSchedulers(): void {
    for (const { name, role } of this.#plan.actors) {
      const process = this.#world.find(name);
      if (role === "scheduler" && process !== undefined) this.#world.kill(process);
      if (role === "scheduler") this.#done.add(name);
    }
  }

  #isOver(): boolean {
    if (!this.#plan.actors.every((actor) => this.#isDone(actor))) return false;
    return [...this.#judge.records.keys()].every((runId) => this.#hasEnded(runId));
  }

  #isDone({ name, times }: Actor): boolean {
    return times === 0 || this.#done.has(name);
  }

  #hasEnded(runId: string): boolean {
    const record = this.#judge.records.get(runId);
    if (record === undefined || !isFinal(record.state)) return false;
    return this.project?.stored.objects.has(OPEN_RUNS_PREFIX + runId) === false;
  }
}

function toEndMs(fault: Fault): number {
  return "atMs" in fault ? fault.atMs + ("forMs" in fault ? fault.forMs : 0) : 0;
}

function toScenario(name: string): Scenario {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

function digestOf({ objects }: JudgedStore): string {
  const hash = createHash("sha256");
  for (const [key, { body, etag }] of [...objects].sort(([one], [other]) =>
    one < other ? -1 : 1,
  )) {
    hash.update(`${key} ${etag} `).update(body);
  }
  return hash.digest("hex");
}
