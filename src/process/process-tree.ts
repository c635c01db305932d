import { setTimeout as wait } from "node:timers/promises";
import {
  type ProcessEntry,
  readEnvironment,
  readMemory,
  readProcess,
  readProcesses,
} from "./process-table.ts";

/*
 * Who belongs to a run's process:
 *
 * - the process itself and everything in its process group
 * - whoever descends from one of these
 * - whoever was started with the run's mark in its environment, and so also those that left the
 *   group and whose parent is gone (setsid, double fork); only where there is /proc
 *
 * Once seen, a process stays a member until it is dead. One that left the group, lost its parent and
 * dropped the environment, all between two looks, is not found.
 *
 * Looking may fail, as it does while this process can open no more files. That says nothing about
 * the members: they are looked at again, after a pause. Killing the group takes no look.
 */

/** Far more than it takes, except for one that gives back a very large memory or waits for a disk. */
const KILL_LIMIT_MS = 10_000;
const KILL_STEP_MS = 10;
/** How long after a look that failed the next one is taken, */
const BLIND_STEP_MS = 100;
/** for how long somebody waits for one that succeeds, */
const BLIND_LIMIT_MS = 3_000;
/** and how long the pauses are once nobody waits. */
const BLIND_PAUSE_MS = 1_000;
const SAMPLES_PER_SCAN = 4;

/** A run's process with all that it has started. */
export class ProcessTree {
  #root: ProcessEntry;
  readonly #mark: string;
  /** whether a process carries the mark, by id and start: read once, as it never changes */
  #isMarked: ReadonlyMap<string, boolean | undefined> = new Map();
  #members: ReadonlyMap<string, ProcessEntry>;
  #samples = 0;

  /** @param mark the variable that every member carries in its environment, as `NAME=value` */
  constructor(pid: number, mark: string) {
    this.#root = { pid, parent: process.pid, group: pid, start: readStart(pid) };
    this.#mark = mark;
    this.#members = new Map([[toKey(this.#root), this.#root]]);
  }

  /**
   * The memory of all members, in bytes. Newcomers are looked for only at every fourth call.
   * @throws what kept it from looking
   */
  async measure(): Promise<number> {
    if (this.#samples % SAMPLES_PER_SCAN === 0) await this.#scan();
    this.#samples += 1;
    const memory = await readMemory([...this.#members.values()].map(({ pid }) => pid));
    return [...memory.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * How many processes of the tree there are now.
   * @throws what kept it from looking
   */
  async count(): Promise<number> {
    await this.#scan();
    return this.#members.size;
  }

  /**
   * Kills all members until none is left, or gives those that would not die in time. Where nothing
   * can be seen, these are the members that were seen last and are still there; those that left the
   * group are killed as soon as they can be seen.
   */
  async kill(): Promise<readonly number[]> {
    const untilMs = performance.now() + KILL_LIMIT_MS;
    while (await this.#isSeen()) {
      const left = [...this.#members.values()].map(({ pid }) => pid);
      if (left.length === 0 || performance.now() > untilMs) return left;
      this.#killMembers();
      await wait(KILL_STEP_MS);
    }
    void this.#killWhenSeen();
    return [...this.#members.values()].map(({ pid }) => pid).filter(isThere);
  }

  /** Looks until something is seen, or not for a while; meanwhile the group is killed. */
  async #isSeen(): Promise<boolean> {
    if (await this.#tryScan()) return true;
    // Once: when it is gone, its id may come to mean another one.
    killOne(-this.#root.pid);
    const untilMs = performance.now() + BLIND_LIMIT_MS;
    while (performance.now() < untilMs) {
      await wait(BLIND_STEP_MS);
      if (await this.#tryScan()) return true;
    }
    return false;
  }

  async #killWhenSeen(): Promise<void> {
    do await wait(BLIND_PAUSE_MS, undefined, { ref: false });
    while (!(await this.#tryScan()));
    await this.kill();
  }

  #killMembers(): void {
    // The group first: it is reached as a whole, however fast its members multiply.
    if (this.#members.has(toKey(this.#root))) killOne(-this.#root.pid);
    for (const { pid } of this.#members.values()) killOne(pid);
  }

  async #tryScan(): Promise<boolean> {
    try {
      await this.#scan();
      return true;
    } catch {
      // Whatever the reason, nothing is known now. Who waits is told when it stays so.
      return false;
    }
  }

  async #scan(): Promise<void> {
    const processes = await readProcesses();
    this.#isMarked = new Map(processes.map((each) => [toKey(each), this.#hasMark(each)]));
    const leader = processes.find(({ pid }) => pid === this.#root.pid);
    // What could not be seen when it was started is seen now; nobody else is a child of ours.
    if (this.#root.start === "" && leader?.parent === process.pid) this.#root = leader;
    // An id may be given again, but never while a group of that name has members.
    const isGroupOurs = leader === undefined || leader.start === this.#root.start;
    const isMember = (each: ProcessEntry) =>
      (isGroupOurs && each.group === this.#root.pid) ||
      this.#isMarked.get(toKey(each)) === true ||
      this.#members.has(toKey(each));
    this.#members = withDescendants(processes.filter(isMember), processes);
  }

  #hasMark(each: ProcessEntry): boolean | undefined {
    if (each.group === 0) return false;
    const known = this.#isMarked.get(toKey(each));
    if (known !== undefined) return known;
    const environment = readEnvironment(each.pid);
    // It is empty for the instant in which a process becomes another program.
    return environment === "" ? undefined : environment.split("\0").includes(this.#mark);
  }
}

function withDescendants(
  members: readonly ProcessEntry[],
  processes: readonly ProcessEntry[],
): Map<string, ProcessEntry> {
  const found = new Map(members.map((each) => [toKey(each), each]));
  // A map's values include those that are added on the way.
  for (const { pid } of found.values()) {
    for (const each of processes) if (each.parent === pid) found.set(toKey(each), each);
  }
  return found;
}

function toKey({ pid, start }: ProcessEntry): string {
  return `${pid}:${start}`;
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone meanwhile; the next look at the tree tells for certain.
  }
}

/** Asks by the id alone, which takes no descriptor. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** When a process was started; empty where that cannot be seen now, and the next look may tell. */
function readStart(pid: number): string {
  try {
    return readProcess(pid)?.start ?? "";
  } catch {
    return "";
  }
}

/**
 * How often a tree's memory is looked at. Between two looks a thread can fill about a gigabyte, and
 * several threads more than that: a limit needs so much room below what the machine has.
 */
const LOOK_STEP_MS = 250;
/**
 * A tree that could not be looked at for so long must not go on: nobody knows what it takes. Until
 * then it may be that this process only has too many files open for a moment.
 */
const UNSEEN_LIMIT_MS = 10_000;

interface MemoryWatchSpec {
  readonly tree: ProcessTree;
  readonly limitBytes: number;
  readonly onExceeded: () => void;
  /** the system would not tell, for ten seconds; nothing is looked at any more */
  readonly onBlind: (thrown: unknown) => void;
}

/** Looks at a tree's memory until it is stopped or has seen too much. */
export class MemoryWatch {
  readonly #spec: MemoryWatchSpec;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #peakBytes = 0;
  /** since when nothing could be seen */
  #blindSinceMs: number | undefined;

  constructor(spec: MemoryWatchSpec) {
    this.#spec = spec;
    // Not at once: the task is on its way first.
    this.#timer = setTimeout(() => this.#look(), 0);
  }

  /** The most that was seen so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#spec.tree.measure().then(
      (bytes) => this.#judge(bytes),
      (thrown: unknown) => this.#bear(thrown),
    );
  }

  /** Looks again after a pause, as long as that may help. */
  #bear(thrown: unknown): void {
    if (this.#isOver) return;
    const nowMs = performance.now();
    this.#blindSinceMs ??= nowMs;
    if (nowMs - this.#blindSinceMs >= UNSEEN_LIMIT_MS) this.#spec.onBlind(thrown);
    else this.#plan();
  }

  #judge(bytes: number): void {
    const { limitBytes, onExceeded } = this.#spec;
    if (this.#isOver) return;
    this.#blindSinceMs = undefined;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (bytes > limitBytes) onExceeded();
    else this.#plan();
  }

  #plan(): void {
    this.#timer = setTimeout(() => this.#look(), LOOK_STEP_MS);
  }
}
