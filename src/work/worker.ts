import { availableParallelism } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../errors.ts";
import { toHolder } from "../project/project-store.ts";
import { warnOfCommonSecrets } from "../project/secrets.ts";
import type { Claim, Lane } from "../queue/queue.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import { type ClaimedJob, carryOutPart, carryOutRun } from "./claimed-job.ts";
import { type JobOutcome, toJobOutcome } from "./ending.ts";
import { startProjectProcess } from "./project-process.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { recoverRuns } from "./recover-runs.ts";

/** Events of a worker, for its log. */
export type WorkerEvent =
  | { readonly type: "worker-started"; readonly worker: string; readonly queue: string }
  | { readonly type: "job-claimed"; readonly id: string; readonly lane: Lane }
  | {
      readonly type: "job-ended";
      readonly id: string;
      readonly lane: Lane;
      readonly outcome: JobOutcome;
      readonly elapsedMs: number;
    }
  | { readonly type: "worker-warned"; readonly message: string }
  | { readonly type: "worker-draining" };

export interface WorkerOptions {
  /** once it is aborted, no more jobs are claimed; running ones may end */
  readonly signal: AbortSignal;
  /** how long they may then take before they are handed back; milliseconds */
  readonly drainMs: number;
  readonly onEvent: (event: WorkerEvent) => void;
}

/** Carries out a project's runs and parts of runs; when stopped, ends or hands back its jobs first. */
export async function runWorker(runs: ProjectRuns, options: WorkerOptions): Promise<void> {
  const { signal, drainMs, onEvent } = options;
  const worker = toHolder();
  const { atOnce, partsAtOnce = availableParallelism() } = runs.config.runs;
  const drained = new AbortController();
  const onStop = () => {
    onEvent({ type: "worker-draining" });
    setTimeout(() => drained.abort(), drainMs).unref();
  };
  signal.addEventListener("abort", onStop, { once: true });
  onEvent({ type: "worker-started", worker, queue: runs.queue.location });
  const prepared = new PreparedProcesses(runs, Math.min(atOnce, availableParallelism()));
  const around: Around = { ...options, runs, worker, prepared, drained: drained.signal };
  const warnings = [...warnOfCommonSecrets(runs.redactor), ...(await runs.queue.check())];
  for (const message of warnings) onEvent({ type: "worker-warned", message });
  try {
    await Promise.all([
      ...Array.from({ length: atOnce }, () => serve("run", around, carryOutRun)),
      ...Array.from({ length: partsAtOnce }, () => serve("part", around, carryOutPart)),
      recoverRuns(runs, {
        signal,
        onWarning: (message) => onEvent({ type: "worker-warned", message }),
      }),
    ]);
  } finally {
    signal.removeEventListener("abort", onStop);
    await prepared.close();
  }
}

interface Around extends WorkerOptions {
  readonly runs: ProjectRuns;
  readonly worker: string;
  readonly prepared: PreparedProcesses;
  readonly drained: AbortSignal;
}

/** Carries out one job after the other. */
async function serve(
  lane: Lane,
  around: Around,
  carryOut: (job: ClaimedJob) => Promise<JobOutcome>,
): Promise<void> {
  const { runs, worker, signal } = around;
  const atMost = lane === "run" ? runs.config.runs.atOnce : undefined;
  while (!signal.aborted) {
    const claim = await warnAndContinue(around, () =>
      runs.queue.claim({ lane, worker, atMost, signal }),
    );
    if (claim !== undefined) await carryOutClaim(claim, around, carryOut);
  }
}

async function carryOutClaim(
  claim: Claim,
  around: Around,
  carryOut: (job: ClaimedJob) => Promise<JobOutcome>,
): Promise<void> {
  const { runs, worker, prepared, drained, onEvent } = around;
  const { id, lane } = claim.job;
  const startedMs = performance.now();
  onEvent({ type: "job-claimed", id, lane });
  const onWarning = (message: string) => onEvent({ type: "worker-warned", message });
  const job = { runs, claim, worker, drained, onWarning, takeProcess: () => prepared.take() };
  const outcome = await warnAndContinue(around, async () => {
    try {
      return await carryOut(job);
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      onWarning(`${lane} ${id}: ${thrown.message}`);
      const outcome = await giveUp(claim, thrown, runs);
      await pause(around);
      return outcome;
    }
  });
  const elapsedMs = Math.round(performance.now() - startedMs);
  onEvent({ type: "job-ended", id, lane, outcome: outcome ?? "lost", elapsedMs });
}

/** A store that is away costs no attempt; a damaged one must not keep other jobs waiting. */
async function giveUp(
  claim: Claim,
  { code, message }: HexError,
  { redact }: ProjectRuns,
): Promise<JobOutcome> {
  if (code === "HEX_STORE_UNAVAILABLE") return toJobOutcome(await claim.handBack(), "handed-back");
  return toJobOutcome(await claim.fail(redact(message, "text")), "retried");
}

/** Reports a queue that is away, and waits a moment: a claim then runs out of its lease. */
async function warnAndContinue<Result>(
  around: Around,
  action: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await action();
  } catch (thrown) {
    if (around.signal.aborted && thrown === around.signal.reason) return undefined;
    if (!(thrown instanceof HexError)) throw thrown;
    around.onEvent({ type: "worker-warned", message: thrown.message });
    await pause(around);
    return undefined;
  }
}

async function pause({ signal }: Around): Promise<void> {
  await wait(RETRY_MS, undefined, { signal }).catch(() => undefined);
}

const RETRY_MS = 1_000;

/** How long after one was taken the next one is started: the run that took it goes first. */
const PAUSE_MS = 500;
/** After so long without a run no more than one waits. */
const QUIET_MS = 10_000;

/**
 * Processes that have loaded their code and wait for a task, so that a run begins at once: one, and while
 * one run follows the other as many as can start side by side.
 */
class PreparedProcesses {
  readonly #runs: ProjectRuns;
  readonly #most: number;
  readonly #waiting: RunProcess[] = [];
  #takenMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param most how many wait at most */
  constructor(runs: ProjectRuns, most: number) {
    this.#runs = runs;
    this.#most = most;
    this.#prepare(1);
  }

  /** A process that has not had a task: one that waits, or a new one. */
  take(): RunProcess {
    const process = this.#takeWaiting() ?? this.#start();
    const nowMs = performance.now();
    const isOneAfterOther = nowMs - this.#takenMs < PAUSE_MS;
    this.#takenMs = nowMs;
    clearTimeout(this.#timer);
    if (isOneAfterOther) this.#prepare(this.#most);
    this.#timer = setTimeout(() => this.#rest(), PAUSE_MS);
    return process;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#keep(0);
  }

  #rest(): void {
    this.#prepare(1);
    this.#timer = setTimeout(() => void this.#keep(1), QUIET_MS);
  }

  /** The first of those that wait which has not died meanwhile. */
  #takeWaiting(): RunProcess | undefined {
    const process = this.#waiting.shift();
    return process?.isOver === true ? this.#takeWaiting() : process;
  }

  #prepare(count: number): void {
    while (!this.#isClosed && this.#waiting.length < count) {
      const process = this.#start();
      this.#waiting.push(process);
      process.ready.catch(() => this.#forget(process));
    }
  }

  async #keep(count: number): Promise<void> {
    await Promise.all(this.#waiting.splice(count).map((process) => process.kill()));
  }

  /** One that died while it waited is no use to anybody. */
  #forget(process: RunProcess): void {
    const index = this.#waiting.indexOf(process);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #start(): RunProcess {
    const { environment } = this.#runs;
    return startProjectProcess(this.#runs, environment, "listed", { isBehindOthers: true });
  }
}
