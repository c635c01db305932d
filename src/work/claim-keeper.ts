import { HexError } from "../errors.ts";
import type { Claim, ClaimState } from "../queue/queue.ts";

/** Why an attempt was told to stop. */
export type StopOrder = "cancelled" | "lost" | "drained";

/** How often a claim is renewed at least; also how late a cancellation is heard of. */
const RENEW_MS = 1_000;
/** So many renewals, at least, in the time for which a claim is good. */
const RENEWALS = 5;
/** So many times for which a claim is good, a queue may be away until its work is stopped. */
const PATIENCE = 3;

const REASONS: Readonly<Record<StopOrder, HexError>> = {
  cancelled: new HexError("HEX_CANCELLED", "the run was cancelled"),
  lost: new HexError("HEX_RUN_SUPERSEDED", "the queue gave the run to another worker"),
  drained: new HexError("HEX_CANCELLED", "the worker shuts down; the run goes on elsewhere"),
};

/** Keeps a claim alive while its work goes on in another process, and hears when to stop. */
export class ClaimKeeper {
  readonly #claim: Claim;
  readonly #stopping = new AbortController();
  readonly #drained: AbortSignal;
  readonly #leaseMs: number;
  #order: StopOrder | undefined;
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
    this.#schedule();
  }

  /** Aborted when the work is to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Why the work was told to stop; undefined when it was not. */
  get order(): StopOrder | undefined {
    return this.#order;
  }

  /**
   * Asks whether another worker has it by now.
   * @throws {HexError} HEX_QUEUE_UNAVAILABLE when nobody can tell
   */
  async isLost(): Promise<boolean> {
    this.#hear(await this.#claim.renew());
    return this.#order === "lost";
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#drained.removeEventListener("abort", this.#onDrained);
  }

  readonly #onDrained = () => this.#stop("drained");

  #schedule(): void {
    const pauseMs = Math.min(RENEW_MS, this.#leaseMs / RENEWALS);
    this.#timer = setTimeout(() => void this.#renew(), pauseMs);
  }

  async #renew(): Promise<void> {
    const startedMs = performance.now();
    const state = await this.#claim.renew().catch((thrown: unknown) => {
      // While the queue is away it gives the job to nobody; whoever gets it later fences this one.
      if (!(thrown instanceof HexError)) throw thrown;
      const patienceMs = PATIENCE * this.#leaseMs;
      return startedMs - this.#renewedMs < patienceMs ? undefined : "lost";
    });
    if (this.#isClosed) return;
    if (state === "held" || state === "cancelled") this.#renewedMs = startedMs;
    if (state !== undefined) this.#hear(state);
    if (state !== "lost") this.#schedule();
  }

  #hear(state: ClaimState): void {
    if (state !== "held") this.#stop(state);
  }

  #stop(order: StopOrder): void {
    // That another worker has it outweighs whatever was said before.
    if (this.#order === undefined || order === "lost") this.#order = order;
    this.#stopping.abort(REASONS[order]);
  }
}
