import { type Config, parseConfig } from "../../src/project/config.ts";
import { openEmbeddedQueue } from "../../src/queue/embedded/embedded-queue.ts";
import { LEASE_MS, type Queue } from "../../src/queue/queue.ts";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import { toRedactor } from "../../src/run/redact/redactor.ts";
import type { Store } from "../../src/store/store.ts";
import type { ProjectRuns } from "../../src/work/project-runs.ts";
import type { FaultBook } from "./fault-book.ts";
import type { Judge, JudgedStore } from "./judge.ts";
import { simulatedQueue } from "./simulated-queue.ts";
import { SimulatedStore, type Surroundings } from "./simulated-store.ts";
import type { VirtualProcess, VirtualWorld } from "./virtual-world.ts";

interface ProjectParts extends Surroundings {
  readonly judge: Judge;
  readonly stored: JudgedStore;
  readonly queueFile: string;
}

const WRITTEN = parseConfig(
  {
    name: "simulated",
    runs: { atOnce: 2 },
    retention: { versions: 100 },
    schedules: [{ name: "minutely", cron: "* * * * *", context: "scheduled", overlap: "queue" }],
  },
  "/project",
);

/** No cell of it has parts. */
const CONFIG: Config = { ...WRITTEN, runs: { ...WRITTEN.runs, partsAtOnce: 0 } };

const projects = new WeakMap<VirtualWorld, SimulatedProject>();

/** The project that the processes of a world work for: one store, and one queue. */
export class SimulatedProject implements ProjectParts {
  readonly world: VirtualWorld;
  readonly disk: Store;
  readonly stored: JudgedStore;
  readonly faults: FaultBook;
  readonly torn: Map<string, Date>;
  readonly judge: Judge;
  readonly queueFile: string;
  readonly #queues: Queue[] = [];

  constructor(parts: ProjectParts) {
    this.world = parts.world;
    this.disk = parts.disk;
    this.stored = parts.stored;
    this.faults = parts.faults;
    this.torn = parts.torn;
    this.judge = parts.judge;
    this.queueFile = parts.queueFile;
    projects.set(parts.world, this);
  }

  static of(world: VirtualWorld): SimulatedProject {
    const project = projects.get(world);
    if (project === undefined) throw new Error("this world has no project");
    return project;
  }

  openStore(self: VirtualProcess): Store {
    return new SimulatedStore(this, self);
  }

  /** What a process opens when it begins. */
  async open(self: VirtualProcess): Promise<ProjectRuns> {
    const store = this.openStore(self);
    const queue = await this.openQueue();
    return {
      ...{ directory: "/project", config: CONFIG, runtimeUrl: "file:///", environment: {} },
      store,
      queue: simulatedQueue({ queue, judge: this.judge, around: this, self }),
      history: openRunHistory(store),
      redactor: toRedactor({}),
      redact: (data) => data,
      leaseMs: LEASE_MS,
      close: async () => {},
    };
  }

  async openQueue(): Promise<Queue> {
    // Loading the database is nothing that a step could do.
    const queue = await this.world.outside(() => openEmbeddedQueue(this.queueFile));
    this.#queues.push(queue);
    return queue;
  }

  async close(): Promise<void> {
    for (const queue of this.#queues) await queue.close();
  }
}
