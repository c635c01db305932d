import type { Schedule } from "../../src/schedule/schedule.ts";
import { runScheduler } from "../../src/schedule/scheduler.ts";
import type { ScheduledRun, SchedulerEvent } from "../../src/schedule/scheduler-options.ts";
import type { Store } from "../../src/store/store.ts";
import { type ClockUser, FakeClock } from "../fakes/fake-clock.ts";
import { MemoryStore } from "../fakes/memory-store.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export function aSchedule(cron: string, more: Partial<Schedule> = {}): Schedule {
  const defaults = {
    timezone: "UTC",
    context: "scheduled",
    inputs: {},
    overlap: "skip",
    compute: "all",
  } as const;
  return { name: "nightly", cron, ...defaults, ...more };
}

/** A run that was filed, and when it was first. */
export interface FiledRun extends ScheduledRun {
  readonly atMs: number;
}

interface WorldOptions {
  readonly schedules: readonly Schedule[];
  readonly start: string;
  readonly store?: Store;
  readonly longestSleepMs?: number;
}

/** A store, a queue and a clock that any number of machines share. */
export class SchedulerWorld {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly schedules: readonly Schedule[];
  readonly longestSleepMs: number | undefined;
  readonly events: SchedulerEvent[] = [];
  readonly filed = new Map<string, FiledRun>();
  readonly active = new Set<string>();
  /** thrown by the queue while it is set */
  queueFailure: Error | undefined;
  #runs = 0;

  constructor({ schedules, start, store, longestSleepMs }: WorldOptions) {
    this.clock = new FakeClock(Date.parse(start));
    this.store = store ?? new MemoryStore(this.clock.now);
    this.schedules = schedules;
    this.longestSleepMs = longestSleepMs;
  }

  newRunId(): string {
    return `run-${++this.#runs}`;
  }

  file(run: ScheduledRun): void {
    if (this.queueFailure !== undefined) throw this.queueFailure;
    if (!this.filed.has(run.runId)) this.filed.set(run.runId, { ...run, atMs: this.clock.now() });
  }

  /** The instants that were filed, `MM-DD hh:mm`, in the order of filing. */
  get instants(): string[] {
    return [...this.filed.values()].map(({ instant }) => instant.slice(5, 16).replace("T", " "));
  }

  told(type: SchedulerEvent["type"]): SchedulerEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}

/** A process with a scheduler, that can be killed between any two things that it does. */
export class Machine {
  readonly #world: SchedulerWorld;
  readonly #ending = new AbortController();
  readonly #user: ClockUser;
  readonly #ended: Promise<void>;
  #stepsLeft = Number.POSITIVE_INFINITY;

  constructor(world: SchedulerWorld, name = "user@host:1") {
    this.#world = world;
    this.#user = world.clock.join(world.schedules.length);
    const { schedules, longestSleepMs } = world;
    this.#ended = runScheduler({
      schedules,
      store: this.#mortalStore(),
      clock: this.#user,
      file: (run) => this.#step(async () => world.file(run)),
      isActive: (runId) => this.#step(async () => world.active.has(runId)),
      isFiled: (runId) => this.#step(async () => world.filed.has(runId)),
      newRunId: () => world.newRunId(),
      onEvent: (event) => world.events.push(event),
      filedBy: name,
      signal: this.#ending.signal,
      ...(longestSleepMs === undefined ? {} : { longestSleepMs }),
    });
  }

  /** Ends it as SIGTERM would. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#ended;
    this.#user.leave();
  }

  /** Ends it as SIGKILL would, before the next but so many things that it does. */
  kill(steps = 0): void {
    this.#stepsLeft = steps;
    if (steps === 0) this.#user.leave();
  }

  async #step<T>(act: () => Promise<T>): Promise<T> {
    if (this.#stepsLeft <= 0) return this.#die();
    const result = await act();
    this.#stepsLeft--;
    return this.#stepsLeft < 0 ? this.#die() : result;
  }

  #die(): Promise<never> {
    this.#user.leave();
    return new Promise(() => undefined);
  }

  #mortalStore(): Store {
    const { store } = this.#world;
    const step = <T>(act: () => Promise<T>) => this.#step(act);
    return {
      location: store.location,
      read: (key, options) => step(() => store.read(key, options)),
      write: (key, body, options) => step(() => store.write(key, body, options)),
      delete: (key, options) => step(() => store.delete(key, options)),
      list: async function* (prefix, options) {
        await step(async () => undefined);
        yield* store.list(prefix, options);
      },
      listFolders: (prefix, options) => store.listFolders(prefix, options),
      copy: (from, to, options) => store.copy(from, to, options),
      find: (key, options) => store.find(key, options),
      readBlocks: (found, options) => store.readBlocks(found, options),
      writeFile: (key, fill, options) => store.writeFile(key, fill, options),
      close: async () => undefined,
    };
  }
}
