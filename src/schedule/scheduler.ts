import { HexError, toMessage } from "../errors.ts";
import { HOUR, SECOND } from "../text.ts";
import { type Due, instantsBetween, nextInstant, planDue } from "./planned-instants.ts";
import type { Schedule } from "./schedule.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";
import {
  type Conditions,
  claimTick,
  listTicks,
  openConditions,
  readTick,
  type Tick,
} from "./tick.ts";

/** How long a tick is good for whose run was not filed; later it is unknown whether it was. */
const REFILE_MS = HOUR;

const LONGEST_SLEEP_MS = 30 * SECOND;

/**
 * Files a run for each planned instant, until the signal ends it. Any number of schedulers may do so
 * on one store: each instant is taken by one of them.
 *
 * A failure is an event, and its work is tried again; nothing but the signal ends the scheduler.
 */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const conditions = openConditions(options);
  await Promise.all(
    options.schedules.map((schedule) => new ScheduleLoop(schedule, options, conditions).run()),
  );
}

/*
 * A round:
 *
 *   1. once, and whenever the clock went back or instants were slept through: look up which
 *      instants are taken, since others may have taken them
 *   2. file the runs of ticks whose filing is unknown: ours failed, or another's process died
 *   3. take the latest instant that is due; what is due before it counts as missed
 *
 * A tick that lies in the future, by a clock that was wrong, keeps its own instant taken, and
 * nothing else.
 */

/** One schedule of one scheduler. */
class ScheduleLoop {
  readonly #schedule: Schedule;
  readonly #options: SchedulerOptions;
  readonly #conditions: () => Promise<Conditions>;
  readonly #startedMs: number;
  /** the newest instant that is known to be taken; before the first one, when this began */
  #takenMs: number;
  /** the next planned one after it */
  #nextMs: number;
  /** the run of the newest tick */
  #lastRunId: string | undefined;
  /** the latest instant whose run was filed; before the first one, when this began */
  #firedMs: number;
  #unfiled: readonly Tick[] = [];
  #isLookedUp = false;
  #isLateReported = false;

  constructor(
    schedule: Schedule,
    options: SchedulerOptions,
    conditions: () => Promise<Conditions>,
  ) {
    this.#schedule = schedule;
    this.#options = options;
    this.#conditions = conditions;
    this.#startedMs = options.clock.now();
    this.#takenMs = this.#startedMs;
    this.#firedMs = this.#startedMs;
    this.#nextMs = this.#nextAfter(this.#startedMs);
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      const nowMs = clock.now();
      try {
        await this.#round(nowMs);
      } catch (error) {
        if (signal.aborted) return;
        this.#reportFailure(toMessage(error));
      }
      this.#reportLate(nowMs);
      await this.#sleep(nowMs);
    }
  }

  async #round(nowMs: number): Promise<void> {
    const conditions = await this.#conditions();
    const isKnown = this.#isLookedUp && nowMs >= this.#takenMs;
    if (!isKnown) await this.#lookUp(nowMs);
    for (const tick of this.#unfiled) await this.#fileOrGiveUp(tick, nowMs);
    const due = this.#planDue(nowMs);
    if (due === undefined) return;
    if (due.missed === 0 || !isKnown) return this.#take(due, nowMs, conditions);
    await this.#lookUp(nowMs);
    const stillDue = this.#planDue(nowMs);
    if (stillDue !== undefined) await this.#take(stillDue, nowMs, conditions);
  }

  #planDue(nowMs: number): Due | undefined {
    return nowMs < this.#nextMs ? undefined : planDue(this.#schedule, this.#takenMs, nowMs);
  }

  async #lookUp(nowMs: number): Promise<void> {
    const { store, signal } = this.#options;
    const taken = await listTicks(store, this.#schedule.name, { signal });
    const past = taken.filter((instantMs) => instantMs <= nowMs);
    const newestMs = past.at(-1);
    this.#setTaken(newestMs ?? Math.min(this.#startedMs, nowMs));
    this.#firedMs = Math.min(this.#firedMs, nowMs);
    this.#lastRunId = undefined;
    for (const instantMs of past) {
      if (instantMs !== newestMs && nowMs - instantMs > REFILE_MS) continue;
      const tick = await this.#readTick(instantMs);
      if (tick === undefined) continue;
      if (instantMs === newestMs) this.#lastRunId = tick.runId;
      if (nowMs - Date.parse(tick.filedAt) <= REFILE_MS) this.#followUp(tick);
    }
    this.#isLookedUp = true;
  }

  /** A damaged tick still keeps its instant taken. */
  async #readTick(instantMs: number): Promise<Tick | undefined> {
    const { store, signal } = this.#options;
    try {
      return await readTick(store, { schedule: this.#schedule.name }, instantMs, { signal });
    } catch (error) {
      const isDamaged =
        error instanceof HexError &&
        (error.code === "HEX_STORE_DAMAGED" || error.code === "HEX_DATA_INVALID");
      if (!isDamaged) throw error;
      this.#reportFailure(error.message);
      return undefined;
    }
  }

  /** Another scheduler took the instant: it will file the run, or else we do. */
  #followUp(tick: Tick): void {
    if (tick.state === "skipped") return;
    this.#setFired(Date.parse(tick.instant));
    const isKnown = this.#unfiled.some(({ runId }) => runId === tick.runId);
    if (!isKnown) this.#unfiled = [...this.#unfiled, tick];
  }

  async #take(due: Due, nowMs: number, conditions: Conditions): Promise<void> {
    const { store, newRunId, filedBy } = this.#options;
    const obstacle = await this.#findObstacle();
    const wanted: Tick = {
      format: 1,
      schedule: this.#schedule.name,
      instant: new Date(due.instantMs).toISOString(),
      runId: obstacle?.runId ?? newRunId(),
      filedBy,
      filedAt: new Date(nowMs).toISOString(),
      state: obstacle === undefined ? "filed" : "skipped",
      ...(obstacle === undefined ? {} : { reason: obstacle.reason }),
      ...(due.missed === 0 ? {} : { missed: due.missed }),
    };
    const { tick, isOurs } = await claimTick(store, wanted, conditions);
    this.#setTaken(due.instantMs);
    this.#lastRunId = tick.runId;
    if (!isOurs) return this.#followUp(tick);
    await this.#carryOut(tick, nowMs);
  }

  async #carryOut(tick: Tick, nowMs: number): Promise<void> {
    const { schedule, instant, state, reason = "", missed } = tick;
    const { onEvent } = this.#options;
    if (missed !== undefined) onEvent({ type: "schedule-missed", schedule, instant, missed });
    if (state === "skipped") {
      onEvent({ type: "schedule-skipped", schedule, instant, reason });
      return;
    }
    this.#unfiled = [...this.#unfiled, tick];
    await this.#fileOrGiveUp(tick, nowMs);
  }

  /** The run before it, which keeps a run from being filed now, unless runs may wait. */
  async #findObstacle(): Promise<{ readonly runId: string; readonly reason: string } | undefined> {
    const runId = this.#lastRunId;
    if (this.#schedule.overlap === "queue" || runId === undefined) return undefined;
    if (this.#unfiled.some((tick) => tick.runId === runId)) {
      return { runId, reason: `the run before, ${runId}, could not be filed yet` };
    }
    const isActive = await this.#options.isActive(runId);
    return isActive ? { runId, reason: `the run before, ${runId}, still goes` } : undefined;
  }

  async #fileOrGiveUp(tick: Tick, nowMs: number): Promise<void> {
    const { isFiled, file, onEvent } = this.#options;
    const { runId, instant } = tick;
    const isTooOld = nowMs - Date.parse(tick.filedAt) > REFILE_MS;
    try {
      if (await isFiled(runId)) return this.#setFiled(tick);
      if (!isTooOld) {
        await file({ runId, schedule: this.#schedule, instant });
        this.#setFiled(tick);
        onEvent({ type: "schedule-fired", schedule: this.#schedule.name, instant, runId });
        return;
      }
    } catch (error) {
      this.#reportFailure(toMessage(error));
    }
    if (!isTooOld) return;
    this.#unfiled = this.#unfiled.filter((other) => other !== tick);
    this.#reportFailure(`The run ${runId} of ${instant} could not be filed for an hour: given up`);
  }

  #setFiled(tick: Tick): void {
    this.#unfiled = this.#unfiled.filter((other) => other !== tick);
    this.#setFired(Date.parse(tick.instant));
  }

  #setFired(instantMs: number): void {
    this.#firedMs = Math.max(this.#firedMs, instantMs);
    this.#isLateReported = false;
  }

  #setTaken(instantMs: number): void {
    this.#takenMs = instantMs;
    this.#nextMs = this.#nextAfter(instantMs);
  }

  #nextAfter(instantMs: number): number {
    return nextInstant(this.#schedule, instantMs) ?? Number.POSITIVE_INFINITY;
  }

  #reportFailure(message: string): void {
    this.#options.onEvent({ type: "schedule-failed", schedule: this.#schedule.name, message });
  }

  #reportLate(nowMs: number): void {
    const isOnTime = this.#firedMs === this.#takenMs && nowMs < this.#nextMs;
    if (isOnTime || this.#isLateReported) return;
    if (instantsBetween(this.#schedule, this.#firedMs, nowMs, 2).length < 2) return;
    this.#isLateReported = true;
    const since = new Date(this.#firedMs).toISOString();
    this.#options.onEvent({ type: "schedule-late", schedule: this.#schedule.name, since });
  }

  /** Sleeps until the next instant after what this round has seen, but not for long. */
  async #sleep(seenMs: number): Promise<void> {
    const { clock, signal, longestSleepMs = LONGEST_SLEEP_MS } = this.#options;
    const nextMs = this.#nextMs > seenMs ? this.#nextMs : this.#nextAfter(seenMs);
    const restMs = Math.max(1, nextMs - clock.now());
    try {
      await clock.sleep(Math.min(restMs, longestSleepMs), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
