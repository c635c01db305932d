import type { LightOrder } from "./light-order.ts";

/** An order from when it is asked until somebody is told the answer, or waits no more. */
export class PendingOrder {
  readonly order: LightOrder;
  /** the answer, as JSON */
  readonly text: Promise<string>;
  resolve: (text: string) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;
  /** tells whoever carries it out that nobody waits any more; undefined while it waits in line */
  drop: (() => void) | undefined;

  constructor(order: LightOrder) {
    this.order = order;
    this.text = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
