import { HexError } from "../errors.ts";
import { type Claim, LEASE_MS } from "../queue/queue.ts";

/** Why an attempt was told to stop. */
export type StopOrder = "cancelled" | "lost" | "drained";

/** How often a claim is renewed; also how late a cancellation is heard of. */
const RENEW_MS = 1_000;

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
  #order: StopOrder | undefined;
  #timer: NodeJS.Timeout | undefined;
  #renewedMs = performance.now();

  /** @param drained aborted when the worker may not wait for the work any longer */
  constructor(claim: Claim, drained: AbortSignal) {
    this.#claim = claim;
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

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drained.removeEventListener("abort", this.#onDrained);
  }

  readonly #onDrained = () => this.#stop("drained");

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#renew(), RENEW_MS);
  }

  async #renew(): Promise<void> {
    const startedMs = performance.now();
    const state = await this.#claim.renew().catch((thrown: unknown) => {
      // A queue that is away for a while is no reason to stop; one that is away for a lease is.
      if (!(thrown instanceof HexError)) throw thrown;
      return startedMs - this.#renewedMs < LEASE_MS ? undefined : "lost";
    });
    if (this.#timer === undefined) return;
    if (state === "held" || state === "cancelled") this.#renewedMs = startedMs;
    if (state === "cancelled" || state === "lost") this.#stop(state);
    if (state !== "lost") this.#schedule();
  }

  #stop(order: StopOrder): void {
    // That another worker has it outweighs whatever was said before.
    if (this.#order === undefined || order === "lost") this.#order = order;
    this.#stopping.abort(REASONS[order]);
  }
}
