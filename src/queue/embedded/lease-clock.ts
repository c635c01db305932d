export interface Clocks {
  /** the machine's clock, which all its processes share; milliseconds */
  readonly now: () => number;
  /** a clock that nobody sets, of this process alone; milliseconds */
  readonly steady: () => number;
}

/** A difference between the two clocks that is no drift but a jump. */
const JUMP_MS = 2_000;

/**
 * The clock by which leases run out. They are kept in the machine's time, the only one that its
 * processes share and that goes on over a restart. That clock may be set, and stands still for
 * nobody while a laptop sleeps:
 *
 * - forward: leases would all seem to have run out. Who notices, against a clock that nobody sets,
 *   takes no lease for lost until each worker had the time to renew its own.
 * - backward: leases would seem to run for hours. One that runs longer than any lease can is cut
 *   down to a whole one from now on.
 *
 * Who starts right after a jump notices nothing, and may give a job again whose worker still lives:
 * that worker is then told `lost`, and nothing it does counts.
 */
export class LeaseClock {
  readonly #clocks: Clocks;
  readonly #leaseMs: number;
  #difference: number;
  #trustedFrom = Number.NEGATIVE_INFINITY;

  constructor(leaseMs: number, clocks: Clocks) {
    this.#clocks = clocks;
    this.#leaseMs = leaseMs;
    this.#difference = clocks.now() - clocks.steady();
  }

  now(): number {
    return Math.round(this.#clocks.now());
  }

  /** Whether a lease that has run out by the machine's clock may be taken for lost. */
  isTrusted(): boolean {
    const steady = this.#clocks.steady();
    const difference = this.#clocks.now() - steady;
    const hasJumped = Math.abs(difference - this.#difference) > JUMP_MS;
    if (hasJumped) this.#trustedFrom = steady + this.#leaseMs;
    this.#difference = difference;
    return steady >= this.#trustedFrom;
  }
}
