import { HexError } from "../errors.ts";
import type { Claim, ClaimState } from "../queue/queue.ts";
import type { WorkerStop } from "./ending.ts";

/** The longest pause between renewals; also the delay of a cancellation that was not heard of. */
const RENEW_MS = 1_000;
/** The pause once somebody has asked to stop, until the queue says so. */
const ASKED_MS = 20;
/** Renewals within the time for which a claim is good, at least. */
const RENEWALS = 5;
/** A queue may be away for this many lease times before its work is stopped. */
const PATIENCE = 3;

const REASONS: Readonly<Record<WorkerStop, HexError>> = {
  cancelled: new HexError("HEX_CANCELLED", "the run was cancelled"),
  lost: new HexError("HEX_RUN_SUPERSEDED", "the queue gave the run to another worker"),
  drained: new HexError("HEX_CANCELLED", "the worker shuts down; the run goes on elsewhere"),
};

/** Renews a claim while its work goes on in another process, and learns when the work is to stop. */
export class ClaimRenewer {
  readonly #claim: Claim;
  readonly #stopping = new AbortController();
  readonly #drained: AbortSignal;
  readonly #leaseMs: number;
  #stopped: WorkerStop | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #renewedMs = performance.now();

  /**
   * @param drained aborted when the worker may not wait for the work any longer
   * @param leaseMs for how long the claim is good without being renewed
   */
  constructor(claim: Claim, drained: AbortSignal, leaseMs: number) {
    this.#claim = claim;
    this.#leaseMs = leaseMs;
    this.#drained = drained;
    drained.addEventListener("abort", this.#onDrained);
    if (drained.aborted) this.#onDrained();
    claim.asked.addEventListener("abort", this.#onAsked);
    this.#schedule(this.#pauseMs);
  }

  /** Aborted when the work is to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Why the work was stopped; undefined while it was not. */
  get stopped(): WorkerStop | undefined {
    return this.#stopped;
  }

  /**
   * Asks the queue whether another worker has the job by now.
   * @throws {HexError} HEX_QUEUE_UNAVAILABLE
   */
  async isLost(): Promise<boolean> {
    this.#take(await this.#claim.renew());
    return this.#stopped === "lost";
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#drained.removeEventListener("abort", this.#onDrained);
    this.#claim.asked.removeEventListener("abort", this.#onAsked);
  }

  readonly #onDrained = () => this.#stop("drained");
  readonly #onAsked = () => this.#schedule(0);

  get #pauseMs(): number {
    const isAsked = this.#claim.asked.aborted && this.#stopped === undefined;
    return Math.min(isAsked ? ASKED_MS : RENEW_MS, this.#leaseMs / RENEWALS);
  }

  #schedule(pauseMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(), pauseMs);
  }

  async #renew(): Promise<void> {
    const startedMs = performance.now();
    const state = await this.#claim.renew().catch((thrown: unknown) => {
      // A queue that is away gives the job to nobody; a later worker fences this one.
      if (!(thrown instanceof HexError)) throw thrown;
      const patienceMs = PATIENCE * this.#leaseMs;
      return startedMs - this.#renewedMs < patienceMs ? undefined : "lost";
    });
    if (this.#isClosed) return;
    if (state === "held" || state === "cancelled") this.#renewedMs = startedMs;
    if (state !== undefined) this.#take(state);
    if (state !== "lost") this.#schedule(this.#pauseMs);
  }

  #take(state: ClaimState): void {
    if (state !== "held") this.#stop(state);
  }

  #stop(why: WorkerStop): void {
    // The loss of the claim outweighs any earlier reason.
    if (this.#stopped === undefined || why === "lost") this.#stopped = why;
    this.#stopping.abort(REASONS[why]);
  }
}
